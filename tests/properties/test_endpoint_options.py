"""What `serve` and `connect` may be told about handshakes, and what they say came of it."""

import json
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace

import pytest

from rfc5077.properties.cli.endpoint_choices import choices_of
from rfc5077.properties.cli.main import run
from rfc5077.properties.cli.session_file import load_session, save_session
from rfc5077.reference.connection import DEFAULT_CLIENT_HANDLERS, ClientConnection
from rfc5077.reference.handshake.config import ClientConfig
from rfc5077.reference.handshake.offer import make_client_hello
from rfc5077.reference.io import system_clock
from rfc5077.reference.keys.exchange import system_entropy
from rfc5077.reference.keys.suites import SUITES
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.ticket.store import StoredTicket
from rfc5077.reference.tls_socket import TLSSocket
from rfc5077.reference.wire.hello import ExtensionType, server_name_body

GCM, CHACHA = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"


def refused(capsys, *arguments: str) -> str:
    """The one line on stderr of a command that cannot do what it was told."""
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err.removeprefix("rfc5077: ").removesuffix("\n")


@pytest.fixture(scope="module")
def papers(tmp_path_factory, authority):
    """The root, and what it issued to a server, to a client, and to one long ago."""
    folder = tmp_path_factory.mktemp("papers")
    (folder / "root.pem").write_text(authority.pem)
    for name, own in (
        ("server", authority.issue("localhost")),
        ("client", authority.issue("client.example")),
        ("late", authority.issue("client.example", days=-1500)),
    ):
        (folder / f"{name}.pem").write_bytes(own.chain_pem())
        (folder / f"{name}.key").touch(mode=0o600)
        (folder / f"{name}.key").write_bytes(own.key_pem())
    return folder


def own(papers, name: str) -> list[str]:
    return ["--cert", str(papers / f"{name}.pem"), "--key", str(papers / f"{name}.key")]


class Serving:
    """`rfc5077 serve` as a process."""

    def __init__(self, *options: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        command = [sys.executable, "-m", "rfc5077", "serve", "--port", str(self.port), *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout.readline().startswith("listening on ")

    @property
    def place(self) -> str:
        return f"localhost:{self.port}"

    def said(self) -> str:
        """The next line about a handshake, without the client's address."""
        return self.process.stdout.readline().partition(": ")[2].removesuffix("\n")

    def refusal(self) -> str:
        """The same of one that failed."""
        return self.process.stderr.readline().partition(": no handshake: ")[2].removesuffix("\n")


@pytest.fixture(scope="module")
def server(papers):
    """One that speaks two protocols and one suite, and asks clients who they are."""
    asks = ["--client-ca", str(papers / "root.pem"), "--client-auth", "request"]
    serving = Serving(*own(papers, "server"), *asks, "--alpn", "h2,http/1.1", "--suites", GCM)
    with serving.process:
        yield serving
        serving.process.terminate()


@pytest.fixture
def connect(capsys, server, papers):
    """What `connect` says to that server."""

    def say(*options: str) -> str:
        assert run(["connect", server.place, "--ca", str(papers / "root.pem"), *options]) == 0
        return capsys.readouterr().out.removesuffix("\n")

    return say


# Between our own


def test_both_sides_say_the_protocol_and_the_suite_that_they_chose_from(server, connect):
    assert connect("--alpn", "http/1.1,h2", "--suites", f"{CHACHA},{GCM.lower()}") == (
        f"full handshake, with a new ticket, protocol h2, {GCM}, no certificate shown"
    )
    assert server.said() == (
        f"full handshake, with a new ticket, protocol h2, {GCM}, asked for localhost, no client certificate"
    )


def test_a_client_that_knows_no_protocols_is_served_without(server, connect):
    assert connect() == "full handshake, with a new ticket, no certificate shown"
    assert "no protocol" in server.said()


def test_no_protocol_in_common_is_said_on_both_sides(capsys, server):
    line = refused(capsys, "connect", server.place, "--insecure", "--alpn", "spdy/1")

    assert line.endswith("by the fatal alert no_application_protocol. It speaks none of those of --alpn")
    assert server.refusal().startswith("no_application_protocol: ")


def test_a_client_shows_its_certificate_and_is_known_by_it_again(server, connect, papers, tmp_path):
    mine, file = own(papers, "client"), str(tmp_path / "session")

    assert connect(*mine, "--save", file).endswith("certificate shown")
    assert connect(*mine, "--resume", file) == "resumed handshake, without a new ticket"
    assert [server.said()[-26:] for _ in range(2)] == [", client CN=client.example"] * 2


def test_a_certificate_out_of_its_time_is_told_before_and_after(capsys, server, papers):
    assert run(["connect", server.place, "--insecure", *own(papers, "late")]) == 2
    warning, refusal = capsys.readouterr().err.splitlines()

    assert warning.endswith("late.pem is out of its time, and peers that look will refuse it")
    assert refusal.endswith("refused our certificate by the fatal alert certificate_expired")
    assert server.refusal() == "certificate_expired: a certificate is out of its time (RFC 5246, 7.2.2)"


def test_a_session_is_resumed_by_who_got_it_alone(capsys, server, connect, papers, tmp_path):
    file = str(tmp_path / "session")
    connect(*own(papers, "client"), "--save", file)
    line = refused(capsys, "connect", server.place, "--ca", str(papers / "root.pem"), "--resume", file)

    assert "kept under other trust. Give the same --ca or --insecure, and the same --cert, as then" in line
    server.said()


def test_an_agreed_size_of_records_is_said_kept_and_resumed(server, connect, tmp_path):
    small, file = ("--max-fragment-length", "512"), str(tmp_path / "session")
    full, resumed = connect(*small, "--save", file), connect(*small, "--resume", file)

    assert "records of 512 octets at most" in full
    assert resumed == "resumed handshake, without a new ticket, records of 512 octets at most"
    assert json.loads((tmp_path / "session").read_text())["max_fragment_length"] == 512
    assert [server.said().split(",")[0] for _ in range(2)] == ["full handshake", "resumed handshake"]


def test_a_name_is_asked_for_at_another_address(server, papers, capsys):
    place, name = f"127.0.0.1:{server.port}", ["--server-name", "localhost"]
    assert run(["connect", place, *name, "--ca", str(papers / "root.pem")]) == 0
    assert "asked for localhost" in server.said()


@contextmanager
def started(*options: str):
    """`serve` with these options, with a certificate of its own making."""
    serving = Serving(*options)
    with serving.process:
        yield serving
        serving.process.terminate()


def test_without_tickets_sessions_are_resumed_by_id(capsys, tmp_path):
    file = tmp_path / "session"
    with started("--no-tickets") as serving:
        assert run(["connect", serving.place, "--insecure", "--save", str(file)]) == 0
        assert run(["connect", serving.place, "--insecure", "--resume", str(file)]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines == ["full handshake, without a new ticket", "resumed handshake, without a new ticket"]
    assert json.loads(file.read_text())["ticket"] == ""


@pytest.fixture(scope="module")
def old():
    """A server that does not know RFC 7627."""
    with started("--no-ems", "--lifetime", "60") as serving:
        yield serving.place


def test_a_session_without_extended_master_secret_is_resumed_where_neither_side_wants_one(capsys, old, tmp_path):
    file = str(tmp_path / "session")
    assert run(["connect", old, "--insecure", "--save", file]) == 0
    assert run(["connect", old, "--insecure", "--no-ems", "--resume", file]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "resumed handshake, without a new ticket"
    line = refused(capsys, "connect", old, "--insecure", "--resume", file)

    assert line.endswith("was made without an extended master secret. Give --no-ems")


def test_a_session_is_kept_no_longer_than_the_server_says(old, tmp_path):
    assert run(["connect", old, "--insecure", "--save", str(tmp_path / "session")]) == 0

    kept = load_session(tmp_path / "session")
    assert kept.expires_at - kept.received_at == 60


def test_a_server_has_a_certificate_of_each_kind(papers, rsa_credentials, tmp_path, capsys):
    files = [tmp_path / "rsa.pem", tmp_path / "rsa.key"]
    for file, octets in zip(files, (rsa_credentials.chain_pem(), rsa_credentials.key_pem()), strict=True):
        file.touch(mode=0o600)
        file.write_bytes(octets)
    with started(*own(papers, "server"), "--cert", str(files[0]), "--key", str(files[1])) as serving:
        for suite in (GCM, GCM.replace("ECDSA", "RSA"), "TLS_RSA_WITH_AES_256_CBC_SHA256"):
            assert run(["connect", serving.place, "--ca", str(papers / "root.pem"), "--suites", suite]) == 0
            assert capsys.readouterr().out == f"full handshake, with a new ticket, {suite}\n"


def test_a_server_is_told_that_clients_with_certificates_are_not_resumed_without_a_context(capsys, papers, tmp_path):
    keys = str(tmp_path / "keys")
    run(["ticket", "keygen", keys])
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        run(["serve", "--port", port, "--client-ca", str(papers / "root.pem"), "--ticket-keys", keys])

    assert "without --context no session of a client with a certificate is resumed" in capsys.readouterr().err


# With others


def test_a_foreign_client_gets_the_protocol_and_is_named(server, papers):
    context = ssl.create_default_context(cafile=papers / "root.pem")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(papers / "client.pem", papers / "client.key")
    with (
        socket.create_connection(("127.0.0.1", server.port)) as transport,
        context.wrap_socket(transport, server_hostname="localhost") as tls,
    ):
        assert tls.selected_alpn_protocol() == "http/1.1"

    assert server.said() == (
        f"full handshake, with a new ticket, protocol http/1.1, {GCM}, asked for localhost, client CN=client.example"
    )


@pytest.fixture
def strict(papers):
    """A server of OpenSSL's that lets nobody in without a certificate, once; its port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=papers / "root.pem")
    context.maximum_version, context.verify_mode = ssl.TLSVersion.TLSv1_2, ssl.CERT_REQUIRED
    context.load_cert_chain(papers / "server.pem", papers / "server.key")
    context.set_alpn_protocols(["h2"])

    def serve():
        peer, _ = listener.accept()
        with context.wrap_socket(peer, server_side=True, do_handshake_on_connect=False) as tls:
            try:
                tls.do_handshake()
            except ssl.SSLError:
                while socket.socket.recv(tls, 4096):  # what the client has sent already; then it has read the alert
                    pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)


def test_a_foreign_server_takes_our_certificate(capsys, strict, papers):
    mine = own(papers, "client")
    assert run(["connect", f"localhost:{strict}", "--ca", str(papers / "root.pem"), *mine, "--alpn", "h2"]) == 0
    assert capsys.readouterr().out == "full handshake, with a new ticket, protocol h2, certificate shown\n"


def test_who_has_no_certificate_is_told_what_is_missing(capsys, strict):
    line = refused(capsys, "connect", f"localhost:{strict}", "--insecure")
    assert line.endswith("It asked for a certificate and got none: name one that it takes with --cert and --key")


# What cannot be meant, and what is not offered


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--suites", "ECDHE-ECDSA-AES128-GCM-SHA256"), f"did you mean {GCM}?"),
        (("--suites", "TLS_AES_128_GCM_SHA256"), "no cipher suite TLS_AES_128_GCM_SHA256; did you mean TLS_RSA_WITH_"),
        (("--suites", "?"), "no cipher suite ?; did you mean TLS_"),
        (("--suites", f"{GCM},"), "is no list of names of a cipher suite"),
        (("--groups", "secp256k1"), "no curve SECP256K1; did you mean SECP256R1?"),
        (("--alpn", "h2,"), "--alpn: '' is not of 1 to 255 ASCII characters"),
        (("--alpn", "a" * 256), "is not of 1 to 255 ASCII characters"),
        (("--alpn", ",".join(["abcdefghi"] * 60)), "60 names of more than 512 octets in all"),
        (("--max-fragment-length", "500"), "'500' is not one of '512'"),
        (("--cert", "mine.pem"), "--cert and --key belong together"),
        (("--server-name", "a b"), "a b cannot be asked for"),
    ],
)
def test_what_a_client_cannot_be_told_is_one_line(capsys, arguments, said):
    assert said in refused(capsys, "connect", "localhost:1", "--insecure", *arguments)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--client-auth", "require"), "--client-auth needs roots to check clients by. Name them with --client-ca"),
        (("--client-auth", "perhaps"), "'perhaps' is not one of 'request', 'require'"),
        (("--client-ca", "{server.key}"), "server.key holds no PEM text with a certificate"),
        (("--cert", "{server.pem}", "--key", "{client.key}"), "does not belong to the certificate of"),
        (("--suites", "TLS_RSA_WITH_AES_128_CBC_SHA"), "none of the cipher suites is for a certificate with a key for"),
        (("--lifetime", "0"), "--lifetime"),
        (("--cert", "{server.pem}", "--key", "{server.key}") * 2, "['ECDSA', 'ECDSA'] has two of one kind"),
        (("--cert", "{server.pem}", "--key", "{server.key}", "--key", "x"), "--cert and --key belong together"),
    ],
)
def test_what_a_server_cannot_be_told_is_one_line(capsys, papers, arguments, said):
    files = (str(papers / word[1:-1]) if word.startswith("{") else word for word in arguments)
    assert said in refused(capsys, "serve", "--port", "1", *files)


def kept_session(**changes) -> StoredTicket:
    """A session as an insecure client keeps one of localhost."""
    fields = {"suite": 0xC02B, "ems": True, "fragment_code": 0} | changes
    session = Session(0x0303, master_secret=bytes(48), server_name="localhost", client_identity=(), created=0, **fields)
    return StoredTicket(ClientConfig("localhost", insecure=True).store_key, b"ticket", session, 0, 2.0**39)


@pytest.mark.parametrize(
    ("changes", "options", "said"),
    [
        ({}, ("--suites", CHACHA), f"has the suite {GCM}. Name it in --suites too"),
        ({}, ("--no-ems",), "was made with an extended master secret. Leave --no-ems out"),
        ({"ems": False}, (), "was made without an extended master secret. Give --no-ems"),
        ({"fragment_code": 2}, (), "has records of 1024 octets. Give --max-fragment-length 1024"),
        ({}, ("--no-tickets",), "has a ticket. Leave --no-tickets out"),
        ({}, ("--server-name", "other.example"), "was kept for localhost, not for other.example"),
    ],
)
def test_why_a_session_is_not_offered_is_said_before_anything_is_sent(capsys, tmp_path, changes, options, said):
    save_session(tmp_path / "kept", kept_session(**changes))
    line = refused(capsys, "connect", "localhost:1", "--insecure", "--resume", str(tmp_path / "kept"), *options)

    assert said in line


@pytest.mark.parametrize("suite", SUITES)
def test_every_suite_has_a_name_to_be_asked_by(suite):
    assert choices_of(None, SUITES[suite].name, None, False).suites == (suite,)


# Help and lines


@pytest.mark.parametrize("verb", ["serve", "connect"])
def test_help_is_in_panels_and_fits_a_screen(capsys, verb):
    assert run([verb, "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()

    panels = [line for line in lines if line.endswith(":") and not line.startswith(" ")]
    assert panels[-5:] == ["Where:", "Who:", "Sessions:", "Handshake:", "Options:"]
    assert len(lines) <= 50


def test_what_others_send_begins_no_line(server):
    name = "a.example\n\x1b[2jfull handshake"

    def odd_hello(config, offer, entropy):
        made = make_client_hello(config, offer, entropy)
        others = tuple(each for each in made.extensions if each[0] != ExtensionType.SERVER_NAME)
        return replace(made, extensions=((ExtensionType.SERVER_NAME, server_name_body(name)), *others))

    handlers = replace(DEFAULT_CLIENT_HANDLERS, make_client_hello=odd_hello)
    config = ClientConfig("localhost", insecure=True)
    client = ClientConnection(config, system_clock, system_entropy, handlers=handlers)
    with TLSSocket(socket.create_connection(("127.0.0.1", server.port), 10), client) as tls:
        tls.handshake()

    assert "asked for a.example\\n\\x1b[2jfull handshake, " in server.said()
