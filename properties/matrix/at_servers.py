"""Our client at foreign servers, over real sockets, chain and name always verified.

A function for each scenario. It returns what is worth a note ("" for nothing), or raises: Broken where either side
does not do what the scenario demands, else what the transport, the protocol or the program raised.
"""

from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from rfc5077.properties.matrix.dialogue import (
    GREETING,
    ForeignServer,
    Rotating,
    Visit,
    damage_ticket,
    keep,
    kept,
    visit,
)
from rfc5077.properties.matrix.judgement import demand, kinds
from rfc5077.properties.matrix.papers import Papers
from rfc5077.properties.matrix.process import PeerError
from rfc5077.properties.matrix.stack import Stack
from rfc5077.reference.alerts import AlertDescription, ProtocolError
from rfc5077.reference.handshake.config import ClientConfig
from rfc5077.reference.handshake.extensions import fragment_code, record_size_limit
from rfc5077.reference.keys.credentials import TrustAnchors
from rfc5077.reference.ticket.store import TicketStore
from rfc5077.reference.tls_socket import PeerAlert

SMALL = 512
"""Octets of a record where tickets are to be split."""

PIECE = 100
"""Octets of a record in which our client sends its hello then."""


def our_client(papers: Papers, name: str = "localhost") -> ClientConfig:
    """A client that verifies, with an empty store."""
    return ClientConfig(name, TrustAnchors.from_pem(Path(papers.roots).read_bytes()), store=TicketStore())


def issue(stack: Stack, papers: Papers) -> str:
    """A full handshake, a ticket, data both ways."""
    with _start(stack, papers) as server:
        first = _visit(server, our_client(papers), resumed=False)
    demand(bool(first.connection.ticket_received), "no ticket came")
    shown, own = first.connection.peer_certificates, papers.ecdsa.credentials.chain
    demand(shown[: len(own)] == own, "it showed another certificate")
    return ""


def resume(stack: Stack, papers: Papers) -> str:
    """The ticket is offered twice at most, and resumes."""
    config = our_client(papers)
    with _start(stack, papers) as server:
        first, second = _visit(server, config, resumed=False), _visit(server, config, resumed=True)
    demand(second.connection.ticket_offered == first.connection.ticket_received, "another ticket was offered")
    return ""


def renew(stack: Stack, papers: Papers) -> str:
    """A new ticket in the abbreviated handshake; it is offered next, and resumes."""
    config = our_client(papers)
    with _start(stack, papers, rotating=stack.renewal == "rotated") as server:
        _visit(server, config, resumed=False)
        if stack.renewal == "rotated":
            _rotating(server).rotate()
        second = _visit(server, config, resumed=True)
        demand(bool(second.connection.ticket_received), "no new ticket came in the abbreviated handshake")
        third = _visit(server, config, resumed=True)
    demand(third.connection.ticket_offered == second.connection.ticket_received, "the new ticket was not offered next")
    return "" if stack.renewal == "always" else "once its key has changed"


def reject(stack: Stack, papers: Papers) -> str:
    """A ticket of an unknown key: its first octet, where stacks have the name of their key, is another."""
    config = our_client(papers)
    with _start(stack, papers) as server:
        _visit(server, config, resumed=False)
        damaged = damage_ticket(config, at=0)
        second = _visit(server, config, resumed=False)
        demand(second.connection.ticket_offered == damaged, "the damaged ticket was not offered")
        demand(bool(second.connection.ticket_received), "no new ticket came in the full handshake")
        _visit(server, config, resumed=True)
    return ""


def rotate(stack: Stack, papers: Papers) -> str:
    """A new key, the old one beside it if the stack knows more than one; then the new one alone."""
    config = our_client(papers)
    with _start(stack, papers, rotating=True) as server:
        _visit(server, config, resumed=False)
        old = kept(config)
        _rotating(server).rotate()
        beside = _visit(server, config)
        demand(beside.connection.resumed is True or bool(beside.connection.ticket_received), "no new ticket came")
        _rotating(server).retire()
        keep(config, old)
        _visit(server, config, resumed=False)
        _visit(server, config, resumed=True)
    return "" if beside.connection.resumed else "one key at a time: the old ticket is rejected at once"


def identity(stack: Stack, papers: Papers) -> str:
    """The client is known again in the resumption; one under a stranger's root is refused."""
    config = replace(our_client(papers), credentials=papers.client.credentials)
    notes = []
    with _start(stack, papers, client_auth=True) as server:
        words = [_visit(server, config, resumed=again).word for again in (False, True)]
        if words[0] is not None and words[0].client is not None and words[1] is not None:
            demand(words[0].client == papers.client.fingerprint, "it took the client for another")
            demand(words[1].client in (None, papers.client.fingerprint), "it took the resuming client for another")
            notes += [] if words[1].client else ["its session does not hold the client's certificate"]
        else:
            notes.append("it does not say who the client is")
        if "server" not in stack.trusting:
            _refused(server, replace(our_client(papers), credentials=papers.impostor.credentials))
    return "; ".join([*notes, stack.trusting.get("server", "")]).strip("; ")


def large(stack: Stack, papers: Papers) -> str:
    """Small records: our hello comes in pieces, its NewSessionTicket too where it negotiates that."""
    plain = replace(our_client(papers), credentials=papers.large.credentials, max_fragment=PIECE)
    config = replace(plain, max_fragment_length=SMALL, record_size_limit=SMALL)
    with _start(stack, papers, client_auth=True) as server:
        first = _visit(server, config, resumed=False)
        ticket = first.connection.ticket_received or b""
        demand(len(ticket) > PIECE, f"its ticket of {len(ticket)} octets fits in one record")
        _visit(server, config, resumed=True)
    answer = first.connection.handshake.server_hello
    granted = bool(fragment_code(answer) or record_size_limit(answer))
    pieces = f"{-(-len(ticket) // PIECE)} records from us"
    theirs = f"{-(-len(ticket) // SMALL)} from it" if granted and len(ticket) > SMALL else "one from it"
    small = "" if len(ticket) > SMALL else " (its tickets hold no certificate)"
    return f"{len(ticket)} octets{small}, in at least {pieces}, {theirs}"


def names(stack: Stack, papers: Papers) -> str:
    """Two names in turn; then the ticket of the one under the other, which our client does not offer by itself.

    A server that goes by names must not resume then, and is to shake hands in full (RFC 6066, section 3); one that
    never answers server_name need not go by it.
    """
    store = TicketStore()
    one, other = (replace(our_client(papers, name), store=store) for name in ("a.example", "b.example"))
    with _start(stack, papers) as server:
        for config in (one, other):
            seen = _visit(server, config, resumed=False)
            demand(seen.connection.ticket_offered == b"", "a ticket was offered under another name")
        goes_by_names = seen.connection.handshake.server_hello.acknowledges_server_name
        for config in (one, other):
            _visit(server, config, resumed=True)
        keep(other, kept(one))
        try:
            crossed = visit(server, other)
        except PeerAlert as error:
            known = error.alert.description is not AlertDescription.UNRECOGNIZED_NAME
            demand(not known, f"a ticket offered under another name is answered by {error.alert.name}")
            return "if a ticket is offered under another name, it says that it does not know the name"
    demand(crossed.connection.ticket_offered != b"", "our client offered no ticket under another name")
    if not crossed.connection.resumed:
        return ""
    demand(not goes_by_names, "it resumed under another name")
    return "if a ticket is offered under another name, it resumes; it never answers server_name"


def ems(stack: Stack, papers: Papers) -> str:
    """Twice with it and twice without it."""
    notes = []
    with _start(stack, papers) as server:
        for on in (True, False):
            config = replace(our_client(papers), ems=on)
            first, second = _visit(server, config, resumed=False), _visit(server, config)
            session = first.connection.session
            spoken = session is not None and session.ems
            demand(not spoken or on, "the session has what was not offered")
            demand(second.connection.resumed is True or not spoken, "a session with it was not resumed")
            notes += ["does not speak RFC 7627"] if on and not spoken else []
            notes += ["full handshakes without it"] if not on and not second.connection.resumed else []
    return "; ".join(notes)


# --- what they share --------------------------------------------------------------------------------------------------


def _start(
    stack: Stack, papers: Papers, *, rotating: bool = False, client_auth: bool = False
) -> AbstractContextManager[ForeignServer]:
    start = stack.rotating if rotating and stack.rotating is not None else stack.server
    if start is None:
        raise PeerError("it is no server")
    return start(papers, papers.ecdsa, client_auth=client_auth)


def _rotating(server: ForeignServer) -> Rotating:
    if not isinstance(server, Rotating):
        raise PeerError("its keys cannot be changed")
    return server


def _visit(server: ForeignServer, config: ClientConfig, resumed: bool | None = None) -> Visit:
    """One connection, of the kind that is demanded; what either side says of it has to agree."""
    seen = visit(server, config)
    kind = seen.connection.resumed
    demand(resumed is None or kind is resumed, f"a {kinds([kind])} handshake, where a {kinds([resumed])} one is due")
    demand(b"hello" in seen.answer, "the greeting was not answered")
    if seen.word is not None:
        demand(seen.word.resumed is kind, f"to us {kinds([kind])}, to it {kinds([seen.word.resumed])}")
        demand(GREETING in seen.word.heard, "the greeting did not reach it")
    return seen


def _refused(server: ForeignServer, config: ClientConfig) -> None:
    """The server does not talk to this client: by an alert, or by an answer of its own to what is asked."""
    try:
        with server.connect(config) as tls:
            answer = server.talk(tls)
    except (PeerAlert, ProtocolError, ConnectionError):
        return
    demand(b"hello" not in answer, "it took a client certificate of a stranger's")
