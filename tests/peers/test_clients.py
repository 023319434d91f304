"""Foreign clients at our server: real sockets, a process for each client.

The n-th connection of a client is served under the n-th configuration, so that keys change between its connections.
"""

from dataclasses import replace

import pytest
from pairs import ticket_key
from peers.expectations import judge
from peers.stacks import stacks

from rfc5077.properties.matrix import gnutls, openssl, python_ssl, tlslite_ng
from rfc5077.properties.matrix.dialogue import GREETING, OurServer
from rfc5077.properties.matrix.papers import fingerprint
from rfc5077.reference.alerts import AlertDescription
from rfc5077.reference.ticket.key_ring import KeyRing
from rfc5077.reference.ticket.store import SessionCache
from rfc5077.reference.tls_socket import PeerAlert

CLIENTS = (python_ssl, tlslite_ng, openssl, gnutls)
CONNECTING_THRICE = (python_ssl, tlslite_ng, openssl)
ABLE_TO_GO_WITHOUT_TICKETS = (python_ssl, openssl, gnutls)
TELLING_OF_ALERTS = (python_ssl, openssl, gnutls)
OLD, NEW = ticket_key(1), ticket_key(2)


@stacks(*CLIENTS)
@pytest.mark.parametrize("session_id", ["empty", "fresh"])
def test_the_second_connection_is_resumed_by_its_ticket(stack, session_id, papers, server_config):
    # R5077-3.1-10, R5077-3.4-01, R5077-3.4-05
    with OurServer(replace(server_config, session_id_when_issuing=session_id)) as server:
        words = stack.client(papers, server.address, 2, identity=papers.ecdsa)
        first, second = server.calls(2)

    assert (first.offered, second.offered) == (b"", first.connection.ticket_sent)
    assert (first.connection.resumed, second.connection.resumed) == (False, True)
    assert [word.resumed for word in words] == [False, True]
    assert words[-1].heard == GREETING
    assert (first.error, second.error) == (None, None)


@stacks(*CLIENTS)
def test_a_session_under_an_rsa_certificate_is_resumed(stack, papers, server_config):
    with OurServer(replace(server_config, credentials=(papers.rsa.credentials,))) as server:
        words = stack.client(papers, server.address, 2, identity=papers.rsa)
        calls = server.calls(2)

    assert [call.connection.resumed for call in calls] == [word.resumed for word in words] == [False, True]


@stacks(*CONNECTING_THRICE)
def test_a_renewed_ticket_is_taken_and_offered_next(stack, papers, server_config):
    under_old = replace(server_config, key_ring=KeyRing((OLD,)))
    renewing = replace(server_config, key_ring=KeyRing((NEW, OLD)), renew="ticket")
    afterwards = replace(server_config, key_ring=KeyRing((NEW, OLD)))
    with OurServer(under_old, renewing, afterwards) as server:
        words = stack.renewed(papers, server.address, 3, identity=papers.ecdsa)
        first, second, third = server.calls(3)

    assert second.connection.ticket_sent not in (None, b"", first.connection.ticket_sent)
    assert [call.connection.resumed for call in (first, second, third)] == [False, True, True]
    assert [word.resumed for word in words] == [False, True, True]
    offers = {"the old ticket": first.connection.ticket_sent, "the renewed ticket": second.connection.ticket_sent}
    seen = next((f"it offers {name}" for name, ticket in offers.items() if third.offered == ticket), "another ticket")
    judge(stack.NAME, "client", stack.version(), "R5077-3.3-09", third.offered == offers["the renewed ticket"], seen)


@stacks(*CLIENTS)
def test_a_rejected_ticket_leads_to_a_full_handshake(stack, papers, server_config):
    before = replace(server_config, key_ring=KeyRing((OLD,)))
    after = replace(server_config, key_ring=KeyRing((NEW,)))
    with OurServer(before, after) as server:
        words = stack.client(papers, server.address, 2, identity=papers.ecdsa)
        first, second = server.calls(2)

    assert second.offered == first.connection.ticket_sent
    assert second.connection.resumed is False
    kept = second.connection.established and words[1].resumed is False and words[1].heard == GREETING
    for clause in ("R5077-3.1-19", "R5246-7.4.1.3-05"):
        judge(stack.NAME, "client", stack.version(), clause, kept, f"{words[1].error}; we saw {second.error}")


@stacks(*CONNECTING_THRICE)
def test_the_ticket_that_replaces_a_rejected_one_resumes(stack, papers, server_config):
    before = replace(server_config, key_ring=KeyRing((OLD,)))
    after = replace(server_config, key_ring=KeyRing((NEW,)))
    with OurServer(before, after) as server:
        stack.client(papers, server.address, 3, identity=papers.ecdsa)
        _, second, third = server.calls(3)

    replaced = third.offered == second.connection.ticket_sent and third.connection.resumed is True
    judge(stack.NAME, "client", stack.version(), "R5077-3.1-19", replaced, f"the third connection: {third.error}")


@stacks(*CLIENTS)
def test_a_server_with_tickets_off_is_content_with_full_handshakes(stack, papers, server_config):
    # R5077-3.1-14
    with OurServer(replace(server_config, issue="never")) as server:
        words = stack.client(papers, server.address, 2, identity=papers.ecdsa)
        calls = server.calls(2)

    assert [call.connection.ticket_sent for call in calls] == [None, None]
    assert [call.offered for call in calls] == [b"", b""]
    assert [call.connection.resumed for call in calls] == [word.resumed for word in words] == [False, False]


@stacks(*CLIENTS)
def test_a_ticket_of_zero_length_is_nothing_to_offer(stack, papers, server_config):
    with OurServer(replace(server_config, issue="empty")) as server:
        words = stack.client(papers, server.address, 2, identity=papers.ecdsa)
        calls = server.calls(2)

    assert (words[0].resumed, calls[0].connection.ticket_sent) == (False, b"")
    assert not calls[1].offered
    kept = (words[1].resumed, words[1].heard) == (False, GREETING)
    judge(stack.NAME, "client", stack.version(), "R5077-3.3-07c", kept, words[1].error)


@stacks(*ABLE_TO_GO_WITHOUT_TICKETS)
def test_a_client_with_tickets_off_resumes_by_its_session_id(stack, papers, server_config):
    config = replace(server_config, session_cache=SessionCache(), session_id_otherwise="fresh")
    with OurServer(config) as server:
        words = stack.client(papers, server.address, 2, identity=papers.ecdsa, tickets=False)
        first, second = server.calls(2)

    assert (first.offered, second.offered) == (None, None)
    assert second.connection.session_id == first.connection.session_id != b""
    assert (second.connection.ticket_sent, second.connection.handshake.server_hello.session_ticket) == (None, None)
    assert (second.connection.resumed, words[1].resumed) == (True, True)


@stacks(*CLIENTS)
def test_the_clients_identity_outlives_the_handshake_that_proved_it(stack, authority, papers, server_config):
    config = replace(server_config, client_auth="require", client_roots=authority.anchors)
    with OurServer(config) as server:
        words = stack.client(papers, server.address, 2, identity=papers.ecdsa, own=papers.client)
        calls = server.calls(2)

    assert [call.connection.resumed for call in calls] == [word.resumed for word in words] == [False, True]
    shown = [fingerprint(call.connection.peer_certificates[0]) for call in calls]  # some add their root behind it
    assert shown == [papers.client.fingerprint] * 2


@stacks(*CLIENTS)
def test_a_client_that_trusts_others_refuses_our_certificate(stack, papers, server_config):
    with OurServer(server_config) as server:
        (word,) = stack.client(papers, server.address, 1, identity=papers.ecdsa, roots=papers.stranger)

    assert word.resumed is None
    assert stack.MISTRUST in word.error


@stacks(*TELLING_OF_ALERTS)
def test_a_refused_certificate_is_told_by_an_alert(stack, papers, server_config):
    with OurServer(server_config) as server:
        stack.client(papers, server.address, 1, identity=papers.ecdsa, roots=papers.stranger)
        (call,) = server.calls(1)

    assert isinstance(call.error, PeerAlert)
    assert call.error.alert.description in {AlertDescription.UNKNOWN_CA, AlertDescription.BAD_CERTIFICATE}
