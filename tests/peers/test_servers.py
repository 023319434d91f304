"""Our client at foreign servers: real sockets, a process for each server."""

from dataclasses import replace
from pathlib import Path

import pytest
from peers.stacks import stacks

from rfc5077.properties.matrix import gnutls, nginx, openssl, python_ssl, tlslite_ng
from rfc5077.properties.matrix.dialogue import GREETING, damage_ticket, stored_ticket, visit
from rfc5077.reference.alerts import AlertDescription, ProtocolError
from rfc5077.reference.keys.credentials import TrustAnchors
from rfc5077.reference.tls_socket import PeerAlert

SERVERS = (python_ssl, tlslite_ng, openssl, nginx, gnutls)
TELLING_WHO_THE_CLIENT_IS = (python_ssl, tlslite_ng, openssl, nginx)
WITH_A_SESSION_CACHE = (python_ssl, openssl, gnutls)
REFUSING_THE_ANONYMOUS = (python_ssl, openssl)
TELLING_OF_ALERTS = (python_ssl, tlslite_ng, openssl)


@stacks(*SERVERS)
@pytest.mark.parametrize("session_id", ["empty", "fresh"])
def test_the_second_connection_is_resumed_by_its_ticket(stack, session_id, papers, client_config):
    # R5077-3.2-03, R5077-3.4-03, R5077-3.4-05, R5077-3.4-10
    config = replace(client_config, session_id_with_ticket=session_id)
    with stack.server(papers, papers.ecdsa) as server:
        first, second = visit(server, config), visit(server, config)

    assert (first.connection.resumed, second.connection.resumed) == (False, True)
    assert (first.word.resumed, second.word.resumed) == (False, True)
    assert second.connection.ticket_offered == first.connection.ticket_received != b""
    assert second.connection.peer_certificates == ()
    for each in (first, second):
        assert b"hello" in each.answer
        assert GREETING in each.word.heard


@stacks(*SERVERS)
def test_a_session_under_an_rsa_certificate_is_resumed(stack, papers, client_config):
    with stack.server(papers, papers.rsa) as server:
        first, second = visit(server, client_config), visit(server, client_config)

    assert first.connection.peer_certificates == papers.rsa.credentials.chain
    assert (second.connection.resumed, second.word.resumed) == (True, True)


@stacks(*SERVERS)
def test_a_damaged_ticket_leads_to_a_full_handshake(stack, papers, client_config):
    # R5077-3.2-09, R5077-3.1-19
    with stack.server(papers, papers.ecdsa) as server:
        visit(server, client_config)
        damaged = damage_ticket(client_config)
        second = visit(server, client_config)

    assert second.connection.ticket_offered == damaged
    assert (second.connection.resumed, second.word.resumed) == (False, False)
    assert GREETING in second.word.heard
    assert stored_ticket(client_config.store, client_config) == (second.connection.ticket_received or b"")


@stacks(*SERVERS)
def test_another_servers_ticket_leads_to_a_full_handshake(stack, papers, client_config):
    with stack.server(papers, papers.ecdsa) as server:
        first = visit(server, client_config)
    with stack.server(papers, papers.ecdsa) as server:
        second = visit(server, client_config)

    assert second.connection.ticket_offered == first.connection.ticket_received != b""
    assert (second.connection.resumed, second.word.resumed) == (False, False)
    assert GREETING in second.word.heard


@stacks(*SERVERS)
def test_a_server_with_tickets_off_announces_none(stack, papers, client_config):
    # R5077-3.2-04, R5077-3.1-14
    with stack.server(papers, papers.ecdsa, tickets=False) as server:
        first, second = visit(server, replace(client_config, session_ids=False)), visit(server, client_config)

    for each in (first, second):
        assert (each.connection.ticket_offered, each.connection.ticket_received) == (b"", None)
        assert (each.connection.resumed, each.word.resumed) == (False, False)


@stacks(*SERVERS)
def test_a_client_with_tickets_off_gets_none(stack, papers, client_config):
    # R5077-3.2-05, R5077-3.2-08
    config = replace(client_config, tickets=False, session_ids=False)
    with stack.server(papers, papers.ecdsa) as server:
        first, second = visit(server, config), visit(server, config)

    for each in (first, second):
        assert each.connection.handshake.client_hello.session_ticket is None
        assert each.connection.handshake.server_hello.session_ticket is None
        assert each.connection.ticket_received is None
        assert (each.connection.resumed, each.word.resumed) == (False, False)


@stacks(*WITH_A_SESSION_CACHE)
@pytest.mark.parametrize("off_at", ["server", "client"])
def test_with_tickets_off_a_session_is_resumed_by_its_id(stack, off_at, papers, client_config):
    config = replace(client_config, tickets=off_at != "client")
    with stack.server(papers, papers.ecdsa, tickets=off_at != "server") as server:
        first, second = visit(server, config), visit(server, config)

    assert first.connection.session_id == second.connection.session_id != b""
    assert (second.connection.ticket_offered, second.connection.ticket_received) == (b"", None)
    assert (second.connection.resumed, second.word.resumed) == (True, True)


@stacks(*TELLING_WHO_THE_CLIENT_IS)
def test_the_clients_identity_outlives_the_handshake_that_proved_it(stack, papers, client_config):
    config = replace(client_config, credentials=papers.client.credentials)
    with stack.server(papers, papers.ecdsa, client_auth=True) as server:
        first, second = visit(server, config), visit(server, config)

    assert (second.connection.resumed, second.word.resumed) == (True, True)
    assert (first.word.client, second.word.client) == (papers.client.fingerprint, papers.client.fingerprint)


@stacks(*REFUSING_THE_ANONYMOUS)
def test_a_client_without_the_certificate_that_is_demanded_is_refused(stack, papers, client_config):
    with stack.server(papers, papers.ecdsa, client_auth=True) as server, pytest.raises(PeerAlert) as caught:
        server.connect(client_config)

    assert caught.value.alert.description is AlertDescription.HANDSHAKE_FAILURE


@stacks(*TELLING_OF_ALERTS)
def test_a_certificate_of_a_strangers_is_refused_and_the_server_told(stack, papers, client_config):
    distrustful = replace(client_config, roots=TrustAnchors.from_pem(Path(papers.stranger).read_bytes()))
    with stack.server(papers, papers.ecdsa) as server:
        with pytest.raises(ProtocolError) as caught:
            server.connect(distrustful)
        word = server.word()

    assert caught.value.alert is AlertDescription.UNKNOWN_CA
    assert "unknown" in word.error and "ca" in word.error


@stacks(nginx)
def test_a_ticket_under_a_key_that_is_not_the_first_is_renewed_and_the_new_one_used(stack, papers, client_config):
    # R5077-3.1-12, R5077-3.3-09
    with stack.server(papers, papers.ecdsa, keys=("old",)) as server:
        first = visit(server, client_config)
        server.use_keys("new", "old")
        second = visit(server, client_config)
        server.use_keys("new")
        third = visit(server, client_config)

    assert [each.connection.resumed for each in (first, second, third)] == [False, True, True]
    assert [each.word.resumed for each in (first, second, third)] == [False, True, True]
    assert second.connection.handshake.server_hello.announces_ticket
    assert second.connection.ticket_received not in (None, b"", first.connection.ticket_received)
    assert third.connection.ticket_offered == second.connection.ticket_received
    assert third.connection.ticket_received is None


@stacks(nginx)
def test_a_ticket_whose_key_is_gone_is_replaced(stack, papers, client_config):
    # R5077-3.1-17, R5077-3.1-18
    with stack.server(papers, papers.ecdsa, keys=("old",)) as server:
        first = visit(server, client_config)
        server.use_keys("new")
        second, third = visit(server, client_config), visit(server, client_config)

    assert second.connection.ticket_offered == first.connection.ticket_received
    assert [each.connection.resumed for each in (first, second, third)] == [False, False, True]
    assert third.connection.ticket_offered == second.connection.ticket_received
