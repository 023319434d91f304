"""The network between a client that holds a ticket and the server that issued it; connections without number.

One session, the client's, is watched; the attacker has a session of his own with the same server.  One connection of
each party is watched at a time, and ends whenever the network wants another.  What connections beside these do is an
environment, whose steps say so: they give up the client's ticket, end its session, and speak to the ones watched; that
they add nothing else is certified in ``beside``.  Secrets of different sessions are different; a ticket is opened or
made by who knows its key; a Finished is computed from the secret and the transcript.
"""

from __future__ import annotations

from enum import Enum, auto
from functools import cache

import z3

from rfc5077.model.lasting import Act, Change, Lasting, compose, lasting, plainest
from rfc5077.model.logic import Choice, Concrete, Flag, Symbolic, Term, choose, term
from rfc5077.model.proof.unbounded import System, fresh

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or


class ClientRun(Enum):
    """How far the client's connection is."""

    AWAY = auto()
    OFFERING = auto()  # it has offered its ticket
    CERTAIN = auto()  # it has taken the server's Finished for right
    GIVEN_UP = auto()


class ServerRun(Enum):
    """How far the server's connection is."""

    LISTENING = auto()
    DECIDING = auto()  # it has a hello with a ticket
    RESUMING = auto()
    FULL = auto()  # it has asked for a full handshake
    CERTAIN = auto()  # it has taken the client's Finished for right


class Sealing(Enum):
    """Under which key the server seals."""

    OWN_KEY = auto()
    CONSTANT_KEY = auto()  # one that anybody can guess


class Shown(Enum):
    """The ticket that the server is shown."""

    NOTHING = auto()
    GENUINE = auto()  # the client's, octet for octet
    ALTERED = auto()  # an issued one with other contents, so that it names the client
    EXTENDED = auto()  # the client's, with something cut off or added
    FORGED = auto()  # sealed under no key of the server, naming the client
    SEALED_ANEW = auto()  # made by the attacker under the server's key, naming the client
    HIS_OWN = auto()  # the attacker's, lawfully issued


class Subject(Enum):
    """For whom the server takes its peer."""

    NOBODY = auto()
    CLIENT = auto()
    ATTACKER = auto()


class Footing(Enum):
    """The master secret that the server's connection rests on."""

    NO_SECRET = auto()
    OF_CLIENT = auto()
    OF_ATTACKER = auto()


class Proof(Enum):
    """The Finished that a party has got: who computed it, for this transcript and secret, or that it is wrong."""

    MISSING = auto()
    OF_PEER = auto()
    OF_PEER_BESIDE = auto()  # of the right party, on a connection that is not watched
    OF_ATTACKER = auto()
    WRONG = auto()


class Deed(Enum):
    """What a step is, as far as a clause cares."""

    OTHER = auto()
    ISSUE = auto()
    BREAK = auto()  # the seal of a ticket gives way to trying
    RESUME = auto()
    SERVER_RELIES = auto()
    SERVER_SPEAKS = auto()  # application data
    CLIENT_RELIES = auto()
    INVALIDATE = auto()


class StepFields:
    """A step; the flags say how something is done, and are false where it is done well."""

    deed = Choice(Deed.OTHER)
    sealing = Choice(Sealing.OWN_KEY)
    malleable = Flag()  # what was changed escapes verification
    presented = Choice(Shown.NOTHING)  # the ticket because of which a session is ended
    padded = Flag()  # the session_id is echoed longer than it came, filled up from memory
    identity_elsewhere = Flag()  # who the client is, is not taken from the ticket
    hoarded = Flag()  # a retired key still opens tickets


class Step(StepFields, Concrete):
    """A step as a value."""


class StepTerm(StepFields, Symbolic):
    """A step as terms."""


class World(Symbolic):
    """Both parties, and what the attacker knows."""

    client = Choice(ClientRun.AWAY)
    server = Choice(ServerRun.LISTENING)
    issued = Flag()
    sealing = Choice(Sealing.OWN_KEY)
    shown = Choice(Shown.NOTHING)
    same = Flag()  # both connections have one transcript
    subject = Choice(Subject.NOBODY)
    basis = Choice(Footing.NO_SECRET)
    client_proof = Choice(Proof.MISSING)  # what the server got
    server_proof = Choice(Proof.MISSING)  # what the client got
    relied = Flag()  # the server has let its peer in, or has spoken to it
    deleted = Flag()  # the client has given up its ticket
    invalidated = Flag()  # the server has ended the client's session because of a ticket
    slandered = Flag()  # and that ticket was not of its own making
    knows_secret = Flag()
    knows_key = Flag()
    retired = Flag()  # the key that sealed the client's ticket; there is a new one
    secret_revealed = Flag()
    key_given = Flag()  # the key that sealed the client's ticket was given away
    key_revealed = Flag()  # and that while the server went by it


W = fresh(World)
C, V, H = ClientRun, ServerRun, Shown
Entry = Lasting[World, StepTerm]


@lasting("R5077-3.1-05")
def tickets_are_sealed(w: World, s: StepTerm) -> z3.BoolRef:
    issues = Implies(s.deed.is_(Deed.ISSUE), s.sealing.is_(Sealing.OWN_KEY))
    return And(issues, Not(s.malleable))


@lasting("R5077-5.2-01")
def seals_withstand_trying(w: World, s: StepTerm) -> z3.BoolRef:
    return Not(s.deed.is_(Deed.BREAK))


@lasting("R5077-3.2-09")
def unverified_ticket_resumes_nothing(w: World, s: StepTerm) -> z3.BoolRef:
    changed = And(w.shown.among(H.ALTERED, H.EXTENDED), s.malleable)
    return Implies(s.deed.is_(Deed.RESUME), Or(verifies(w), changed, And(s.hoarded, bears_a_seal(w))))


@lasting("R5077-3.1-10")
def state_comes_from_the_ticket(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(s.deed.is_(Deed.RESUME), Not(s.identity_elsewhere))


@lasting("R5077-3.4-05")
def echo_is_exact(w: World, s: StepTerm) -> z3.BoolRef:
    return Not(s.padded)


@lasting("R5246-7.4.9-01")
def finished_is_verified(w: World, s: StepTerm) -> z3.BoolRef:
    right = (Proof.OF_PEER, Proof.OF_PEER_BESIDE, Proof.OF_ATTACKER)
    return And(
        Implies(s.deed.is_(Deed.SERVER_RELIES), w.client_proof.among(*right)),
        Implies(s.deed.is_(Deed.CLIENT_RELIES), w.server_proof.among(*right)),
    )


@lasting("R5246-7.3-01")
def data_waits(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(s.deed.is_(Deed.SERVER_SPEAKS), w.server.is_(V.CERTAIN))


@lasting("R5077-5.1-02")
def invalidation_follows_verification(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(s.deed.is_(Deed.INVALIDATE), bears_the_present_seal(s.presented, w.retired))


@lasting("R9325-3.4-03")
def retired_keys_are_destroyed(w: World, s: StepTerm) -> z3.BoolRef:
    return Not(s.hoarded)


CLAUSES: tuple[Entry, ...] = (
    tickets_are_sealed,
    seals_withstand_trying,
    unverified_ticket_resumes_nothing,
    state_comes_from_the_ticket,
    echo_is_exact,
    finished_is_verified,
    data_waits,
    invalidation_follows_verification,
    retired_keys_are_destroyed,
)
ADVICE = frozenset({"R5077-5.1-02"})
"""Those that only advise; what is proved of MUST alone is proved without them."""


def bears_a_seal(w: World) -> z3.BoolRef:
    """True where a key that the server has, or had, sealed the ticket as it is."""
    return w.shown.among(H.GENUINE, H.SEALED_ANEW, H.HIS_OWN)


def bears_the_present_seal(shown: Term[Shown], retired: z3.BoolRef) -> z3.BoolRef:
    """True where the server finds its present seal on the ticket; his own the attacker can get afresh at any time."""
    return Or(shown.is_(H.HIS_OWN), And(shown.among(H.GENUINE, H.SEALED_ANEW), Not(retired)))


def verifies(w: World) -> z3.BoolRef:
    """True where the server finds its present seal on the ticket that it is shown."""
    return bears_the_present_seal(w.shown, w.retired)


def can_seal(w: World) -> z3.BoolRef:
    """True where the attacker knows the key that the server seals with, or can guess it."""
    return Or(w.knows_key, And(w.issued, w.sealing.is_(Sealing.CONSTANT_KEY)))


def _reveals() -> list[Act]:
    other = Step()
    opens = And(W.issued, Or(W.knows_key, W.sealing.is_(Sealing.CONSTANT_KEY)))
    broken = Step(deed=Deed.BREAK)
    in_use = Or(Not(W.retired), W.server.is_(V.RESUMING))
    return [
        Act("network: learns the session's secret from its holder", other, z3.BoolVal(True),
            {"knows_secret": True, "secret_revealed": True}),
        Act("network: learns the ticket key from its holder", other, z3.BoolVal(True),
            {"knows_key": True, "key_given": True, "key_revealed": Or(W.key_revealed, in_use)}),
        Act("server: retires its ticket key", other, z3.BoolVal(True), {"retired": True}),
        Act("network: finds the ticket key by trying", broken, W.issued, {"knows_key": True}),
        Act("network: opens the client's ticket, learns its secret", other, opens, {"knows_secret": True}),
    ]  # fmt: skip


def _client() -> list[Act]:
    offering = W.client.is_(C.OFFERING)
    heard = And(offering, Not(W.server_proof.is_(Proof.MISSING)))
    answered = And(offering, W.server_proof.is_(Proof.MISSING))
    from_server = And(W.same, W.server.among(V.RESUMING, V.CERTAIN), W.basis.is_(Footing.OF_CLIENT))
    gone: dict[str, Change] = {"client": term(C.GIVEN_UP), "deleted": True}
    return [
        Act("client > network: ClientHello, its ticket", Step(), And(W.issued, W.client.is_(C.AWAY), Not(W.deleted)),
            {"client": term(C.OFFERING), "same": False}),
        Act("network > client: server's answer, its Finished", Step(), And(answered, from_server),
            {"server_proof": term(Proof.OF_PEER)}),
        Act("network > client: answer and Finished of his own", Step(), And(answered, W.knows_secret),
            {"server_proof": term(Proof.OF_ATTACKER)}),
        Act("network > client: answer and a wrong Finished", Step(), answered, {"server_proof": term(Proof.WRONG)}),
        Act("client: takes its peer for the server", Step(deed=Deed.CLIENT_RELIES), heard, {"client": term(C.CERTAIN)}),
        Act("network > client: Alert in clear", Step(), offering, gone),
        Act("client: gives up, deletes the ticket", Step(), And(heard, W.server_proof.is_(Proof.WRONG)), gone),
        Act("network: ends the client's connection", Step(), z3.BoolVal(True),
            {"client": term(C.AWAY), "server_proof": term(Proof.MISSING), "same": False}),
    ]  # fmt: skip


def _shows() -> list[Act]:
    ready = W.server.is_(V.LISTENING)
    needs = {
        H.GENUINE: W.issued, H.ALTERED: z3.BoolVal(True), H.EXTENDED: W.issued, H.FORGED: z3.BoolVal(True),
        H.SEALED_ANEW: can_seal(W), H.HIS_OWN: z3.BoolVal(True),
    }  # fmt: skip
    words = {
        H.GENUINE: "the client's ticket", H.ALTERED: "an altered ticket", H.EXTENDED: "the client's, extended",
        H.FORGED: "a forged ticket", H.SEALED_ANEW: "a ticket he sealed", H.HIS_OWN: "his own ticket",
    }  # fmt: skip
    acts = [
        Act(f"network > server: ClientHello, {words[shown]}", Step(), And(ready, need),
            {"server": term(V.DECIDING), "shown": term(shown), "same": False})
        for shown, need in needs.items()
    ]  # fmt: skip
    relayed = And(ready, W.client.is_(C.OFFERING))
    intact: dict[str, Change] = {"server": term(V.DECIDING), "shown": term(H.GENUINE), "same": True}
    return [*acts, Act("network > server: client's hello, untouched", Step(), relayed, intact)]


def _resumes(step: Step, words: str) -> Act:
    named = W.shown.among(H.GENUINE, H.ALTERED, H.EXTENDED, H.FORGED, H.SEALED_ANEW)
    told = Or(named, step.terms()["identity_elsewhere"] == z3.BoolVal(True))
    theirs = W.shown.among(H.GENUINE, H.EXTENDED)
    changes: dict[str, Change] = {
        "server": term(V.RESUMING),
        "subject": choose(told, Subject.CLIENT, Subject.ATTACKER),
        "basis": choose(theirs, Footing.OF_CLIENT, Footing.OF_ATTACKER),
    }
    if step.padded:
        changes["knows_secret"] = True
    return Act(f"server > network: ServerHello{words}, Finished", step, W.server.is_(V.DECIDING), changes)


def _server() -> list[Act]:
    resuming = W.server.is_(V.RESUMING)
    awaits = And(resuming, W.client_proof.is_(Proof.MISSING))
    from_client = And(W.same, W.client.is_(C.CERTAIN), W.basis.is_(Footing.OF_CLIENT))
    able = Or(W.basis.is_(Footing.OF_ATTACKER), And(W.basis.is_(Footing.OF_CLIENT), W.knows_secret))
    named = And(W.server.is_(V.DECIDING), Not(W.shown.is_(H.HIS_OWN)))
    foreign = Not(W.shown.is_(H.GENUINE))
    invalidates = StepTerm("", Step(deed=Deed.INVALIDATE).terms() | {"presented": W.shown.z3})
    closed: dict[str, Change] = {
        "server": term(V.LISTENING), "shown": term(H.NOTHING), "same": False, "subject": term(Subject.NOBODY),
        "basis": term(Footing.NO_SECRET), "client_proof": term(Proof.MISSING), "relied": False,
    }  # fmt: skip
    seals = [
        Act(f"server > network: NewSessionTicket of the client{words}", Step(deed=Deed.ISSUE, sealing=sealing),
            Not(W.issued), {"issued": True, "sealing": term(sealing)})
        for sealing, words in ((Sealing.OWN_KEY, ""), (Sealing.CONSTANT_KEY, ", zero key"))
    ]  # fmt: skip
    return [
        *seals,
        _resumes(Step(deed=Deed.RESUME), ""),
        _resumes(Step(deed=Deed.RESUME, malleable=True), " (malleable ticket)"),
        _resumes(Step(deed=Deed.RESUME, padded=True), " (echo, memory behind)"),
        _resumes(Step(deed=Deed.RESUME, identity_elsewhere=True), " (identity unread)"),
        _resumes(Step(deed=Deed.RESUME, hoarded=True), " (by a retired key)"),
        Act("server > network: ServerHello, Certificate", Step(), W.server.is_(V.DECIDING), {"server": term(V.FULL)}),
        Act("server: ends the session that the ticket names", invalidates, named,
            {"invalidated": True, "slandered": Or(W.slandered, foreign)}),
        Act("network > server: client's Finished", Step(), And(awaits, from_client),
            {"client_proof": term(Proof.OF_PEER)}),
        Act("network > server: Finished of his own", Step(), And(awaits, able),
            {"client_proof": term(Proof.OF_ATTACKER)}),
        Act("network > server: a wrong Finished", Step(), awaits, {"client_proof": term(Proof.WRONG)}),
        Act("server: takes its peer for the one in the ticket", Step(deed=Deed.SERVER_RELIES), resuming,
            {"server": term(V.CERTAIN), "relied": True}),
        Act("server > network: application data", Step(deed=Deed.SERVER_SPEAKS), Or(resuming, W.server.is_(V.CERTAIN)),
            {"relied": True}),
        Act("network: ends the server's connection", Step(), z3.BoolVal(True), closed),
    ]  # fmt: skip


def _beside() -> list[Act]:
    """What connections that are not watched do, as far as the watched ones are concerned."""
    answered = And(W.client.is_(C.OFFERING), W.server_proof.is_(Proof.MISSING))
    awaits = And(W.server.is_(V.RESUMING), W.client_proof.is_(Proof.MISSING), W.basis.is_(Footing.OF_CLIENT))
    acts = [
        Act("network > client: answer and Finished of another connection", Step(), answered,
            {"server_proof": term(Proof.OF_PEER_BESIDE)}),
        Act("network > server: client's Finished of another connection", Step(), awaits,
            {"client_proof": term(Proof.OF_PEER_BESIDE)}),
        Act("client: deletes the ticket because of another connection", Step(), z3.BoolVal(True), {"deleted": True}),
        Act("server > network: echo, memory behind, on another connection", Step(padded=True), z3.BoolVal(True),
            {"knows_secret": True}),
    ]  # fmt: skip
    # One foreign ticket stands for all that bear no seal.
    words = {H.GENUINE: "the ticket", H.FORGED: "a foreign ticket", H.SEALED_ANEW: "a ticket that he sealed"}
    for shown, what in words.items():
        able = can_seal(W) if shown is H.SEALED_ANEW else z3.BoolVal(True)
        slandered = Or(W.slandered, z3.BoolVal(shown is not H.GENUINE))
        acts.append(Act(f"server: ends the session that {what} names elsewhere",
                        Step(deed=Deed.INVALIDATE, presented=shown), able,
                        {"invalidated": True, "slandered": slandered}))  # fmt: skip
    return acts


def acts() -> list[Act]:
    """All steps, whoever takes them."""
    return [*_reveals(), *_client(), *_shows(), *_server(), *_beside()]


@cache
def system(without: frozenset[str] = frozenset()) -> System:
    """The system under the clauses but those of the ids left out."""
    return compose("resumption", W, StepTerm, acts(), CLAUSES, without, plainest(W))
