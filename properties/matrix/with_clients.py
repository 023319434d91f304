"""Foreign clients at our server, over real sockets, chain and name verified by them.

As in `at_servers`: a function for each scenario, a note or an exception. The n-th connection of a client is served
under the n-th configuration, so that keys change between its connections.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rfc5077.properties.matrix.dialogue import GREETING, Call, OurServer, Word
from rfc5077.properties.matrix.judgement import Broken, demand, kinds
from rfc5077.properties.matrix.papers import Identity, Papers, fingerprint
from rfc5077.properties.matrix.process import PeerError
from rfc5077.properties.matrix.stack import RunClient, Stack
from rfc5077.reference.handshake.config import ServerConfig
from rfc5077.reference.io import new_ticket_key
from rfc5077.reference.keys.credentials import TrustAnchors
from rfc5077.reference.ticket.key_ring import KeyRing

SMALL = 512
"""Octets of a record where tickets are to be split."""

LARGE = 1024
"""Octets of a ticket that is called large."""


def our_server(papers: Papers) -> ServerConfig:
    """A server with a certificate for all names, and one new ticket key."""
    return ServerConfig((papers.ecdsa.credentials,), KeyRing((new_ticket_key(),)))


def demanding(papers: Papers) -> ServerConfig:
    """The same, which demands a client certificate."""
    roots = TrustAnchors.from_pem(Path(papers.roots).read_bytes())
    return replace(our_server(papers), client_auth="require", client_roots=roots)


def issue(stack: Stack, papers: Papers) -> str:
    """A ticket for a hello with an empty SessionTicket; a client of another root does not talk to us."""
    (call,) = _calls(stack, papers, 1, our_server(papers))
    _demand_kinds([call], [False])
    demand(call.offered == b"", "its hello has no empty SessionTicket")
    demand(bool(call.connection.ticket_sent), "no ticket was sent")
    if "client" in stack.trusting:
        return stack.trusting["client"]
    with OurServer(our_server(papers)) as server:
        words = _client(stack)(papers, server.address, 1, identity=papers.ecdsa, roots=papers.stranger)
        (call,) = server.calls(1)
    if words[0].resumed is not None or words[0].heard:
        raise Broken("it took a server certificate of a stranger's")
    return ""


def resume(stack: Stack, papers: Papers) -> str:
    """The ticket is offered, and resumes."""
    calls = _calls(stack, papers, 2, our_server(papers))
    _demand_kinds(calls, [False, True])
    demand(calls[1].offered == calls[0].connection.ticket_sent, "it offered another ticket")
    return ""


def renew(stack: Stack, papers: Papers) -> str:
    """The abbreviated handshake brings a new ticket, which is offered next."""
    config = our_server(papers)
    calls = _calls(stack, papers, 3, config, replace(config, renew="ticket"), config, renewed=True)
    _demand_kinds(calls, [False, True, True])
    demand(calls[2].offered != calls[0].connection.ticket_sent, "it goes on offering the old ticket")
    demand(calls[2].offered == calls[1].connection.ticket_sent, "it does not offer the new ticket")
    return ""


def reject(stack: Stack, papers: Papers) -> str:
    """Another key: a full handshake, whose ticket resumes."""
    calls = _calls(stack, papers, 3, our_server(papers), our_server(papers))
    demand(calls[1].offered == calls[0].connection.ticket_sent, "it did not offer its ticket")
    _demand_kinds(calls, [False, False, True])
    demand(calls[2].offered == calls[1].connection.ticket_sent, "it did not offer the new ticket")
    return ""


def rotate(stack: Stack, papers: Papers) -> str:
    """A new key beside the old one, which renews what the old one has sealed; then the new one alone."""
    old, new = new_ticket_key(), new_ticket_key()
    before = replace(our_server(papers), key_ring=KeyRing((old,)))
    beside = replace(before, key_ring=KeyRing((new, old)), renew="ticket")
    alone = replace(before, key_ring=KeyRing((new,)))
    calls = _calls(stack, papers, 3, before, beside, alone, renewed=True)
    _demand_kinds(calls, [False, True, True])
    return ""


def identity(stack: Stack, papers: Papers) -> str:
    """The client is known again in the resumption, without showing its certificate."""
    calls = _calls(stack, papers, 2, demanding(papers), own=papers.client)
    _demand_kinds(calls, [False, True])
    for call in calls:
        shown = call.connection.peer_certificates
        demand(bool(shown) and fingerprint(shown[0]) == papers.client.fingerprint, "it was taken for another")
    return ""


def large(stack: Stack, papers: Papers) -> str:
    """NewSessionTicket comes in several records."""
    calls = _calls(stack, papers, 2, replace(demanding(papers), max_fragment=SMALL), own=papers.large)
    _demand_kinds(calls, [False, True])
    ticket = calls[0].connection.ticket_sent or b""
    demand(len(ticket) > LARGE, f"the ticket has {len(ticket)} octets only")
    return f"{len(ticket)} octets, in {-(-len(ticket) // SMALL)} records from us"


def names(stack: Stack, papers: Papers) -> str:
    """One name, then another twice: whatever is offered, nothing is resumed under another name."""
    calls = _calls(stack, papers, 3, our_server(papers), names=("a.example", "b.example"))
    asked = [call.connection.server_name for call in calls]
    demand(asked == ["a.example", "b.example", "b.example"], f"it asked for {asked}")
    _demand_kinds(calls, [False, False, True])
    return "its driver offers the session of one name under the other" if calls[1].offered else ""


def ems(stack: Stack, papers: Papers) -> str:
    """Twice at a server with it, twice at one without it."""
    notes = []
    for on in (True, False):
        calls = _calls(stack, papers, 2, replace(our_server(papers), ems=on, without_ems="resume"))
        session = calls[0].connection.session
        spoken = session is not None and session.ems
        notes += ["does not speak RFC 7627"] if on and not spoken else []
        resumed = calls[1].connection.resumed is True
        _demand_kinds(calls, [False, resumed if not on else True])
        notes += [] if resumed else ["full handshakes without it"]
    return "; ".join(notes)


# --- what they share --------------------------------------------------------------------------------------------------


def _client(stack: Stack, renewed: bool = False) -> RunClient:
    run = stack.renewed if renewed and stack.renewed is not None else stack.client
    if run is None:
        raise PeerError("it is no client")
    return run


def _calls(
    stack: Stack, papers: Papers, count: int, *configs: ServerConfig, renewed: bool = False,
    own: Identity | None = None, names: Sequence[str] = (),
) -> list[Call]:  # fmt: skip
    """So many connections of a client; what either side says of each has to agree, and all have to be established."""
    with OurServer(*configs) as server:
        client = _client(stack, renewed)
        words = client(papers, server.address, count, identity=papers.ecdsa, own=own, names=names)
        calls = server.calls(count)
    for number, (word, call) in enumerate(zip(words, calls, strict=True), 1):
        _demand_agreement(number, word, call)
    demand(renewed or GREETING in words[-1].heard, "the greeting did not come back to it")
    return calls


def _demand_agreement(number: int, word: Word, call: Call) -> None:
    seen = call.connection.resumed if call.connection.established else None
    error = f": {word.error or ''}; we saw: {call.error or 'nothing amiss'}"
    failed = seen is None or word.error is not None or (word.tells and word.resumed is None)
    demand(not failed, f"connection {number} failed{error}")
    agreed = not word.tells or word.resumed is seen
    demand(agreed, f"connection {number}: to us {kinds([seen])}, to it {kinds([word.resumed])}")


def _demand_kinds(calls: Sequence[Call], due: list[bool | None]) -> None:
    found = [call.connection.resumed for call in calls]
    demand(found == due, f"{kinds(found)}, where {kinds(due)} is due")
