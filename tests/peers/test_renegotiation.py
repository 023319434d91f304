"""Secure renegotiation with OpenSSL and GnuTLS: both roles, both wishes, full and abbreviated."""

from dataclasses import replace

import pytest
from peers.s_programs import accepting, s_client, s_server

from rfc5077.properties.matrix import gnutls, openssl
from rfc5077.properties.matrix.dialogue import open_connection, receive_all
from rfc5077.properties.matrix.process import Child, program
from rfc5077.reference.io import Server, listen
from rfc5077.reference.tls_socket import PeerAlert

pytestmark = pytest.mark.peer


def wish(child, tls, command: str) -> None:
    """Lets s_server ask for a further handshake, and carries it out."""
    child.say(command)
    while not tls.completed.renegotiated:
        tls._pump()


@pytest.fixture(params=["full", "abbreviated"])
def client(request, client_config):
    """A configuration of ours, and whether its further handshakes are abbreviated."""
    config = replace(client_config, renegotiation="any")
    return (config, True) if request.param == "abbreviated" else (replace(config, store=None), False)


def test_openssls_server_follows_our_wish(papers, client):
    config, resumed = client
    with s_server(papers.ecdsa, "-client_renegotiation") as child, open_connection(accepting(child), config) as tls:
        again = tls.renegotiate()
        tls.send(b"anew\n")

        assert (again.renegotiated, again.resumed) == (True, resumed)
        assert child.line("^anew$")
        child.say("as well")
        assert receive_all(tls, 8) == b"as well\n"


def test_openssls_server_declines_our_wish_and_goes_on(papers, client_config):
    config = replace(client_config, renegotiation="any")
    with s_server(papers.ecdsa) as child, open_connection(accepting(child), config) as tls:
        assert tls.renegotiate() is None
        tls.send(b"as before\n")
        assert child.line("^as before$")


def test_we_follow_the_wish_of_openssls_server(papers, client):
    config, resumed = client
    with s_server(papers.ecdsa) as child, open_connection(accepting(child), config) as tls:
        wish(child, tls, "r")
        child.say("after that")
        assert receive_all(tls, 11) == b"after that\n"
        assert (tls.completed.renegotiated, tls.completed.resumed) == (True, resumed)


def test_openssls_server_asks_for_our_certificate_the_second_time(papers, client_config, client_credentials):
    config = replace(client_config, renegotiation="any", credentials=client_credentials, store=None)
    with s_server(papers.ecdsa, "-CAfile", papers.roots) as child, open_connection(accepting(child), config) as tls:
        wish(child, tls, "R")
        child.say("after that")
        assert receive_all(tls, 11) == b"after that\n"
        assert (tls.completed.renegotiated, tls.completed.resumed) == (True, False)
        assert tls.connection.session.client_identity == client_credentials.chain


def test_openssls_server_gives_up_when_we_decline_its_wish(papers, client_config):
    with s_server(papers.ecdsa) as child, open_connection(accepting(child), client_config) as tls:
        child.say("r")
        with pytest.raises(PeerAlert, match="handshake_failure"):
            tls.recv()
        assert child.line("no renegotiation")


def test_openssls_client_negotiates_anew_with_us(papers, server_config):
    ends = []
    handshakes = []

    def handler(tls):
        while data := tls.recv():
            handshakes.append((tls.completed.renegotiated, bool(tls.connection.ticket_sent)))
            tls.send(data)

    config = replace(server_config, renegotiation="any")
    with (
        Server(listen(), config, handler, report=lambda tls, error: ends.append(error)) as server,
        s_client(papers, server.address) as child,
    ):
        child.line(openssl.DECIDED)
        child.say("first")
        child.line("^first$")
        child.say("R")
        child.line("RENEGOTIATING")
        child.say("second")
        child.line("^second$")

    assert handshakes == [(False, True), (True, True)]


def test_openssls_client_follows_our_wish(papers, server_config):
    again = []

    def handler(tls):
        tls.recv()
        again.append(tls.renegotiate())
        tls.send(b"anew\n")
        tls.recv()

    config = replace(server_config, renegotiation="own")
    with Server(listen(), config, handler) as server, s_client(papers, server.address) as child:
        child.line(openssl.DECIDED)
        child.say("first")
        child.line("^anew$")

    assert [(each.renegotiated, each.resumed) for each in again] == [(True, True)]  # by the ticket of the first


def test_openssls_client_learns_that_we_decline(papers, server_config):
    with Server(listen(), server_config) as server, s_client(papers, server.address) as child:
        child.line(openssl.DECIDED)
        child.say("R")
        assert child.line("no renegotiation")


def test_gnutls_client_negotiates_anew_with_us(papers, server_config):
    handshakes = []

    def handler(tls):
        while data := tls.recv():
            handshakes.append(tls.completed.renegotiated)
            tls.send(data)

    config = replace(server_config, renegotiation="any")
    command = [program("gnutls-cli", gnutls.PACKAGE), "--priority", gnutls.TLS_1_2, "--rehandshake"]
    command += ["--x509cafile", papers.roots, "--sni-hostname", "localhost", "--verify-hostname", "localhost"]
    with (
        Server(listen(), config, handler) as server,
        Child(*command, "--port", str(server.address[1]), server.address[0]) as child,
    ):
        child.line("ReHandshake was completed")
        child.say("anew")
        child.line("^anew$")

    assert handshakes == [True]


# A server of GnuTLS 3.7.9 takes a ticket in a renegotiation too, and ends it by internal_error after its own Finished,
# before ours has come; so only full ones are asked of it here.


def test_gnutls_server_follows_our_wish(papers, client_config):
    config = replace(client_config, renegotiation="any", store=None)
    with gnutls.server(papers, papers.ecdsa) as server, server.connect(config) as tls:
        again = tls.renegotiate()
        assert server.talk(tls)
        assert (again.renegotiated, again.resumed) == (True, False)


def test_we_follow_the_wish_of_gnutls_server(papers, client_config):
    config = replace(client_config, renegotiation="any", store=None)
    with gnutls.server(papers, papers.ecdsa) as server, server.connect(config) as tls:
        tls.send(b"**REHANDSHAKE**\n")
        while not tls.completed.renegotiated:
            tls._pump()
        assert server.talk(tls)
