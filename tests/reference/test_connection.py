"""reference/connection.py: closing, alerts, renegotiation, and what is left behind by a connection that failed."""

from dataclasses import replace

import pytest
from pairs import ticket_key

from rfc5077.reference.alerts import AlertDescription, AlertLevel, ProtocolError
from rfc5077.reference.connection import AlertReceived, DataReceived, PeerClosed
from rfc5077.reference.handshake.client_flight import ClientHandlers, send_change_cipher_spec
from rfc5077.reference.handshake.client_flight import send_finished as send_client_finished
from rfc5077.reference.handshake.offer import make_client_hello
from rfc5077.reference.handshake.server_flight import ServerHandlers, send_finished, send_ticket
from rfc5077.reference.handshake.server_flight import send_change_cipher_spec as server_change_cipher_spec
from rfc5077.reference.ticket.key_ring import KeyRing
from rfc5077.reference.ticket.store import SessionCache, TicketStore
from rfc5077.reference.wire.messages import Alert, HandshakeType, handshake
from rfc5077.reference.wire.record import ContentType, encode_record


def stored(p):
    return p.client_config.store.find(p.client_config.store_key, p.clock())


# Closing


def test_close_notify_is_answered_and_ends_both_sides(pair):
    p = pair().connect()
    p.client.send(b"bye")
    p.client.close()
    p.exchange()

    assert p.server_events[1:] == [DataReceived(b"bye"), PeerClosed(clean=True)]
    assert (p.client.closed, p.server.closed) == (True, True)
    assert (p.client.receive(b"anything"), p.server.receive(b"anything")) == ([], [])


def test_a_connection_that_was_not_closed_properly_may_be_resumed(pair):
    p = pair().connect()
    events = p.client.end_of_input()

    assert events == [PeerClosed(clean=False)]
    assert p.client.closed
    assert p.connect().client.resumed


def test_sending_before_the_handshake_and_after_the_end_is_an_error_of_the_caller(pair):
    p = pair().open()
    with pytest.raises(RuntimeError, match="not established"):
        p.client.send(b"early")
    p.exchange()
    p.client.close()
    with pytest.raises(RuntimeError, match="closed"):
        p.client.send(b"late")
    with pytest.raises(RuntimeError, match="begun"):
        p.client.start()


def test_large_data_arrives_in_records_of_at_most_16384_octets(pair):
    p = pair().connect()
    p.client.send(bytes(50_000))
    p.exchange()

    assert [len(event.data) for event in p.server_events[1:]] == [16384, 16384, 16384, 848]


# Renegotiation


def test_hello_request_on_an_established_connection_is_declined_by_a_warning(pair):
    p = pair().connect()
    p.server.layer.send_handshake(handshake(HandshakeType.HELLO_REQUEST, b""))
    p.exchange()
    p.client.send(b"still here")
    p.exchange()

    assert p.server_events[1:] == [
        AlertReceived(AlertLevel.WARNING, AlertDescription.NO_RENEGOTIATION),
        DataReceived(b"still here"),
    ]


def test_a_second_client_hello_on_an_established_connection_is_declined_by_a_warning(pair):
    p = pair().connect()
    p.client.layer.send_handshake(handshake(HandshakeType.CLIENT_HELLO, p.client.handshake.client_hello.encode()))
    p.exchange()
    p.server.send(b"still here")
    p.exchange()

    assert p.client_events[1:] == [
        AlertReceived(AlertLevel.WARNING, AlertDescription.NO_RENEGOTIATION),
        DataReceived(b"still here"),
    ]


def test_hello_requests_during_a_handshake_are_ignored_and_not_hashed(pair):
    request = encode_record(ContentType.HANDSHAKE, handshake(HandshakeType.HELLO_REQUEST, b""))
    p = pair().open()
    p.server.receive(p.client.data_to_send())
    p.client.receive(request)
    p.client.receive(p.server.data_to_send())
    p.client.receive(request)
    p.exchange()

    assert p.client.established
    assert p.server.established


# Alerts


def test_a_fatal_alert_ends_the_connection_without_an_answer(pair):
    p = pair().connect()
    p.server.layer.send_alert(Alert(AlertLevel.FATAL, AlertDescription.INTERNAL_ERROR))
    events = p.client.receive(p.server.data_to_send())

    assert events == [AlertReceived(AlertLevel.FATAL, AlertDescription.INTERNAL_ERROR)]
    assert (p.client.closed, p.client.data_to_send()) == (True, b"")


def test_a_warning_ends_nothing_and_unknown_alerts_keep_their_number(pair):
    p = pair().connect()
    p.server.layer.send_alert(Alert(AlertLevel.WARNING, 199))
    events = p.client.receive(p.server.data_to_send())

    assert events == [AlertReceived(AlertLevel.WARNING, 199)]
    assert (events[0].name, p.client.closed) == ("alert 199", False)


@pytest.mark.parametrize(
    ("octets", "alert"),
    [
        (b"", AlertDescription.DECODE_ERROR),
        (b"\x01", AlertDescription.DECODE_ERROR),
        (b"\x01\x00\x00", AlertDescription.DECODE_ERROR),
        (b"\x03\x00", AlertDescription.ILLEGAL_PARAMETER),
    ],
)
def test_a_malformed_alert_is_answered_by_the_alert_for_it(pair, octets, alert):
    p = pair().open()
    with pytest.raises(ProtocolError) as caught:
        p.client.receive(encode_record(ContentType.ALERT, octets))

    assert caught.value.alert is alert
    assert p.client.closed


def test_an_error_queues_its_alert_and_hands_out_what_came_before_it(pair):
    p = pair().connect()
    p.client.send(b"before")
    good = p.client.data_to_send()
    with pytest.raises(ProtocolError) as caught:
        p.server.receive(good + encode_record(ContentType.APPLICATION_DATA, bytes(40)))
    events = p.client.receive(p.server.data_to_send())

    assert p.server.last_events == (DataReceived(b"before"),)
    assert caught.value.alert is AlertDescription.BAD_RECORD_MAC
    assert events == [AlertReceived(AlertLevel.FATAL, AlertDescription.BAD_RECORD_MAC)]
    assert (p.client.closed, p.server.closed) == (True, True)


# What a failure leaves behind


def wrong_finished(p, **client):
    """A connection in which the server's Finished is wrong."""
    good = ServerHandlers()

    def send_wrong(side):
        side.transcript.add(b"spoilt")
        send_finished(side)

    handlers = replace(
        good,
        last_flight=(send_ticket, server_change_cipher_spec, send_wrong),
        resumption_flight=(*good.resumption_flight[:-1], send_wrong),
    )
    with pytest.raises(ProtocolError) as caught:
        p.connect(server={"handlers": handlers}, **client)
    return caught.value.alert


def test_a_client_keeps_no_ticket_when_finished_is_wrong(pair):
    p = pair()

    assert wrong_finished(p) is AlertDescription.DECRYPT_ERROR
    assert p.client.ticket_received
    assert stored(p) is None


def test_a_client_keeps_no_ticket_when_the_connection_ends_before_finished(pair):
    p = pair()
    p.open()
    p.server.receive(p.client.data_to_send())
    p.client.receive(p.server.data_to_send())
    p.server.receive(p.client.data_to_send())
    last = p.server.data_to_send()
    p.client.receive(last[:-45])
    p.client.end_of_input()

    assert p.client.ticket_received
    assert stored(p) is None


def test_a_resumption_that_was_accepted_and_failed_deletes_the_ticket(pair):
    p = pair(server={"renew": "ticket"}).connect()

    assert wrong_finished(p) is AlertDescription.DECRYPT_ERROR
    assert stored(p) is None
    assert p.connect().client.ticket_offered == b""


def test_a_resumption_that_was_accepted_and_broke_off_deletes_the_ticket(pair):
    p = pair(client={"session_id_with_ticket": "fresh"}).connect()
    p.open()
    p.server.receive(p.client.data_to_send())
    p.client.receive(p.server.data_to_send()[:-45])
    p.client.end_of_input()

    assert p.client.resumed
    assert stored(p) is None


def test_a_connection_that_ends_before_any_answer_leaves_the_ticket(pair):
    p = pair().connect()
    p.open()
    p.client.end_of_input()

    assert stored(p) is not None


def test_a_fatal_alert_on_an_established_connection_deletes_the_clients_ticket(pair):
    p = pair().connect()
    p.server.layer.send_alert(Alert(AlertLevel.FATAL, AlertDescription.INTERNAL_ERROR))
    p.client.receive(p.server.data_to_send())

    assert stored(p) is None


def test_a_failure_leaves_the_ticket_of_another_connection_alone(pair):
    p = pair().connect()
    first = p.client
    p.client_config.store.forget(stored(p))
    p.connect()
    newer = stored(p)
    with pytest.raises(ProtocolError):
        first.receive(encode_record(ContentType.APPLICATION_DATA, bytes(40)))

    assert stored(p) == newer


def test_a_rejected_ticket_is_not_offered_again(pair):
    p = pair(server={"reissue": "never"}).connect()
    p.server_config = replace(p.server_config, key_ring=KeyRing((ticket_key(2),)))
    p.connect()

    assert p.connect().client.ticket_offered == b""


def cached(pair):
    return pair(
        client={"tickets": False, "store": TicketStore()},
        server={"session_cache": SessionCache(), "session_id_otherwise": "fresh"},
    )


def test_a_session_is_cached_only_after_the_clients_finished(pair):
    p = cached(pair)

    def send_wrong(side):
        side.transcript.add(b"spoilt")
        send_client_finished(side)

    handlers = replace(ClientHandlers(), full_flight=(*ClientHandlers().full_flight[:-1], send_wrong))
    with pytest.raises(ProtocolError):
        p.connect(client={"handlers": handlers})

    assert len(p.server_config.session_cache) == 0


def test_a_fatal_alert_takes_the_session_out_of_the_cache(pair):
    for resumed in (False, True):
        p = cached(pair).connect()
        if resumed:
            p.connect()
        assert (len(p.server_config.session_cache), p.server.resumed) == (1, resumed)
        with pytest.raises(ProtocolError):
            p.server.receive(encode_record(ContentType.APPLICATION_DATA, bytes(40)))
        assert len(p.server_config.session_cache) == 0


def test_a_failing_resumption_by_ticket_does_not_touch_the_cached_session_its_id_names(pair):
    p = pair(server={"session_cache": SessionCache(), "session_id_when_issuing": "fresh"}).connect()
    named = p.server.session_id
    handlers = replace(
        ClientHandlers(),
        make_client_hello=lambda *arguments: replace(make_client_hello(*arguments), session_id=named),
        resumption_flight=(send_change_cipher_spec, send_change_cipher_spec),
    )
    with pytest.raises(ProtocolError):
        p.connect(client={"handlers": handlers})

    assert p.server.resumed
    assert p.server_config.session_cache.get(named, p.clock()) is not None
