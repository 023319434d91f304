"""ALPN, sizes of records, stapled responses: agreed with OpenSSL and GnuTLS, in both roles."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp as ocsp_x509
from peers.s_programs import accepting, s_client, s_server

from rfc5077.properties.matrix import gnutls, openssl
from rfc5077.properties.matrix.dialogue import GREETING, OurServer, open_connection, receive_all
from rfc5077.properties.matrix.process import Child, program
from rfc5077.reference.wire.hello import DOWNGRADE_TO_1_2, ExtensionType

pytestmark = pytest.mark.peer


def sizes(octets: bytes) -> list[int]:
    """The length of every record."""
    found = []
    while octets:
        found.append(int.from_bytes(octets[3:5], "big"))
        octets = octets[5 + found[-1] :]
    return found


def watched(tls) -> bytearray:
    """All octets that arrive from now on."""
    seen, transport = bytearray(), tls.transport

    class Watching:
        def recv(self, count: int) -> bytes:
            octets = transport.recv(count)
            seen.extend(octets)
            return octets

        def __getattr__(self, name: str):
            return getattr(transport, name)

    tls.transport = Watching()
    return seen


# ALPN -----------------------------------------------------------------------------------------------------------------


def test_openssls_server_and_we_agree_on_a_protocol_also_when_resuming(papers, client_config):
    config = replace(client_config, protocols=("h2", "http/1.1"))
    with s_server(papers.ecdsa, "-alpn", "http/1.1") as child:
        address = accepting(child)
        for resumed in (False, True):
            with open_connection(address, config) as tls:
                assert tls.connection.resumed is resumed
                assert tls.completed.protocol == "http/1.1"


def test_openssls_client_and_we_agree_on_a_protocol(papers, server_config):
    with (
        OurServer(replace(server_config, protocols=("h2", "http/1.1"))) as server,
        s_client(papers, server.address, "-alpn", "http/1.1,h2") as child,
    ):
        assert child.line("ALPN protocol: (.*)")[1] == "h2"


def test_openssls_client_understands_that_nothing_is_in_common(papers, server_config):
    with (
        OurServer(replace(server_config, protocols=("h2",))) as server,
        s_client(papers, server.address, "-alpn", "smtp") as child,
    ):
        assert child.line("no application protocol")


# max_fragment_length --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [512, 4096])
def test_openssls_server_keeps_to_the_fragment_length_we_ask_for_also_when_resuming(length, papers, client_config):
    config = replace(client_config, max_fragment_length=length)
    with s_server(papers.ecdsa, "-rev") as child:
        address = accepting(child)
        for resumed in (False, True):
            with open_connection(address, config) as tls:
                assert tls.connection.resumed is resumed
                seen = watched(tls)
                tls.send(b"x" * 3000 + b"\n")
                assert receive_all(tls, 3001) == b"x" * 3000 + b"\n"
                assert tls.connection.handshake.server_hello.extension(ExtensionType.MAX_FRAGMENT_LENGTH)
                assert max(sizes(bytes(seen))) <= length + 24


def test_openssls_client_gets_the_fragment_length_it_asks_for_also_when_resuming(papers, server_config, tmp_path):
    session = tmp_path / "session.pem"
    with OurServer(server_config) as server:
        for use in ("-sess_out", "-sess_in"):
            with s_client(papers, server.address, "-maxfraglen", "512", use, str(session)) as child:
                child.line(openssl.DECIDED)
                child.say(GREETING.decode().strip())
                assert child.line(f"^{GREETING.decode().strip()}$")
        calls = server.calls(2)

    assert [call.connection.resumed for call in calls] == [False, True]
    assert [call.connection.session.fragment_code for call in calls] == [1, 1]


# record_size_limit ----------------------------------------------------------------------------------------------------


def test_gnutls_server_heeds_our_record_size_limit_also_when_resuming(papers, client_config):
    config = replace(client_config, record_size_limit=600)
    with gnutls.server(papers, papers.ecdsa) as server:
        for resumed in (False, True):
            with server.connect(config) as tls:
                assert tls.connection.resumed is resumed
                assert tls.connection.handshake.server_hello.extension(ExtensionType.RECORD_SIZE_LIMIT)
                seen = watched(tls)
                line = b"y" * 1000 + b"\n"
                tls.send(line)
                assert receive_all(tls, len(line)) == line
                assert max(sizes(bytes(seen))) <= 600 + 24


def test_gnutls_client_and_we_agree_on_record_sizes(papers, server_config):
    with OurServer(replace(server_config, record_size_limit=700)) as server:
        words = gnutls.client(papers, server.address, 2, identity=papers.ecdsa)
        calls = server.calls(2)

    assert [word.resumed for word in words] == [False, True]
    for call in calls:
        assert call.error is None
        assert call.connection.handshake.server_hello.extension(ExtensionType.RECORD_SIZE_LIMIT)
        assert call.connection.layer._sending <= 16384


# status_request -------------------------------------------------------------------------------------------------------


def response(authority, papers, by=ocsp_x509.OCSPResponderEncoding.HASH, enclosed: bool = True) -> bytes:
    """A real response of the authority: the server's certificate is good.

    `by` says how the signer is named, `enclosed` whether its certificate is in it.
    """
    own = x509.load_der_x509_certificate(papers.ecdsa.credentials.chain[0])
    issuer = x509.load_der_x509_certificate(authority.certificate)
    now, good = datetime.now(UTC), ocsp_x509.OCSPCertStatus.GOOD
    builder = ocsp_x509.OCSPResponseBuilder().add_response(
        own, issuer, hashes.SHA1(), good, now - timedelta(hours=1), now + timedelta(days=1), None, None
    )
    builder = builder.responder_id(by, issuer)
    builder = builder.certificates([issuer]) if enclosed else builder
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


@pytest.fixture(scope="module")
def ocsp(authority, papers) -> bytes:
    return response(authority, papers)


def test_what_openssls_server_staples_reaches_our_user(papers, client_config, ocsp, tmp_path):
    path = tmp_path / "response.der"
    path.write_bytes(ocsp)
    with (
        s_server(papers.ecdsa, "-status_file", str(path)) as child,
        open_connection(accepting(child), replace(client_config, status_request=True)) as tls,
    ):
        assert tls.connection.certificate_status == ocsp


def test_openssls_client_reads_what_we_staple(papers, server_config, ocsp):
    with (
        OurServer(replace(server_config, ocsp_responses=(ocsp, b""))) as server,
        s_client(papers, server.address, "-status") as child,
    ):
        assert child.line("OCSP Response Status: successful")
        assert re.search("good", child.line("Cert Status:").string)


def test_gnutls_client_trusts_by_what_we_staple(papers, server_config, ocsp):
    with OurServer(replace(server_config, ocsp_responses=(ocsp, b""))) as server:
        (word,) = gnutls.client(papers, server.address, 1, identity=papers.ecdsa)
        (call,) = server.calls(1)

    assert (word.resumed, word.error, call.error) == (False, None, None)
    assert call.connection.handshake.server_hello.extension(ExtensionType.STATUS_REQUEST) == b""


def verdict_of_gnutls(papers, address) -> str:
    """What gnutls-cli says of the server's certificate, and of the response with it."""
    command = [program("gnutls-cli", gnutls.PACKAGE), "--port", str(address[1]), "--priority", gnutls.TLS_1_2]
    with Child(*command, "--x509cafile", papers.roots, "--verify-hostname", "localhost", address[0]) as child:
        return child.line("- Status: (.*)")[1]


@pytest.mark.parametrize(
    ("by", "enclosed", "trusted"),
    [
        (ocsp_x509.OCSPResponderEncoding.HASH, True, True),
        (ocsp_x509.OCSPResponderEncoding.NAME, False, True),
        # GnuTLS finds a signer that is named by the hash of its key only among certificates that were sent.
        (ocsp_x509.OCSPResponderEncoding.HASH, False, False),
    ],
)
def test_gnutls_client_judges_a_response_alike_whether_we_staple_it_or_openssl(
    by, enclosed, trusted, authority, papers, server_config, tmp_path
):
    path, stapled = tmp_path / "response.der", response(authority, papers, by, enclosed)
    path.write_bytes(stapled)
    with OurServer(replace(server_config, ocsp_responses=(stapled, b""))) as server:
        ours = verdict_of_gnutls(papers, server.address)
        server.calls(1)
    with s_server(papers.ecdsa, "-status_file", str(path)) as child:
        theirs = verdict_of_gnutls(papers, accepting(child))

    assert ours == theirs
    assert ("The certificate is trusted" in ours) is trusted
    assert ("OCSP status response is invalid" in ours) is not trusted


def test_gnutls_client_looks_at_what_we_staple(papers, server_config, ocsp):
    broken = ocsp[:-1] + bytes((ocsp[-1] ^ 1,))
    with OurServer(replace(server_config, ocsp_responses=(broken, b""))) as server:
        (word,) = gnutls.client(papers, server.address, 1, identity=papers.ecdsa)
        server.calls(1)

    assert word.error is not None


# TLS 1.3 -------------------------------------------------------------------------------------------------------------


def test_openssls_client_that_prefers_tls_1_3_goes_on_in_tls_1_2_and_resumes(papers, server_config, tmp_path):
    session = tmp_path / "session.pem"
    command = [program("openssl", "openssl"), "s_client", "-CAfile", papers.roots, "-verify_return_error"]
    with OurServer(server_config) as server:
        for use in ("-sess_out", "-sess_in"):
            to = f"{server.address[0]}:{server.address[1]}"
            with Child(*command, "-servername", "localhost", "-connect", to, use, str(session)) as child:
                child.line(openssl.DECIDED)
                child.say(GREETING.decode().strip())
                assert child.line(f"^{GREETING.decode().strip()}$")
        calls = server.calls(2)

    assert [call.connection.resumed for call in calls] == [False, True]
    assert all(0x0304 in call.connection.handshake.client_hello.supported_versions for call in calls)


def test_openssls_server_that_speaks_tls_1_3_too_marks_its_random_and_resumes_us(papers, client_config):
    command = [program("openssl", "openssl"), "s_server", "-accept", "127.0.0.1:0"]
    with Child(*command, "-cert", papers.ecdsa.certificate, "-key", papers.ecdsa.key) as child:
        address = accepting(child)
        for resumed in (False, True):
            with open_connection(address, client_config) as tls:
                assert tls.connection.resumed is resumed
                assert tls.connection.handshake.server_hello.random.endswith(DOWNGRADE_TO_1_2)


# Key logs -------------------------------------------------------------------------------------------------------------


def test_openssl_logs_the_same_secrets_as_we_do(papers, server_config, tmp_path):
    ours, theirs = [], tmp_path / "keys"
    with OurServer(replace(server_config, key_log=ours.append)) as server:
        with s_client(papers, server.address, "-keylogfile", str(theirs)) as child:
            child.line(openssl.DECIDED)
        assert server.calls(1)[0].error is None

    assert [line.lower() for line in theirs.read_text().splitlines() if line[0] != "#"] == [ours[0].lower()]
