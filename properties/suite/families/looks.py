"""A look at what a server gives out, octet for octet: randoms, tickets, hints.

What only the recommended format has is looked at where a ticket has that format's shape (RFC 5077, section 4).
"""

from __future__ import annotations

from rfc5077.model.event import Extension
from rfc5077.properties.suite.families.events import hello
from rfc5077.properties.suite.families.family import Trial, family
from rfc5077.properties.suite.families.stage import Stage
from rfc5077.reference.ticket.format import KEY_NAME, TicketKey, open_ticket, split_ticket

ABSENT, LIVE = hello(Extension.ABSENT), hello(Extension.LIVE)
PASSED = 2
"""Seconds by which a hint may be less than was told, for the session is as much older when its ticket is sent."""
AGAIN = 3
"""How many of a kind are compared."""


def fresh_randoms(stage: Stage) -> None:
    """No two ServerHellos have the same random."""
    randoms = []
    for _ in range(AGAIN):
        answered = stage.ask(ABSENT).puppet.handshake.server_hello
        if answered is None:
            stage.miss("the server answers no ClientHello")
            return
        randoms.append(answered.random)
    if len(set(randoms)) < len(randoms):
        stage.blame("R5246-6.3-01", "Its ServerHellos have the same random.", due="another random")


def fresh_ivs(stage: Stage) -> None:
    """No two tickets are sealed under the same IV."""
    ivs = []
    for _ in range(AGAIN):
        parts = split_ticket(stage.mint())
        if parts is None:
            stage.miss("its tickets have not the recommended format")
            return
        ivs.append(parts.iv)
    if len(set(ivs)) < len(ivs):
        stage.blame("R5077-4-09", "Where the recommended format has the IV, its tickets have the same octets.")


def other_renewals(stage: Stage) -> None:
    """A renewed ticket has other octets, so that who looks on cannot tell that it is the same session's."""
    ticket = stage.mint()
    renewed = stage.shake(LIVE).ticket if ticket else b""
    if not renewed:
        stage.miss("the server renews no ticket")
    elif renewed == ticket:
        stage.blame("R5077-5.8-01", "A renewed ticket has the octets of the one before.")


def sealed(stage: Stage) -> None:
    """The master secret does not stand in the ticket, nor does a key of zeros open it."""
    ticket = stage.mint()
    if not ticket:
        return
    if stage.memory.tickets[ticket].secret in ticket:
        stage.blame("R5077-3.1-05", "The master secret stands in the ticket.", due="sealed octets")
    elif open_ticket(TicketKey(ticket[:KEY_NAME].ljust(KEY_NAME), bytes(16), bytes(32)), ticket) is not None:
        stage.blame("R5077-3.1-05", "A key of zeros opens the ticket.", due="octets under a secret key")


def two_keys(stage: Stage) -> None:
    """A ticket is not authenticated by the key that encrypts it."""
    ticket, key = stage.mint(), _key(stage)
    if ticket and open_ticket(TicketKey(key.name, key.encryption, 2 * key.encryption), ticket) is not None:
        stage.blame("R5077-4-04", "The key that encrypts the ticket, twice over, authenticates it.")


def hint(stage: Stage) -> None:
    """The hint with a ticket is the number of seconds that the server was told to give."""
    told = stage.peer.controls.hint
    given = [event.lifetime_hint for event in stage.shake().events if event.message == "NewSessionTicket"]
    if not given:
        stage.miss("the server issues no ticket")
    elif told is None or not told - PASSED <= (given[0] or 0) <= told:
        stage.blame("R5077-3.3-14", f"The hint says {given[0]} s; it was told to say {told} s.", due=f"{told} s")


def _key(stage: Stage) -> TicketKey:
    control = stage.peer.controls.sealing_key
    assert control is not None  # the test needs it
    return TicketKey.split(control())


LOOKS = family("octets given out", "server", "a look at randoms, tickets and hints, octet for octet", (
    Trial("the randoms of three ServerHellos", fresh_randoms),
    Trial("the IVs of three tickets", fresh_ivs),
    Trial("a ticket and its renewal", other_renewals),
    Trial("whether a ticket is sealed", sealed),
    Trial("whether a ticket takes two keys", two_keys, needs="sealing_key"),
    Trial("the lifetime hint", hint, needs="hint"),
))  # fmt: skip
