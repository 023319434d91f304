"""A man between client and server who is a lawful peer of both: can he make one session of two?

The client has a session with the attacker, the attacker one with the server; as he relays what goes into the secret,
both secrets are equal unless one of them depends on its whole handshake (RFC 7627); and he gives the client the
ticket that the server gives him.  Then the client resumes with him,
and he has the server resume with the client.  Where the two sides end up in one connection, each believes that the
other is somebody else.  From there a renegotiation brings the client's certificate to the server: bound to the
handshake before it, which is the same for both, it makes the client answer for what the attacker said.
"""

from __future__ import annotations

from enum import Enum, auto
from functools import cache

import z3

from rfc5077.model.lasting import Act, Change, Lasting, compose, lasting, plainest
from rfc5077.model.logic import Choice, Concrete, Flag, Symbolic, term
from rfc5077.model.proof.unbounded import System, fresh

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or


class Bond(Enum):
    """A session, by what its hellos agreed on."""

    NO_SESSION = auto()
    LEGACY = auto()
    EXTENDED = auto()  # with the extended master secret


class Half(Enum):
    """How far a party is in the second handshake."""

    IDLE = auto()
    HELLO_OUT = auto()  # the client's hello, or the server's answer and Finished
    TAKEN = auto()  # it has taken the other's Finished for right


class Repeat(Enum):
    """How far the handshake after the resumption is, which the client begins for the attacker's sake."""

    NO_THIRD = auto()
    BOUND_HELLO = auto()  # the client's hello is out, with its verify_data
    HELLO_ACCEPTED = auto()  # the server has found its own verify_data in it
    IDENTIFIED = auto()  # the server knows the client by certificate and signature


class Aim(Enum):
    """What a step is, as far as a clause cares."""

    NOTHING_BOUND = auto()
    CLIENT_GREETS = auto()  # in a full handshake with the attacker
    CLIENT_DERIVES = auto()
    SERVER_GREETS = auto()  # in a full handshake with the attacker
    CLIENT_ASKS_AGAIN = auto()
    SERVER_RESUMES = auto()
    CLIENT_TAKES = auto()
    SERVER_TAKES = auto()
    CLIENT_RENEGOTIATES = auto()
    SERVER_RENEGOTIATES = auto()


class StepFields:
    """A step: whether the hello that is sent, and the one that was heard, has extension 23."""

    aim = Choice(Aim.NOTHING_BOUND)
    says = Flag()
    heard = Flag()
    plainly_derived = Flag()  # the secret is the standard one whatever the hellos agreed on


class Step(StepFields, Concrete):
    """A step as a value."""


class StepTerm(StepFields, Symbolic):
    """A step as terms."""


class World(Symbolic):
    """The two sessions, the two halves of the resumption, the handshake after it."""

    client_session = Choice(Bond.NO_SESSION)
    server_session = Choice(Bond.NO_SESSION)
    client_bound = Flag()  # the secret depends on the handshake it comes from
    server_bound = Flag()
    client = Choice(Half.IDLE)
    server = Choice(Half.IDLE)
    said_extended = Flag()  # the hello that the client sent
    heard_extended = Flag()  # the hello that the server got
    told_extended = Flag()  # the ServerHello that the server sent
    seen_extended = Flag()  # the ServerHello that the client got
    spoken = Flag()  # the server has taken words of the attacker, and waits for more
    third = Choice(Repeat.NO_THIRD)


W = fresh(World)
B, G = Bond, Half
Entry = Lasting[World, StepTerm]


@lasting("R7627-5.2-01")
def client_always_says_so(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(s.aim.among(Aim.CLIENT_GREETS, Aim.CLIENT_ASKS_AGAIN), s.says)


@lasting("R7627-5.2-02")
def server_always_answers(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(And(s.aim.among(Aim.SERVER_GREETS, Aim.SERVER_RESUMES), s.heard), s.says)


@lasting("R7627-5.2-03")
def server_answers_only_what_was_said(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(And(s.aim.among(Aim.SERVER_GREETS, Aim.SERVER_RESUMES), s.says), s.heard)


@lasting("R7627-5.1-01")
def agreed_means_used(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(And(s.says, s.heard), Not(s.plainly_derived))


@lasting("R7627-4-01")
def legacy_is_not_accepted(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(s.aim.among(Aim.CLIENT_GREETS, Aim.SERVER_GREETS), And(s.says, s.heard))


@lasting("R7627-5.3-01")
def legacy_is_not_offered(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(s.aim.is_(Aim.CLIENT_ASKS_AGAIN), w.client_session.is_(B.EXTENDED))


@lasting("R7627-5.3-03")
def legacy_session_needs_legacy_hello(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(And(s.aim.is_(Aim.SERVER_RESUMES), s.heard), w.server_session.is_(B.EXTENDED))


@lasting("R7627-5.3-04")
def extended_session_needs_extended_hello(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(And(s.aim.is_(Aim.SERVER_RESUMES), Not(s.heard)), w.server_session.is_(B.LEGACY))


@lasting("R7627-5.3-05")
def legacy_is_not_resumed(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(s.aim.is_(Aim.SERVER_RESUMES), w.server_session.is_(B.EXTENDED))


@lasting("R7627-5.3-07")
def client_minds_an_unexpected_answer(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(And(s.aim.is_(Aim.CLIENT_TAKES), w.client_session.is_(B.LEGACY)), Not(s.heard))


@lasting("R7627-5.3-08")
def client_minds_a_missing_answer(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(And(s.aim.is_(Aim.CLIENT_TAKES), w.client_session.is_(B.EXTENDED)), s.heard)


@lasting("R7627-5.4-02")
def no_renegotiation_after_a_legacy_resumption(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(s.aim.is_(Aim.CLIENT_RENEGOTIATES), w.client_session.is_(B.EXTENDED))


@lasting("R5746-3.7-01")
def binding_is_verified(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(s.aim.is_(Aim.SERVER_RENEGOTIATES), And(same_secret(), same_transcript()))


CLAUSES: tuple[Entry, ...] = (
    client_always_says_so,
    server_always_answers,
    server_answers_only_what_was_said,
    agreed_means_used,
    legacy_is_not_accepted,
    legacy_is_not_offered,
    legacy_session_needs_legacy_hello,
    extended_session_needs_extended_hello,
    legacy_is_not_resumed,
    client_minds_an_unexpected_answer,
    client_minds_a_missing_answer,
    no_renegotiation_after_a_legacy_resumption,
    binding_is_verified,
)
ADVICE = frozenset({"R7627-4-01", "R7627-5.3-01", "R7627-5.3-05"})
"""Those that only advise; what is proved of MUST alone is proved without them."""


def same_secret() -> z3.BoolRef:
    """True where both sessions have one secret: he relayed its ingredients, and nothing else went into it."""
    return Not(Or(W.client_bound, W.server_bound))


def same_transcript() -> z3.BoolRef:
    """True where both hellos of the resumption were taken as they were sent."""
    return And(W.said_extended == W.heard_extended, W.told_extended == W.seen_extended)


def _answers(party: str, said: bool, heard: bool, plain: bool) -> Step:
    aim = Aim.CLIENT_GREETS if party == "client" else Aim.SERVER_GREETS
    return Step(aim=aim, says=said, heard=heard, plainly_derived=plain)


def _with(extension: bool) -> str:
    return "with 23" if extension else "without"


def _first(party: str) -> list[Act]:
    """A full handshake of the party with the attacker, who says of extension 23 what he likes; it ends any other."""
    anew: dict[str, Change] = {party: term(G.IDLE), "spoken": False, "third": term(Repeat.NO_THIRD)}
    anew |= {"said_extended": False} if party == "client" else {}
    acts = []
    for said in (False, True):
        for heard in (False, True):
            for plain in (False, True) if said and heard else (True,):
                step = _answers(party, said, heard, plain)
                kind = B.EXTENDED if said and heard else B.LEGACY
                plainly = ", plain secret" if plain and kind is B.EXTENDED else ""
                words = f"full handshake {_with(said)}, he {_with(heard)}{plainly}"
                changes: dict[str, Change] = {f"{party}_session": term(kind), f"{party}_bound": not plain}
                acts.append(Act(f"{party} > network: {words}", step, z3.BoolVal(True), anew | changes))
    return acts


def _second() -> list[Act]:
    """Either party begins its resumption when it likes, by the server's ticket; he has hellos of his own."""
    client, server = Not(W.client_session.is_(B.NO_SESSION)), Not(W.server_session.is_(B.NO_SESSION))
    anew: dict[str, Change] = {"spoken": False, "third": term(Repeat.NO_THIRD)}
    acts = []
    for says in (False, True):
        acts.append(Act(f"client > network: ClientHello, ticket, {_with(says)}",
                        Step(aim=Aim.CLIENT_ASKS_AGAIN, says=says), client,
                        anew | {"client": term(G.HELLO_OUT), "said_extended": says}))  # fmt: skip
        for heard in (False, True):
            step = Step(aim=Aim.SERVER_RESUMES, says=says, heard=heard)
            changes = anew | {"server": term(G.HELLO_OUT), "heard_extended": heard, "told_extended": says}
            name = f"server > network: resumes {_with(says)}, hello {_with(heard)}"
            acts.append(Act(name, step, server, changes))
    return acts


def _proofs() -> list[Act]:
    """He knows both secrets, and so can compute whatever Finished is due."""
    acts = []
    for seen in (False, True):
        acts.append(Act(f"network > client: ServerHello {_with(seen)}, Finished; taken for his",
                        Step(aim=Aim.CLIENT_TAKES, heard=seen), W.client.is_(G.HELLO_OUT),
                        {"client": term(G.TAKEN), "seen_extended": seen}))  # fmt: skip
    finished = Act("network > server: Finished; taken for his", Step(aim=Aim.SERVER_TAKES), W.server.is_(G.HELLO_OUT),
                   {"server": term(G.TAKEN)})  # fmt: skip
    return [*acts, finished]


def _third() -> list[Act]:
    """He speaks to the server, then has the client begin a handshake, as he may, and passes it on."""
    through = W.server.is_(G.TAKEN)
    return [
        Act("network > server: application data of his own", Step(), And(through, W.third.among(Repeat.NO_THIRD,
            Repeat.BOUND_HELLO)), {"spoken": True}),
        Act("client > network: ClientHello, verify_data of the resumption", Step(aim=Aim.CLIENT_RENEGOTIATES),
            And(W.client.is_(G.TAKEN), W.third.is_(Repeat.NO_THIRD)), {"third": term(Repeat.BOUND_HELLO)}),
        Act("network > server: the client's hello, within his connection", Step(aim=Aim.SERVER_RENEGOTIATES),
            And(through, W.third.is_(Repeat.BOUND_HELLO)), {"third": term(Repeat.HELLO_ACCEPTED)}),
        Act("client > server: Certificate, CertificateVerify, Finished", Step(),
            W.third.is_(Repeat.HELLO_ACCEPTED), {"third": term(Repeat.IDENTIFIED)}),
    ]  # fmt: skip


@cache
def system(without: frozenset[str] = frozenset()) -> System:
    """The system under the clauses but those of the ids left out."""
    acts = [*_first("client"), *_first("server"), *_second(), *_proofs(), *_third()]
    return compose("gluing", W, StepTerm, acts, CLAUSES, without, plainest(W))


def glued() -> z3.BoolRef:
    """True where client and server are in one connection, secret and transcript alike, and neither knows the other."""
    return And(W.client.is_(G.TAKEN), W.server.is_(G.TAKEN), same_secret(), same_transcript())


def both_taken(client: Bond, server: Bond) -> z3.BoolRef:
    """True where both have resumed with him, sessions of these kinds."""
    kinds = And(W.client_session.is_(client), W.server_session.is_(server))
    return And(W.client.is_(G.TAKEN), W.server.is_(G.TAKEN), kinds)


def kinds_differ() -> z3.BoolRef:
    """True where a hello that a party has taken, or said in answer, is of another kind than its session."""
    client, server = W.client_session.is_(B.EXTENDED), W.server_session.is_(B.EXTENDED)
    alike = And(W.seen_extended == client, W.heard_extended == server, W.told_extended == server)
    return Not(alike)


def client_keeps_its_kind() -> z3.BoolRef:
    """True where the client's session is of the kind of the hello that it took, and its own had the extension."""
    kind = Or(And(W.client_session.is_(B.EXTENDED), W.seen_extended),
              And(W.client_session.is_(B.LEGACY), Not(W.seen_extended)))  # fmt: skip
    return And(kind, W.said_extended)


def unbound() -> z3.BoolRef:
    """True where a session with the extended master secret has one that depends on no handshake."""
    client = And(W.client_session.is_(B.EXTENDED), Not(W.client_bound))
    return Or(client, And(W.server_session.is_(B.EXTENDED), Not(W.server_bound)))


def answers_for_him() -> z3.BoolRef:
    """True where the server takes what the attacker has said for the client's, whom it knows by certificate."""
    return And(W.spoken, W.third.is_(Repeat.IDENTIFIED))
