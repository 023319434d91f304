"""Recorded event to model event: what a ticket or a session_id is depends on what this pair has said before."""

import pytest

from rfc5077.model.event import (
    CLIENT,
    SERVER,
    Alarm,
    Certificates,
    Content,
    Event,
    Exchange,
    Extension,
    Message,
    Offer,
    SessionId,
    Ticket,
)
from rfc5077.properties.trace.abstraction import Abstraction
from rfc5077.properties.trace.recorded import MESSAGES, RecordedEvent
from rfc5077.properties.trace.registry import alarm_of

TICKET = bytes(range(100, 200))
OWN_ID = bytes(32)


def said(connection, sender, message, **fields):
    return RecordedEvent(connection=connection, sender=sender, message=message, **fields)


def hello(connection, body, session_id=b"", **fields):
    return said(connection, "client", "ClientHello", session_ticket=body, session_id=session_id, **fields)


def issued(abstraction, connection=1, ticket=TICKET, presented=b"", server_id=b"", short=False):
    """A handshake, as far as the memory minds, that brings a ticket."""
    abstraction.observe(hello(connection, presented))
    abstraction.observe(said(connection, "server", "ServerHello", session_id=server_id, session_ticket=b""))
    if not short:
        abstraction.observe(said(connection, "server", "ServerHelloDone"))
    abstraction.observe(said(connection, "server", "NewSessionTicket", ticket=ticket))
    return abstraction


def kinds(abstraction, body, **fields):
    *_, (_, alternatives) = abstraction.observe(hello(99, body, **fields))
    return [event.extension for event in alternatives]


def flipped(octets, count=1):
    return bytes(octet ^ (1 if index < count else 0) for index, octet in enumerate(octets))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (None, [Extension.ABSENT]),
        (b"", [Extension.EMPTY]),
        (TICKET, [Extension.LIVE]),
        (flipped(TICKET), [Extension.DAMAGED]),
        (flipped(TICKET, 12), [Extension.DAMAGED]),
        (TICKET[:-1], [Extension.DAMAGED]),
        (TICKET[:1], [Extension.DAMAGED]),
        (TICKET + b"\x00", [Extension.DAMAGED, Extension.LIVE]),
        (len(TICKET).to_bytes(2, "big") + TICKET, [Extension.WRAPPED]),
        (b"\x00\x00", [Extension.WRAPPED]),
        (bytes(255 - octet for octet in TICKET), [Extension.LIVE, Extension.FOREIGN]),
        (b"\x00\x03abc", [Extension.LIVE, Extension.FOREIGN]),
    ],
    ids=["none", "empty", "the ticket", "one bit", "twelve bits", "cut by one", "first octet", "extended", "wrapped",
         "4507 empty", "another", "a length by chance"],
)  # fmt: skip
def test_a_ticket_is_told_by_what_was_issued(body, expected):
    assert kinds(issued(Abstraction(complete=True)), body) == expected


def test_a_body_of_unknown_origin_may_be_live_or_foreign():
    assert kinds(Abstraction(complete=True), TICKET) == [Extension.LIVE, Extension.FOREIGN]


def test_an_extension_that_stands_twice_is_repeated_whatever_it_holds():
    assert kinds(issued(Abstraction(complete=True)), TICKET, extensions=(35, 0, 35)) == [Extension.REPEATED]


def test_a_renewed_ticket_is_old_and_the_new_one_live():
    abstraction = issued(Abstraction(complete=True))
    issued(abstraction, 2, b"new ticket", presented=TICKET, short=True)
    assert kinds(abstraction, TICKET) == [Extension.OLD]
    assert kinds(abstraction, b"new ticket") == [Extension.LIVE]


def test_a_ticket_that_was_rejected_and_replaced_is_not_old():
    abstraction = issued(Abstraction(complete=True))
    issued(abstraction, 2, b"new ticket", presented=TICKET)
    assert kinds(abstraction, TICKET) == [Extension.LIVE]


def test_an_empty_ticket_renews_nothing():
    abstraction = issued(Abstraction(complete=True))
    issued(abstraction, 2, b"", presented=TICKET, short=True)
    assert kinds(abstraction, TICKET) == [Extension.LIVE]


def test_the_same_ticket_given_again_stays_live():
    abstraction = issued(Abstraction(complete=True))
    issued(abstraction, 2, TICKET, presented=TICKET, short=True)
    assert kinds(abstraction, TICKET) == [Extension.LIVE]


def test_a_harness_says_what_a_ticket_is():
    abstraction = Abstraction(complete=False)
    abstraction.know(b"from elsewhere", Extension.ANOTHERS)
    assert kinds(abstraction, b"from elsewhere") == [Extension.ANOTHERS]


def test_after_a_change_of_keys_every_earlier_ticket_is_foreign():
    abstraction = issued(Abstraction(complete=True))
    abstraction.keys_changed()
    issued(abstraction, 2, b"new ticket")
    assert kinds(abstraction, TICKET) == [Extension.FOREIGN]
    assert kinds(abstraction, b"new ticket") == [Extension.LIVE]


def ids(abstraction, session_id):
    *_, (_, alternatives) = abstraction.observe(hello(99, None, session_id))
    return [event.session_id for event in alternatives]


def test_a_session_id_is_cached_if_the_server_made_it():
    abstraction = issued(Abstraction(complete=True), server_id=b"made by the server")
    assert ids(abstraction, b"made by the server") == [SessionId.CACHED]
    assert ids(abstraction, b"made by the client") == [SessionId.FRESH]
    assert ids(abstraction, b"") == [SessionId.EMPTY]


def test_a_session_id_may_be_cached_if_the_beginning_was_not_seen():
    assert ids(Abstraction(complete=False), OWN_ID) == [SessionId.FRESH, SessionId.CACHED]


@pytest.mark.parametrize(
    ("own", "answer", "expected"),
    [(OWN_ID, OWN_ID, SessionId.ECHOED), (OWN_ID, b"", SessionId.EMPTY), (OWN_ID, OWN_ID[:16], SessionId.FRESH),
     (b"", b"", SessionId.EMPTY), (b"", OWN_ID, SessionId.FRESH)],
)  # fmt: skip
def test_the_servers_session_id_is_compared_with_the_clients(own, answer, expected):
    abstraction = Abstraction(complete=True)
    abstraction.observe(hello(1, b"", own))
    ((_, (event,)),) = abstraction.observe(said(1, "server", "ServerHello", session_id=answer))
    assert event.session_id is expected


@pytest.mark.parametrize(
    ("body", "extensions", "expected"),
    [(None, (), Extension.ABSENT), (b"", (35,), Extension.EMPTY), (b"\x00\x00", (35,), Extension.FILLED),
     (b"", (35, 35), Extension.REPEATED)],
)  # fmt: skip
def test_the_servers_extension_is_absent_empty_filled_or_repeated(body, extensions, expected):
    server_hello = said(1, "server", "ServerHello", session_ticket=body, extensions=extensions)
    ((_, (event,)),) = Abstraction(complete=True).observe(server_hello)
    assert event.extension is expected


@pytest.mark.parametrize(
    ("suite", "expected"),
    [(0xC02B, Exchange.EPHEMERAL), (0x9E, Exchange.EPHEMERAL), (0x2F, Exchange.RSA), (0x8C, Exchange.OTHER),
     (0x1234, Exchange.OTHER), (None, Exchange.OTHER)],
)  # fmt: skip
def test_the_suite_tells_the_key_exchange(suite, expected):
    ((_, (event,)),) = Abstraction(complete=True).observe(said(1, "server", "ServerHello", cipher_suite=suite))
    assert event.exchange is expected


def offers(abstraction, connection, body, session_id=b""):
    *earlier, _ = abstraction.observe(hello(connection, body, session_id))
    assert all(event.message is Message.NextClientHello for _, (event,) in earlier)
    return [(number, event.offer) for number, (event,) in earlier]


def test_the_issuer_and_the_presenters_hear_of_the_next_offer():
    abstraction = issued(Abstraction(complete=True))
    assert offers(abstraction, 2, TICKET) == [(1, Offer.ISSUED)]
    assert offers(abstraction, 3, TICKET) == [(1, Offer.ISSUED), (2, Offer.PRESENTED)]


def test_the_presenter_of_a_ticket_of_unknown_origin_hears_of_it_too():
    abstraction = Abstraction(complete=False)
    assert offers(abstraction, 1, TICKET) == []
    assert offers(abstraction, 2, TICKET) == [(1, Offer.PRESENTED)]


def test_a_ticket_that_many_connections_present_is_told_to_a_few():
    abstraction = issued(Abstraction(complete=True))
    heard = [len(offers(abstraction, number, TICKET)) for number in range(2, 40)]
    assert max(heard) == heard[-1] == 9


def test_a_discarded_id_counts_only_without_a_ticket_and_after_one_had_come():
    abstraction = issued(Abstraction(complete=True), server_id=b"discarded")
    assert offers(abstraction, 2, TICKET, b"discarded") == [(1, Offer.ISSUED)]
    assert offers(abstraction, 3, b"", b"discarded") == [(1, Offer.DISCARDED_ID)]
    assert offers(abstraction, 4, None, b"discarded") == [(1, Offer.DISCARDED_ID)]
    abstraction.observe(said(4, "server", "ServerHello", session_id=b"kept"))
    assert offers(abstraction, 5, None, b"kept") == []


def test_a_renegotiation_takes_nothing_from_other_connections():
    abstraction = issued(Abstraction(complete=True))
    abstraction.observe(hello(2, None))
    assert offers(abstraction, 2, TICKET) == []


@pytest.mark.parametrize("message", ["Finished", "CertificateVerify"])
def test_what_nobody_could_check_may_be_right_or_wrong(message):
    observe = Abstraction(complete=True).observe
    contents = {
        verified: [event.content for event in observe(said(1, "client", message, verified=verified))[-1][1]]
        for verified in (True, False, None)
    }
    assert contents == {True: [Content.RIGHT], False: [Content.WRONG], None: [Content.RIGHT, Content.WRONG]}


def test_a_malformed_message_is_wrong():
    for message in MESSAGES:
        ((_, alternatives),) = Abstraction(complete=True).observe(said(1, "server", message, malformed="why"))
        assert {event.content for event in alternatives} == {Content.WRONG}


@pytest.mark.parametrize(("ticket", "expected"), [(b"", Ticket.EMPTY), (b"x", Ticket.SOME), (None, Ticket.SOME)])
def test_a_ticket_is_empty_or_some(ticket, expected):
    ((_, (event,)),) = Abstraction(complete=True).observe(said(1, "server", "NewSessionTicket", ticket=ticket))
    assert event is Event(sender=SERVER, message=Message.NewSessionTicket, ticket=expected)


def test_the_clients_certificate_is_empty_or_some_and_the_servers_is_not_looked_at():
    observe = Abstraction(complete=True).observe
    found = [
        observe(said(1, sender, "Certificate", certificates=count))[-1][1][0].certificates
        for sender, count in (("client", 0), ("client", 2), ("server", 0))
    ]
    assert found == [Certificates.EMPTY, Certificates.SOME, Certificates.NONE]


@pytest.mark.parametrize(
    ("level", "description", "expected"),
    [(1, 0, Alarm.CLOSE_NOTIFY), (2, 0, Alarm.CLOSE_NOTIFY), (1, 112, Alarm.WARNING), (2, 10, Alarm.UNEXPECTED),
     (2, 50, Alarm.MALFORMED), (2, 51, Alarm.INTEGRITY), (2, 48, Alarm.CERTIFICATE), (2, 40, Alarm.REFUSAL),
     (2, 80, Alarm.INTERNAL), (2, 255, Alarm.REFUSAL)],
)  # fmt: skip
def test_alerts_are_told_by_kind(level, description, expected):
    assert alarm_of(level, description) is expected


def test_an_encrypted_alert_may_be_any():
    ((_, alternatives),) = Abstraction(complete=True).observe(said(1, "client", "Alert", protected=True))
    assert {event.alarm for event in alternatives} == set(Alarm) - {Alarm.NONE}


def test_every_message_keeps_its_sender_and_its_name():
    observe = Abstraction(complete=True).observe
    for sender, party in (("client", CLIENT), ("server", SERVER)):
        for message in MESSAGES:
            *_, (connection, alternatives) = observe(said(5, sender, message))
            assert connection == 5
            assert {(event.sender, event.message.name) for event in alternatives} == {(party, message)}
