# ruff: noqa: E501  (an edit is a row of a table)
"""Makes the recordings in `edited/` from the unedited ones beside this file: `python tests/traces/edit.py`.

One fault each.  The verdicts that are due stand in `expected.toml`; they were typed by hand and are no business of this tool.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rfc5077.properties.trace.recorded import Header, RecordedEvent
from rfc5077.properties.trace.recordings import Recording, read_recording, write_recording

HERE = Path(__file__).parent
EDITED = HERE / "edited"
SESSION_TICKET = 35
NAME, LENGTH, ALGORITHMS, PROTOCOLS, TIMESTAMPS, EXTENDED_MASTER_SECRET, BINDING = 0, 1, 13, 16, 18, 23, 0xFF01
SIGNAL, SUITE, OTHER_SUITE = 0xFF, 0xC02B, 0xC02F
H2, HTTP = b"h2", b"http/1.1"
OTHER_TICKET = bytes(range(176))
Events = list[RecordedEvent]
Edit = Callable[[Events], Events]


# --- the hand's moves -------------------------------------------------------------------------------------------------


def place(events: Events, connection: int, sender: str, message: str) -> int:
    """Where this message stands first."""
    for index, event in enumerate(events):
        if (event.connection, event.sender, event.message) == (connection, sender, message):
            return index
    raise LookupError(f"connection {connection} has no {message} of the {sender}")


def only(*connections: int) -> Edit:
    """The other connections are left out."""
    return lambda events: [event for event in events if event.connection in connections]


def change(connection: int, sender: str, message: str, **fields: object) -> Edit:
    """Some fields of one message are changed."""

    def edit(events: Events) -> Events:
        at = place(events, connection, sender, message)
        return [*events[:at], replace(events[at], **fields), *events[at + 1 :]]

    return edit


def drop(connection: int, sender: str, message: str) -> Edit:
    """One message is taken out."""

    def edit(events: Events) -> Events:
        at = place(events, connection, sender, message)
        return events[:at] + events[at + 1 :]

    return edit


def insert(connection: int, after: tuple[str, str], sender: str, message: str, **fields: object) -> Edit:
    """A message is put in behind another one."""

    def edit(events: Events) -> Events:
        at = place(events, connection, *after)
        new = RecordedEvent(connection=connection, sender=sender, message=message, time=events[at].time, **fields)
        return [*events[: at + 1], new, *events[at + 1 :]]

    return edit


def move(connection: int, sender: str, message: str, after: tuple[str, str]) -> Edit:
    """One message is put behind another one."""

    def edit(events: Events) -> Events:
        at = place(events, connection, sender, message)
        moved, rest = events[at], events[:at] + events[at + 1 :]
        to = place(rest, connection, *after)
        return [*rest[: to + 1], moved, *rest[to + 1 :]]

    return edit


def cut_behind(connection: int, sender: str, message: str, *ending: tuple[str, str, dict[str, object]]) -> Edit:
    """The connection ends behind this message, with what is given instead."""

    def edit(events: Events) -> Events:
        at = place(events, connection, sender, message)
        new = [
            RecordedEvent(connection=connection, sender=who, message=what, time=events[at].time, **fields)
            for who, what, fields in ending
        ]
        return [*events[: at + 1], *new, *(event for event in events[at + 1 :] if event.connection != connection)]

    return edit


def announced(connection: int, yes: bool) -> Edit:
    """ServerHello has the extension, or has it not."""

    def edit(events: Events) -> Events:
        at = place(events, connection, "server", "ServerHello")
        others = tuple(kind for kind in events[at].extensions or () if kind != SESSION_TICKET)
        kinds = (SESSION_TICKET, *others) if yes else others
        return change(connection, "server", "ServerHello", session_ticket=b"" if yes else None, extensions=kinds)(events)

    return edit


def twice(connection: int, sender: str, message: str) -> Edit:
    """The extension stands twice in a hello."""

    def edit(events: Events) -> Events:
        kinds = events[place(events, connection, sender, message)].extensions or ()
        return change(connection, sender, message, extensions=(*kinds, SESSION_TICKET))(events)

    return edit


def kinds(connection: int, message: tuple[str, str], without: tuple[int, ...] = (), plus: tuple[int, ...] = ()) -> Edit:
    """A hello has other extensions; what stood in those that it loses is gone."""

    def edit(events: Events) -> Events:
        at = place(events, connection, *message)
        left = tuple(kind for kind in events[at].extensions or () if kind not in without)
        return change(connection, *message, extensions=(*left, *plus))(events)

    return edit


def without_secret(*connections: int, of: tuple[tuple[str, str], ...]) -> tuple[Edit, ...]:
    """These hellos have no extended_master_secret."""
    return tuple(kinds(connection, hello, without=(EXTENDED_MASTER_SECRET,)) for connection in connections for hello in of)


def offered(connection: int, body: Callable[[bytes], bytes], of: int = 1) -> Edit:
    """ClientHello offers something made of the ticket that another connection brought."""

    def edit(events: Events) -> Events:
        ticket = events[place(events, of, "server", "NewSessionTicket")].ticket or b""
        return change(connection, "client", "ClientHello", session_ticket=body(ticket))(events)

    return edit


def answered_id(connection: int, answer: Callable[[bytes], bytes]) -> Edit:
    """ServerHello's session_id is made of the client's."""

    def edit(events: Events) -> Events:
        own = events[place(events, connection, "client", "ClientHello")].session_id or b""
        return change(connection, "server", "ServerHello", session_id=answer(own))(events)

    return edit


def short_id(connection: int, length: int) -> Edit:
    """The client's session_id is shorter."""

    def edit(events: Events) -> Events:
        own = events[place(events, connection, "client", "ClientHello")].session_id or b""
        return change(connection, "client", "ClientHello", session_id=own[:length])(events)

    return edit


def own_id(connection: int, of: int) -> Edit:
    """ClientHello's session_id, and the echo, are the id that the server made on another connection."""

    def edit(events: Events) -> Events:
        made = events[place(events, of, "server", "ServerHello")].session_id
        events = change(connection, "client", "ClientHello", session_id=made, session_ticket=b"")(events)
        return change(connection, "server", "ServerHello", session_id=made)(events)

    return edit


def also_from(name: str, connection: int, number: int, before: int) -> Edit:
    """A connection of another recording of the same stacks is put in before one of this."""

    def edit(events: Events) -> Events:
        taken = [replace(e, connection=number) for e in read_recording(HERE / f"{name}.jsonl").events if e.connection == connection]
        at = place(events, before, "client", "ClientHello")
        return [*events[:at], *taken, *events[at:]]

    return edit


def first(count: int) -> Edit:
    """The recording breaks off."""
    return lambda events: events[:count]


def without_first(count: int) -> Edit:
    """The recording begins later."""
    return lambda events: events[count:]


def flip(ticket: bytes) -> bytes:
    """One bit in the middle of a ticket."""
    middle = len(ticket) // 2
    return ticket[:middle] + bytes([ticket[middle] ^ 1]) + ticket[middle + 1 :]


NST = {"ticket": OTHER_TICKET, "lifetime_hint": 7200}
HELLO_DONE, KEY_EXCHANGE, CLIENT_CCS = (
    ("server", "ServerHelloDone"), ("client", "ClientKeyExchange"), ("client", "ChangeCipherSpec"),
)  # fmt: skip
CLIENT_HELLO, SERVER_HELLO, SERVER_CCS, SERVER_FINISHED, TICKET = (
    ("client", "ClientHello"), ("server", "ServerHello"), ("server", "ChangeCipherSpec"), ("server", "Finished"), ("server", "NewSessionTicket"),
)  # fmt: skip


def fatal(description: int) -> dict[str, object]:
    return {"alert_level": 2, "alert_description": description}


# --- the edits --------------------------------------------------------------------------------------------------------

# fmt: off
EDITS: dict[str, tuple[str, str, tuple[Edit, ...]]] = {  # file: the unedited recording, what was edited, how
    "nst_unannounced_full": ("go_renews", "ServerHello loses the extension", (only(1), announced(1, False))),
    "nst_unannounced_abbreviated": ("go_renews", "the second ServerHello loses the extension", (only(1, 2), announced(2, False))),
    "nst_missing_full": ("openssl_resumes", "NewSessionTicket taken out", (only(1), drop(1, *TICKET))),
    "nst_missing_abbreviated": ("go_renews", "the second NewSessionTicket taken out", (only(1, 2), drop(2, *TICKET))),
    "nst_twice_full": ("openssl_resumes", "a second NewSessionTicket", (only(1), insert(1, TICKET, *TICKET, **NST))),
    "nst_twice_abbreviated": ("go_renews", "a second NewSessionTicket on renewal", (only(1, 2), insert(2, TICKET, *TICKET, **NST))),
    "nst_again_after_server_ccs": ("openssl_resumes", "a second NewSessionTicket behind ChangeCipherSpec",
        (only(1), insert(1, SERVER_CCS, *TICKET, protected=True, **NST))),
    "nst_moved_after_server_ccs": ("openssl_resumes", "NewSessionTicket moved behind ChangeCipherSpec",
        (only(1), move(1, *TICKET, SERVER_CCS))),
    "nst_again_after_server_finished": ("openssl_resumes", "a second NewSessionTicket behind Finished",
        (only(1), insert(1, SERVER_FINISHED, *TICKET, protected=True, **NST))),
    "nst_after_server_hello_done": ("openssl_resumes", "NewSessionTicket moved", (only(1), move(1, *TICKET, HELLO_DONE))),
    "nst_after_client_key_exchange": ("openssl_resumes", "NewSessionTicket moved", (only(1), move(1, *TICKET, KEY_EXCHANGE))),
    "nst_after_client_ccs": ("openssl_resumes", "NewSessionTicket moved", (only(1), move(1, *TICKET, CLIENT_CCS))),
    "nst_after_server_hello_figure_1": ("openssl_resumes", "NewSessionTicket moved", (only(1), move(1, *TICKET, SERVER_HELLO))),
    "nst_after_server_hello_figure_4": ("go_damaged_ticket", "NewSessionTicket moved where the ticket is rejected",
        (only(1, 2), move(2, *TICKET, SERVER_HELLO))),
    "nst_trailing_octet": ("openssl_resumes", "one octet behind the ticket",
        (only(1), change(1, *TICKET, malformed="1 octets are left over"))),
    "nst_after_wrong_client_finished": ("openssl_resumes", "the client's Finished is wrong, the server goes on",
        (only(1), change(1, "client", "Finished", verified=False))),
    "echo_missing": ("openssl_resumes", "the second ServerHello has no session_id", (only(1, 2), answered_id(2, lambda own: b""))),
    "echo_other": ("openssl_resumes", "the second ServerHello has another session_id",
        (only(1, 2), answered_id(2, lambda own: own[::-1]))),
    "echo_padded": ("openssl_resumes", "a session_id of 16 octets, answered by 32",
        (only(1, 2), short_id(2, 16), answered_id(2, lambda own: own + bytes(16)))),
    "echo_truncated": ("openssl_resumes", "16 octets of 32 repeated", (only(1, 2), answered_id(2, lambda own: own[:16]))),
    "echo_in_full_handshake": ("openssl_other_key", "the session_id repeated where the ticket is rejected",
        (only(1, 2), answered_id(2, lambda own: own))),
    "echo_without_offer": ("jsse_client_hint_zero", "the session_id repeated where no ticket was offered",
        (only(1, 2), answered_id(2, lambda own: own))),
    "extension_unsolicited": ("openssl_tickets_off_by_client", "extension and NewSessionTicket for a client without",
        (only(1), announced(1, True), insert(1, ("client", "Finished"), *TICKET, **NST))),
    "extension_twice_in_server_hello": ("openssl_resumes", "the extension stands twice", (only(1), twice(1, *SERVER_HELLO))),
    "extension_twice_in_client_hello": ("openssl_resumes", "the extension stands twice", (only(1), twice(1, "client", "ClientHello"))),
    "extension_filled": ("openssl_resumes", "sixteen octets in ServerHello's extension",
        (only(1), change(1, *SERVER_HELLO, session_ticket=OTHER_TICKET[:16]))),
    "extension_two_zero_octets": ("openssl_resumes", "two zero octets in ServerHello's extension",
        (only(1), change(1, *SERVER_HELLO, session_ticket=bytes(2)))),
    "hello_two_zero_octets": ("openssl_resumes", "two zero octets in ClientHello's extension",
        (only(1), change(1, "client", "ClientHello", session_ticket=bytes(2)))),
    "hello_wrapped_ticket": ("go_damaged_ticket", "the ticket with its length in front",
        (only(1, 2), offered(2, lambda ticket: len(ticket).to_bytes(2, "big") + ticket))),
    "damaged_ticket_alert": ("go_damaged_ticket", "an alert instead of a full handshake",
        (only(1, 2), cut_behind(2, "client", "ClientHello", ("server", "Alert", fatal(51)), ("server", "Close", {})))),
    "damaged_ticket_closed": ("go_damaged_ticket", "the transport closed instead of a full handshake",
        (only(1, 2), cut_behind(2, "client", "ClientHello", ("server", "Close", {})))),
    "damaged_ticket_resumed": ("openssl_resumes", "one bit of the ticket flipped, and yet resumed", (only(1, 2), offered(2, flip))),
    "truncated_ticket_resumed": ("openssl_resumes", "the ticket without its last 32 octets, and yet resumed",
        (only(1, 2), offered(2, lambda ticket: ticket[:-32]))),
    "bad_ticket_resumed_by_id": ("openssl_tickets_off_by_client",
        "a connection that brings a ticket put in between; then that ticket, one bit flipped, beside a session_id that resumes",
        (only(1, 2), also_from("openssl_resumes", 1, 9, 2), offered(2, flip, of=9))),
    "renewed_ticket_alert": ("go_renews", "the third connection offers the ticket that was renewed, and gets an alert",
        (only(1, 2, 3), offered(3, bytes),
         cut_behind(3, "client", "ClientHello", ("server", "Alert", fatal(40)), ("server", "Close", {})))),
    "certificate_in_abbreviated": ("go_renews", "a Certificate behind the renewed ticket",
        (only(1, 2), insert(2, TICKET, "server", "Certificate", certificates=1))),
    "certificate_not_asked_for": ("openssl_resumes", "an empty Certificate of the client's",
        (only(1), insert(1, HELLO_DONE, "client", "Certificate", certificates=0))),
    "certificate_verify_missing": ("go_with_client_certificate", "CertificateVerify taken out",
        (only(1), drop(1, "client", "CertificateVerify"))),
    "server_key_exchange_missing": ("openssl_resumes", "ServerKeyExchange taken out", (only(1), drop(1, "server", "ServerKeyExchange"))),
    "server_ccs_early": ("openssl_resumes", "ChangeCipherSpec behind ServerHelloDone", (only(1), insert(1, HELLO_DONE, *SERVER_CCS))),
    "client_ccs_early": ("openssl_resumes", "ChangeCipherSpec before ClientKeyExchange", (only(1), insert(1, HELLO_DONE, *CLIENT_CCS))),
    "server_ccs_missing": ("openssl_resumes", "the server's ChangeCipherSpec taken out", (only(1), drop(1, *SERVER_CCS))),
    "server_ccs_of_value_0": ("openssl_resumes", "the server's ChangeCipherSpec has another value",
        (only(1), change(1, *SERVER_CCS, malformed="the octets 00 instead of 01"))),
    "server_data_before_client_finished": ("openssl_resumes", "application data right behind the server's Finished on resumption",
        (only(1, 2), insert(2, SERVER_FINISHED, "server", "ApplicationData", protected=True))),
    "ticket_after_wrong_server_finished": ("openssl_resumes", "the first server Finished is wrong; its ticket is offered all the same",
        (only(1, 2), change(1, *SERVER_FINISHED, verified=False),
         cut_behind(1, *SERVER_FINISHED, ("client", "Alert", fatal(51)), ("client", "Close", {}), ("server", "Close", {})))),
    "ticket_before_server_finished": ("openssl_resumes", "the first connection dies behind NewSessionTicket; its ticket is offered",
        (only(1, 2), cut_behind(1, *TICKET, ("server", "Close", {}), ("client", "Close", {})))),
    "discarded_id_offered": ("gnutls", "the second connection offers the server's session_id and no ticket", (only(1, 2), own_id(2, 1))),
    "old_ticket_after_renewal": ("go_renews", "the third connection offers the ticket that was renewed",
        (only(1, 2, 3), offered(3, bytes))),
    "ticket_again_after_failed_resumption": ("openssl_resumes", "the resumed connection fails at Finished; the ticket comes again",
        (cut_behind(2, *SERVER_FINISHED, ("client", "Alert", fatal(51)), ("client", "Close", {}), ("server", "Close", {})),)),
    "empty_ticket_refused": ("openssl_resumes", "a ticket of zero length, which the client refuses",
        (only(1), change(1, *TICKET, ticket=b"", lifetime_hint=0),
         cut_behind(1, *TICKET, ("client", "Alert", fatal(10)), ("client", "Close", {})))),
    "empty_ticket": ("openssl_resumes", "a ticket of zero length", (only(1), change(1, *TICKET, ticket=b"", lifetime_hint=0))),
    "beginning_missing": ("openssl_resumes", "the first five events are missing", (only(1), without_first(5))),
    "end_missing": ("openssl_resumes", "all is missing behind the client's ChangeCipherSpec", (only(1), first(6))),
}
# fmt: on

# fmt: off
OF_HELLOS: dict[str, tuple[str, str, tuple[Edit, ...]]] = {
    "suite_withdrawn": ("openssl_resumes", "the second ClientHello offers another suite alone",
        (only(1, 2), change(2, *CLIENT_HELLO, cipher_suites=(OTHER_SUITE, SIGNAL)))),
    "suite_not_offered_resumed": ("openssl_resumes", "the same without session_ids",
        (only(1, 2), change(2, *CLIENT_HELLO, cipher_suites=(OTHER_SUITE, SIGNAL), session_id=b""), change(2, *SERVER_HELLO, session_id=b""))),
    "suite_withdrawn_full_handshake": ("openssl_other_key", "another suite alone is offered, without a session_id, and picked",
        (only(1, 2), change(2, *CLIENT_HELLO, cipher_suites=(OTHER_SUITE, SIGNAL), session_id=b""),
         change(2, *SERVER_HELLO, cipher_suite=OTHER_SUITE))),
    "suite_not_preferred": ("openssl_resumes", "the second ClientHello offers another suite first",
        (only(1, 2), change(2, *CLIENT_HELLO, cipher_suites=(OTHER_SUITE, SUITE, SIGNAL)))),
    "other_suite_resumed": ("openssl_resumes", "the second ClientHello offers another suite as well, which is picked",
        (only(1, 2), change(2, *CLIENT_HELLO, cipher_suites=(SUITE, OTHER_SUITE, SIGNAL)), change(2, *SERVER_HELLO, cipher_suite=OTHER_SUITE))),
    "other_suite_taken": ("go_renews", "the second ClientHello offers another suite as well, which is picked",
        (only(1, 2), change(2, *CLIENT_HELLO, cipher_suites=(SUITE, OTHER_SUITE, SIGNAL)), change(2, *SERVER_HELLO, cipher_suite=OTHER_SUITE))),
    "compression_not_offered": ("openssl_resumes", "ServerHello picks a compression that was not offered",
        (only(1), change(1, *CLIENT_HELLO, compression_methods=b"\0"), change(1, *SERVER_HELLO, compression_method=1))),
    "compression_lost": ("openssl_resumes", "a compression is offered from the second ClientHello on, and picked",
        (only(1, 2), change(1, *CLIENT_HELLO, compression_methods=b"\0"), change(1, *SERVER_HELLO, compression_method=0),
         change(2, *CLIENT_HELLO, compression_methods=b"\1\0"), change(2, *SERVER_HELLO, compression_method=1))),
    "version_above": ("openssl_resumes", "ClientHello goes up to TLS 1.1", (only(1), change(1, *CLIENT_HELLO, version=0x0302))),
    "version_below": ("jsse_client_hint_zero", "the second ServerHello has TLS 1.1", (only(1, 2), change(2, *SERVER_HELLO, version=0x0302))),
    "version_below_at_first": ("jsse_client_hint_zero", "the first ServerHello has TLS 1.1", (only(1), change(1, *SERVER_HELLO, version=0x0302))),
    "version_of_session_missing": ("openssl_other_key", "the second ClientHello goes up to TLS 1.1, which is picked",
        (only(1, 2), change(2, *CLIENT_HELLO, version=0x0302), change(2, *SERVER_HELLO, version=0x0302))),
    "version_of_session_unlisted": ("go_client", "the second ClientHello lists TLS 1.3 alone", (only(1, 2), change(2, *CLIENT_HELLO, versions=(0x0304,)))),
    "version_of_session_listed": ("go_client", "the second ClientHello lists TLS 1.3 and 1.2", (only(1, 2), change(2, *CLIENT_HELLO, versions=(0x0304, 0x0303)))),
    "marker_lost_on_resumption": ("go_client", "the mark of TLS 1.3 in the first ServerHello alone",
        (only(1, 2), change(1, *SERVER_HELLO, downgrade_marker=True), change(2, *SERVER_HELLO, downgrade_marker=False))),
    "marker_missing_after_tls_1_3": ("openssl_resumes", "a connection of TLS 1.3 put in before; then a ServerHello of TLS 1.2 without the mark",
        (only(1), also_from("openssl_tls_1_3", 1, 9, 1), change(1, *SERVER_HELLO, downgrade_marker=False))),
    "marker_kept": ("go_client", "the mark of TLS 1.3 in both ServerHellos",
        (only(1, 2), change(1, *SERVER_HELLO, downgrade_marker=True), change(2, *SERVER_HELLO, downgrade_marker=True))),
    "marker_never": ("go_client", "the mark of TLS 1.3 in no ServerHello",
        (only(1, 2), change(1, *SERVER_HELLO, downgrade_marker=False), change(2, *SERVER_HELLO, downgrade_marker=False))),
    "old_format_asks_to_resume": ("openssl_tickets_off_by_client", "the second ClientHello in the format of SSL 2.0",
        (only(1, 2), change(2, *CLIENT_HELLO, old_format=True, extensions=(), server_name=None), change(2, *SERVER_HELLO, extensions=(BINDING,)))),
    "old_format_asks_anew": ("openssl_tickets_off_by_client", "the first ClientHello in the format of SSL 2.0",
        (only(1), change(1, *CLIENT_HELLO, old_format=True, extensions=(), server_name=None), change(1, *SERVER_HELLO, extensions=(BINDING,)))),
    "secret_dropped_by_client": ("jsse_client_hint_zero", "the second hellos without extended_master_secret",
        (only(1, 2), *without_secret(2, of=(CLIENT_HELLO, SERVER_HELLO)))),
    "secret_dropped_when_offering": ("openssl_resumes", "the second hellos without extended_master_secret",
        (only(1, 2), *without_secret(2, of=(CLIENT_HELLO, SERVER_HELLO)))),
    "secret_session_resumed_without": ("go_renews", "the second hellos without extended_master_secret",
        (only(1, 2), *without_secret(2, of=(CLIENT_HELLO, SERVER_HELLO)))),
    "secret_unanswered": ("jsse_client_hint_zero", "the second ServerHello without extended_master_secret", (only(1, 2), *without_secret(2, of=(SERVER_HELLO,)))),
    "secret_unanswered_on_resumption": ("openssl_resumes", "the second ServerHello without extended_master_secret",
        (only(1, 2), *without_secret(2, of=(SERVER_HELLO,)))),
    "secret_lost_and_taken": ("go_renews", "the second ServerHello without extended_master_secret", (only(1, 2), *without_secret(2, of=(SERVER_HELLO,)))),
    "secret_unasked": ("openssl_resumes", "ClientHello without extended_master_secret", (only(1), *without_secret(1, of=(CLIENT_HELLO,)))),
    "secret_at_neither": ("openssl_resumes", "no hello has extended_master_secret", (*without_secret(1, 2, 3, of=(CLIENT_HELLO, SERVER_HELLO)),)),
    "secret_unknown_to_server": ("openssl_resumes", "no ServerHello has extended_master_secret", (only(1, 2), *without_secret(1, 2, of=(SERVER_HELLO,)))),
    "secret_late_resumed": ("openssl_resumes", "the first hellos without extended_master_secret", (only(1, 2), *without_secret(1, of=(CLIENT_HELLO, SERVER_HELLO)))),
    "secret_late_taken": ("go_renews", "the first hellos without extended_master_secret", (only(1, 2), *without_secret(1, of=(CLIENT_HELLO, SERVER_HELLO)))),
    "secret_late_full_handshake": ("openssl_other_key", "the first hellos without extended_master_secret",
        (only(1, 2), *without_secret(1, of=(CLIENT_HELLO, SERVER_HELLO)))),
    "secret_neither_resumed": ("openssl_resumes", "a connection with extended_master_secret put in before; then hellos without",
        (only(1, 2), *without_secret(1, 2, of=(CLIENT_HELLO, SERVER_HELLO)), also_from("openssl_resumes", 1, 9, 1))),
    "other_name_resumed": ("go_renews", "the second ClientHello has another server name", (only(1, 2), change(2, *CLIENT_HELLO, server_name="other.example"))),
    "other_name_alert": ("go_renews", "a connection for another name put in before; then a ticket offered for that name gets an alert",
        (only(1, 2), also_from("go_renews", 1, 9, 1), change(9, *CLIENT_HELLO, server_name="other.example"),
         change(9, *TICKET, ticket=OTHER_TICKET), kinds(2, CLIENT_HELLO, without=(21,)), change(2, *CLIENT_HELLO, server_name="other.example"),
         cut_behind(2, *CLIENT_HELLO, ("server", "Alert", fatal(40)), ("server", "Close", {})))),
    "other_name_unrecognized": ("go_renews", "the same, and the alert is unrecognized_name",
        (only(1, 2), also_from("go_renews", 1, 9, 1), change(9, *CLIENT_HELLO, server_name="other.example"),
         change(9, *TICKET, ticket=OTHER_TICKET), kinds(2, CLIENT_HELLO, without=(21,)), change(2, *CLIENT_HELLO, server_name="other.example"),
         cut_behind(2, *CLIENT_HELLO, ("server", "Alert", fatal(112)), ("server", "Close", {})))),
    "other_name_full_handshake": ("openssl_other_key", "the second ClientHello has another server name; both are answered",
        (only(1, 2), change(2, *CLIENT_HELLO, server_name="other.example"), kinds(1, SERVER_HELLO, plus=(NAME,)), kinds(2, SERVER_HELLO, plus=(NAME,)),
         change(1, *SERVER_HELLO, server_name_length=0), change(2, *SERVER_HELLO, server_name_length=0))),
    "other_name_not_heeded": ("openssl_resumes", "the second ClientHello has another server name", (only(1, 2), change(2, *CLIENT_HELLO, server_name="other.example"))),
    "name_lost": ("go_renews", "the second ClientHello has no server name", (only(1, 2), kinds(2, CLIENT_HELLO, without=(NAME,)), change(2, *CLIENT_HELLO, server_name=None))),
    "name_gained": ("jsse_client", "the second ClientHello has a server name",
        (only(1, 2), kinds(2, CLIENT_HELLO, plus=(NAME,)), change(2, *CLIENT_HELLO, server_name="localhost"))),
    "name_in_capitals": ("go_renews", "the second ClientHello has the server name in capitals", (only(1, 2), change(2, *CLIENT_HELLO, server_name="LOCALHOST"))),
    "name_answered_on_resumption": ("go_renews", "the second ServerHello has server_name",
        (only(1, 2), kinds(2, SERVER_HELLO, plus=(NAME,)), change(2, *SERVER_HELLO, server_name_length=0))),
    "name_answered_at_length": ("go_renews", "ServerHello's server_name has 14 octets", (only(1), change(1, *SERVER_HELLO, server_name_length=14))),
    "fragment_length_answered_on_resumption": ("openssl_resumes", "max_fragment_length in all hellos",
        (only(1, 2), *(kinds(number, hello, plus=(LENGTH,)) for number in (1, 2) for hello in (CLIENT_HELLO, SERVER_HELLO)))),
    "timestamps_answered_on_resumption": ("go_client", "the second ServerHello has signed_certificate_timestamp", (only(1, 2), kinds(2, SERVER_HELLO, plus=(TIMESTAMPS,)))),
    "timestamps_answered_at_first": ("go_client", "the first ServerHello has signed_certificate_timestamp", (only(1, 2), kinds(1, SERVER_HELLO, plus=(TIMESTAMPS,)))),
    "signature_algorithms_answered": ("openssl_resumes", "ServerHello has signature_algorithms", (only(1), kinds(1, SERVER_HELLO, plus=(ALGORITHMS,)))),
    "two_protocols": ("openssl_resumes", "two application protocols asked for and answered",
        (only(1), kinds(1, CLIENT_HELLO, plus=(PROTOCOLS,)), kinds(1, SERVER_HELLO, plus=(PROTOCOLS,)),
         change(1, *CLIENT_HELLO, application_protocols=(H2, HTTP)), change(1, *SERVER_HELLO, application_protocols=(H2, HTTP)))),
    "no_protocol": ("openssl_resumes", "an application protocol asked for, and an empty list answered",
        (only(1), kinds(1, CLIENT_HELLO, plus=(PROTOCOLS,)), kinds(1, SERVER_HELLO, plus=(PROTOCOLS,)),
         change(1, *CLIENT_HELLO, application_protocols=(H2,)), change(1, *SERVER_HELLO, application_protocols=()))),
    "protocol_not_listed": ("openssl_resumes", "another application protocol than asked for",
        (only(1), kinds(1, CLIENT_HELLO, plus=(PROTOCOLS,)), kinds(1, SERVER_HELLO, plus=(PROTOCOLS,)),
         change(1, *CLIENT_HELLO, application_protocols=(H2,)), change(1, *SERVER_HELLO, application_protocols=(HTTP,)))),
    "other_protocol_on_resumption": ("openssl_resumes", "another application protocol on each connection",
        (only(1, 2), *(kinds(number, hello, plus=(PROTOCOLS,)) for number in (1, 2) for hello in (CLIENT_HELLO, SERVER_HELLO)),
         change(1, *CLIENT_HELLO, application_protocols=(H2,)), change(1, *SERVER_HELLO, application_protocols=(H2,)),
         change(2, *CLIENT_HELLO, application_protocols=(HTTP,)), change(2, *SERVER_HELLO, application_protocols=(HTTP,)))),
    "renegotiation_not_signalled": ("openssl_resumes", "ClientHello without the signalling suite, ServerHello without renegotiation_info",
        (only(1), change(1, *CLIENT_HELLO, cipher_suites=(SUITE,)), kinds(1, SERVER_HELLO, without=(BINDING,)))),
    "renegotiation_not_signalled_on_resumption": ("openssl_resumes", "the second hellos likewise",
        (only(1, 2), change(2, *CLIENT_HELLO, cipher_suites=(SUITE,)), kinds(2, SERVER_HELLO, without=(BINDING,)))),
    "renegotiation_unanswered": ("openssl_resumes", "ServerHello without renegotiation_info", (only(1), kinds(1, SERVER_HELLO, without=(BINDING,)))),
    "renegotiation_unanswered_on_resumption": ("openssl_resumes", "the second ServerHello without renegotiation_info",
        (only(1, 2), kinds(2, SERVER_HELLO, without=(BINDING,)))),
    "renegotiation_bound_by_server": ("openssl_resumes", "ServerHello's renegotiation_info has 12 octets", (only(1), change(1, *SERVER_HELLO, renegotiation_info=bytes(12)))),
    "renegotiation_bound_and_taken": ("go_renews", "the second ServerHello's renegotiation_info has 12 octets",
        (only(1, 2), change(2, *SERVER_HELLO, renegotiation_info=bytes(12)))),
    "renegotiation_bound_by_client": ("openssl_resumes", "ClientHello has a renegotiation_info of 12 octets instead of the suite",
        (only(1), kinds(1, CLIENT_HELLO, plus=(BINDING,)), change(1, *CLIENT_HELLO, cipher_suites=(SUITE,), renegotiation_info=bytes(12)))),
    "renegotiation_bound_and_answered": ("go_renews", "the second ClientHello has a renegotiation_info of 12 octets beside the suite",
        (only(1, 2), kinds(2, CLIENT_HELLO, plus=(BINDING,)), change(2, *CLIENT_HELLO, renegotiation_info=bytes(12)))),
    "renegotiation_signalled_twice": ("openssl_resumes", "the second ClientHello has an empty renegotiation_info beside the suite",
        (only(1, 2), kinds(2, CLIENT_HELLO, plus=(BINDING,)), change(2, *CLIENT_HELLO, renegotiation_info=b""))),
}
# fmt: on


def main() -> None:
    EDITED.mkdir(exist_ok=True)
    for name, (source, what, edits) in (EDITS | OF_HELLOS).items():
        recording = read_recording(HERE / f"{source}.jsonl")
        events = list(recording.events)
        for edit in edits:
            events = edit(events)
        old = recording.header
        header = Header(client=old.client, server=old.server, complete=old.complete, note=f"edited from {source}: {what}")
        write_recording(EDITED / f"{name}.jsonl", Recording(header, tuple(events)))


if __name__ == "__main__":
    main()
