"""Ticket keys of a server that change, are lost or are known, and servers that share them."""

from __future__ import annotations

from collections.abc import Callable

from rfc5077.model.event import Extension
from rfc5077.properties.suite.agreement import Session
from rfc5077.properties.suite.families.events import hello
from rfc5077.properties.suite.families.family import Trial, family
from rfc5077.properties.suite.families.sayings import presenting
from rfc5077.properties.suite.families.stage import Outcome, Stage
from rfc5077.reference.ticket.format import IV, KEY_NAME, TicketKey, open_state, seal_state

LIVE = hello(Extension.LIVE)
TLS_1_1 = b"\x03\x02"
LAYOUT = 58
"""Place of the octet for the layout of the reference's state, behind StatePlaintext (RFC 5077, section 4)."""
STRANGE = (b"", bytes(1), bytes(47), bytes(300), b"\xff" * 100)
"""States that no server can have sealed."""

OF_A_TICKET = slice(0, KEY_NAME)


def _latest(stage: Stage) -> tuple[bytes, Session] | None:
    """A new ticket and its session."""
    ticket = stage.mint()
    return (ticket, stage.memory.tickets[ticket]) if ticket else None


# --- keys that change -------------------------------------------------------------------------------------------------


def retired(stage: Stage) -> None:
    """Once a key was retired, its tickets lead to full handshakes."""
    new = _latest(stage) if stage.honoured() else None
    if new is None:
        return
    assert stage.peer.rotate_keys is not None  # the test needs it
    stage.peer.rotate_keys()
    if stage.shake(presenting(*new)).outcome is Outcome.RESUMED:
        stage.blame("R9325-3.4-03", "It resumed by a ticket whose key had been taken out.")


def _add_key(stage: Stage) -> None:
    assert stage.peer.controls.add_key is not None  # the test needs it
    stage.peer.controls.add_key()


def newest(stage: Stage) -> None:
    """A server opens the tickets that it seals, with two keys as with one."""
    if not stage.honoured():
        return
    _add_key(stage)
    new = _latest(stage)
    if new is not None and stage.shake(presenting(*new)).outcome is not Outcome.RESUMED:
        stage.blame("R5077-3-01", "Since it was given a second key, it opens none of the tickets that it seals.")


def still_opened(stage: Stage) -> None:
    """A renewal is sealed by the newest key."""
    old = _latest(stage) if stage.honoured() else None
    if old is None:
        return
    _add_key(stage)
    new = stage.mint()
    if not new or new[OF_A_TICKET] == old[0][OF_A_TICKET]:
        stage.miss("its tickets do not begin with the name of a key")
        return
    renewed = stage.shake(presenting(*old)).ticket
    if not renewed:
        stage.miss("the server renews no ticket")
    elif renewed[OF_A_TICKET] == old[0][OF_A_TICKET]:
        stage.blame("R9325-3.4-03", "A renewed ticket is sealed by the older of two keys.")


def through_rotations(stage: Stage) -> None:
    """A session that is used before a key is added, after that, and after all keys were changed: whatever the server
    makes of its tickets then, it gives no handshake up; the judge tells."""
    old = _latest(stage) if stage.honoured() else None
    if old is None:
        return
    _add_key(stage)
    first = stage.shake(presenting(*old))
    renewed = first.ticket if first.ticket in stage.memory.tickets else old[0]
    stage.shake(presenting(renewed, stage.memory.tickets[renewed]))
    assert stage.peer.rotate_keys is not None  # who can add a key can change them
    stage.peer.rotate_keys()
    for ticket in dict.fromkeys((old[0], renewed)):
        stage.know(ticket, Extension.FOREIGN)
        stage.ask(presenting(ticket, old[1]))
    if stage.mint():
        stage.shake(LIVE)


def without_keys(stage: Stage) -> None:
    """Without a key an announced ticket has zero length; internal_error in its place is unwise (K-48)."""
    if not stage.mint():
        return
    assert stage.peer.controls.lose_keys is not None  # the test needs it
    stage.peer.controls.lose_keys()
    shaken = stage.shake()
    if shaken.ticket in stage.memory.tickets:
        if stage.ask(presenting(shaken.ticket, stage.memory.tickets[shaken.ticket])).outcome is Outcome.RESUMED:
            stage.miss("it needs no key for its tickets")
        else:
            stage.blame("R5077-3.3-07", "It has no key, and yet sends a ticket that is not empty.",
                        due="zero length")
    elif shaken.ended:
        ruling = "advice" if any(event.message == "Alert" for event in shaken.events) else ""
        stage.blame("R5077-3.3-07", "It has no key, and gives the handshake up.", ruling,
                    due="a ticket of zero length")


# --- a key that is known ----------------------------------------------------------------------------------------------


def _key(stage: Stage) -> TicketKey:
    assert stage.peer.controls.sealing_key is not None  # the test needs it
    return TicketKey.split(stage.peer.controls.sealing_key())


def strange_states(stage: Stage) -> None:
    """An authentic ticket whose state cannot be read leads to a full handshake; the judge tells."""
    for number, state in enumerate(STRANGE):
        ticket = seal_state(_key(stage), state, bytes((number,)) * IV)
        stage.know(ticket, Extension.FOREIGN)
        stage.ask(presenting(ticket, None))


def other_state(change: Callable[[bytes], bytes], clause: str, told: str) -> Callable[[Stage], None]:
    """A ticket of the server's, sealed again with another state, leads to a full handshake."""

    def run(stage: Stage) -> None:
        new = _latest(stage) if stage.honoured() else None
        state = None if new is None else open_state(_key(stage), new[0])
        if new is None or state is None:
            stage.miss("its tickets have not the recommended format")
            return
        if len(state) > LAYOUT:
            again = seal_state(_key(stage), change(state), bytes(IV))
            if stage.shake(presenting(again, new[1])).outcome is Outcome.RESUMED:
                stage.blame(clause, told)

    return run


def other_layout(state: bytes) -> bytes:
    """The state in a layout of the future."""
    return state[:LAYOUT] + b"\x09" + state[LAYOUT + 1 :]


def older_version(state: bytes) -> bytes:
    """The state of a session of TLS 1.1."""
    return TLS_1_1 + state[2:]


# --- more servers, and the application --------------------------------------------------------------------------------


def second_server(stage: Stage) -> None:
    """Another server with the same keys resumes by the ticket of the first, as it does by its own."""
    assert stage.peer.controls.twin is not None  # the test needs it
    twin = stage.peer.controls.twin()
    new = _latest(stage) if stage.honoured() else None
    if new is not None and stage.shake(presenting(*new), peer=twin).outcome is not Outcome.RESUMED:
        stage.blame("R5077-3.1-04", "A server with the same keys does not resume by its ticket.", due="a resumption")


def other_keys(stage: Stage) -> None:
    """A server with other keys does not resume by its tickets: its keys are its own secret."""
    assert stage.peer.controls.stranger is not None  # the test needs it
    stranger = stage.peer.controls.stranger()
    new = _latest(stage) if stage.honoured() else None
    if new is not None:
        stage.know(new[0], Extension.FOREIGN)
        if stage.ask(presenting(*new), stranger).outcome is Outcome.RESUMED:
            stage.excuse()
            stage.blame("R5077-3.1-05", "A server that was given other keys resumes by its ticket.",
                        due="a full handshake")


def demanding_server(stage: Stage) -> None:
    """A server that demands a certificate is offered a session without one: K-40 leaves it open, so a note."""
    assert stage.peer.controls.demanding_twin is not None  # the test needs it
    twin = stage.peer.controls.demanding_twin()
    if stage.honoured() and stage.mint() and stage.ask(LIVE, twin).outcome is Outcome.RESUMED:
        stage.blame("K-40", "It demands a certificate of clients whom it does not know.")


def identity_kept(stage: Stage) -> None:
    """The server's application knows the client's certificate after a resumption as it did before."""
    full = stage.shake(certificate=True)
    before = full.puppet.line.certificate()
    if not before or not full.ticket:
        stage.miss("the server asks for no certificate, or issues no ticket")
        return
    again = stage.shake(LIVE)
    if again.outcome is Outcome.RESUMED and again.puppet.line.certificate() != before:
        stage.blame("R5077-4-13", "Its application was told of the client's certificate, and now is told of none.")


KEYS = family("keys", "server", "ticket keys that change, are lost or are known", (
    Trial("a ticket whose key was taken out", retired, needs="rotate_keys"),
    Trial("a ticket sealed by the newer of two keys", newest, needs="add_key"),
    Trial("a renewal with two keys", still_opened, needs="add_key"),
    Trial("a session through the addition of a key and a change of all", through_rotations, needs="add_key"),
    Trial("no key to seal a ticket", without_keys, needs="lose_keys"),
    Trial("authentic tickets with strange states", strange_states, needs="sealing_key"),
    Trial("an authentic ticket of another layout", other_state(
        other_layout, "R5077-5.5-05", "It resumed by a ticket whose state has another layout than its own."),
        needs="sealing_key"),
    Trial("an authentic ticket of TLS 1.1", other_state(
        older_version, "R5077-4-11", "It resumed by a ticket whose state says TLS 1.1."), needs="sealing_key"),
))  # fmt: skip

SERVERS = family("servers", "server", "a second server, and what the application knows", (
    Trial("another server with the same keys", second_server, needs="twin"),
    Trial("another server with other keys", other_keys, needs="stranger"),
    Trial("another server with the same keys that demands a certificate", demanding_server, needs="demanding_twin"),
    Trial("the client's certificate after a resumption", identity_kept, needs="certificate"),
))  # fmt: skip
