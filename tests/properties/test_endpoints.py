"""`serve` and `connect`: what they say, and what they say when there is nobody to talk to."""

import json
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from rfc5077.properties.cli.diagnosis import diagnosis
from rfc5077.properties.cli.main import run
from rfc5077.reference.alerts import ProtocolError
from rfc5077.reference.io import new_self_signed

COMMAND = [sys.executable, "-m", "rfc5077"]


@pytest.fixture
def server():
    """Our own `serve` as a process; its port."""
    process = subprocess.Popen([*COMMAND, "serve", "--listen", free()], stdout=subprocess.PIPE, text=True)
    try:
        said = process.stdout.readline()
        yield int(re.match(r"listening on 127\.0\.0\.1:(\d+)", said).group(1))
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
    assert process.returncode == 130


def free() -> str:
    """A port that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@contextmanager
def talker(talk):
    """A TCP server that treats its one connection as told; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            peer, _ = listener.accept()
            with peer:
                talk(peer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)


def refused(capsys, *arguments: str) -> str:
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("rfc5077: ")
    assert err.count("\n") == 1
    return err


def test_a_kept_session_is_resumed(capsys, server, tmp_path):
    file = tmp_path / "session.json"
    assert run(["connect", f"localhost:{server}", "--insecure", "--save", str(file)]) == 0
    assert run(["connect", f"localhost:{server}", "--insecure", "--resume", str(file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["full handshake, with a new ticket", "resumed handshake, without a new ticket"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text())["schema"] == "rfc5077/session/1"


def test_a_session_is_not_offered_elsewhere(capsys, server, tmp_path):
    file = tmp_path / "session.json"
    run(["connect", f"localhost:{server}", "--insecure", "--save", str(file)])
    capsys.readouterr()
    line = refused(capsys, "connect", f"127.0.0.1:{server}", "--insecure", "--resume", str(file))
    assert "kept for localhost" in line
    pem = tmp_path / "roots.pem"
    pem.write_bytes(new_self_signed("localhost").chain_pem())
    line = refused(capsys, "connect", f"localhost:{server}", "--ca", str(pem), "--resume", str(file))
    assert "kept under other trust" in line


def test_a_session_past_its_time_is_refused(capsys, server, tmp_path):
    file = tmp_path / "session.json"
    run(["connect", f"localhost:{server}", "--insecure", "--save", str(file)])
    capsys.readouterr()
    file.write_text(json.dumps({**json.loads(file.read_text()), "expires_at": 1}))
    line = refused(capsys, "connect", f"localhost:{server}", "--insecure", "--resume", str(file))
    assert "over its time" in line


def test_a_bad_session_file_is_refused_before_anything_is_sent(capsys, tmp_path):
    (tmp_path / "s.json").write_text("{}")
    line = refused(capsys, "connect", "localhost:9", "--insecure", "--resume", str(tmp_path / "s.json"))
    assert 'is no session file: its "schema"' in line


def test_an_untrusted_certificate_is_refused_with_advice(capsys, server, tmp_path):
    pem = tmp_path / "roots.pem"
    pem.write_bytes(new_self_signed("localhost").chain_pem())
    line = refused(capsys, "connect", f"localhost:{server}", "--ca", str(pem))
    assert "is not trusted" in line
    assert "--insecure" in line


def test_a_trusted_certificate_is_taken(capsys, tmp_path):
    own = new_self_signed("localhost")
    (tmp_path / "cert.pem").write_bytes(own.chain_pem())
    (tmp_path / "key.pem").write_bytes(own.key_pem())
    given = ["--cert", str(tmp_path / "cert.pem"), "--key", str(tmp_path / "key.pem")]
    process = subprocess.Popen([*COMMAND, "serve", "--port", free(), *given], stdout=subprocess.PIPE, text=True)
    try:
        port = re.search(r":(\d+)", process.stdout.readline()).group(1)
        assert run(["connect", f"localhost:{port}", "--ca", str(tmp_path / "cert.pem")]) == 0
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
    assert capsys.readouterr().out == "full handshake, with a new ticket\n"


@pytest.mark.parametrize("key", [ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP384R1())])
def test_certificates_of_other_kinds_serve_and_are_trusted(capsys, authority, tmp_path, key):
    own, paths = authority.issue("localhost", key=key), [tmp_path / name for name in ("crt", "key", "ca")]
    for path, octets in zip(paths, (own.chain_pem(), own.key_pem(), authority.pem.encode()), strict=True):
        path.write_bytes(octets)
    port = free()
    command = [*COMMAND, "serve", "--listen", port, "--cert", str(paths[0]), "--key", str(paths[1])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        try:
            assert run(["connect", f"localhost:{port}", "--ca", str(paths[2])]) == 0
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=10)
    assert capsys.readouterr().out == "full handshake, with a new ticket\n"


def test_a_refused_connection_says_how_to_start_a_server(capsys):
    line = refused(capsys, "connect", f"127.0.0.1:{free()}", "--insecure")
    assert "nothing listens at 127.0.0.1:" in line
    assert "rfc5077 serve --port" in line


def test_a_port_in_use_is_said(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"port {port} of 127.0.0.1 is in use" in refused(capsys, "serve", "--port", str(port))


def test_a_peer_without_tls_is_told_apart(capsys):
    with talker(lambda peer: peer.sendall(b"SSH-2.0-Example\r\n") or peer.recv(4096)) as port:
        assert "does not speak TLS (" in refused(capsys, "connect", f"127.0.0.1:{port}", "--insecure")


def test_a_peer_that_spoke_tls_and_breaks_it_is_not_said_to_speak_none(pair):
    ends = pair().open()
    ends.server.receive(ends.client.data_to_send())
    ends.client.receive(ends.server.data_to_send())
    with pytest.raises(ProtocolError) as broken:
        ends.client.receive(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    assert diagnosis("here", broken.value, ends.client)[0].startswith("the handshake with here failed: ")


def test_a_peer_that_closes_at_once_is_said(capsys):
    with talker(lambda peer: peer.recv(4096)) as port:
        assert "broke off the handshake" in refused(capsys, "connect", f"127.0.0.1:{port}", "--insecure")


def test_a_peer_of_tls_1_3_alone_is_said(capsys, tmp_path):
    own = new_self_signed("localhost")
    (tmp_path / "both.pem").write_bytes(own.chain_pem() + own.key_pem())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(tmp_path / "both.pem")

    def talk(peer):
        with pytest.raises(ssl.SSLError), context.wrap_socket(peer, server_side=True):
            pass

    with talker(talk) as port:
        assert "does not speak TLS 1.2" in refused(capsys, "connect", f"localhost:{port}", "--insecure")


def dribble(peer: socket.socket) -> None:
    """An octet now and then, so that no single wait is long."""
    try:
        for octet in b"\x16\x03\x03\x40\x00" + bytes(1000):
            peer.sendall(bytes([octet]))
            if threading.Event().wait(0.1):
                return
    except OSError:
        return


@pytest.mark.parametrize("talk", [lambda peer: [None for _ in iter(lambda: peer.recv(4096), b"")], dribble])
def test_a_peer_that_hangs_is_cut_off_after_the_stated_time(capsys, talk):
    with talker(talk) as port:
        line = refused(capsys, "connect", f"127.0.0.1:{port}", "--insecure", "--timeout", "0.5")
    assert "did not complete a handshake within 0.5 s and was cut off" in line


def test_a_client_that_hangs_or_talks_nonsense_does_not_stop_the_server(capsys, server):
    place = ("127.0.0.1", server)
    with socket.create_connection(place) as silent, socket.create_connection(place) as odd:
        odd.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert odd.recv(4096)[:1] == b"\x15"  # an alert
        assert run(["connect", f"localhost:{server}", "--insecure"]) == 0
        silent.close()
    assert "full handshake" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("connect", "localhost"), "localhost is not HOST:PORT"),
        (("connect", "::1:4433"), "in brackets"),
        (("connect", "localhost:0"), "port 0 is not a number from 1 to 65535"),
        (("connect", "localhost:x", "--insecure"), "port x is not a number"),
        (("connect", "a b:1", "--insecure"), "a b cannot be asked for"),
        (("connect", "localhost:1", "--insecure", "--ca", "x"), "Give one of them"),
        (("connect", "localhost:1", "--ca", "README.no"), "cannot read README.no"),
        (("connect", "no.invalid:1", "--insecure"), "no address is known for no.invalid"),
        (("connect", "localhost:1", "--insecure", "--timeout", "0"), "--timeout"),
        (("serve",), "needs one of --listen and --port"),
        (("serve", "--port", "1", "--listen", "2"), "needs one of --listen and --port"),
        (("serve", "--port", "65536"), "port 65536 is not a number"),
        (("serve", "--port", "4433", "--cert", "x"), "--cert and --key belong together"),
        (("serve", "--port", "4433", "--cert", "no.pem", "--key", "no.pem"), "cannot read no.pem"),
        (("serve", "--listen", "192.0.2.1:4433"), "cannot listen on 192.0.2.1:4433"),
    ],
)
def test_what_cannot_be_meant_is_one_line(capsys, arguments, said):
    assert said in refused(capsys, *arguments)


def test_secrets_are_logged_where_an_option_says_and_nowhere_else(capsys, server, tmp_path, monkeypatch):
    named, meant = tmp_path / "named", tmp_path / "meant"
    monkeypatch.setenv("SSLKEYLOGFILE", str(meant))
    place = f"localhost:{server}"

    assert run(["connect", place, "--insecure"]) == 0
    assert not meant.exists()
    assert run(["connect", place, "--insecure", "--key-log", str(named)]) == 0
    assert run(["connect", place, "--insecure", "--key-log", "SSLKEYLOGFILE"]) == 0

    assert meant.read_text() != named.read_text()
    for file in (named, meant):
        assert re.fullmatch("CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}\n", file.read_text())


def test_a_key_log_that_cannot_be_is_refused(capsys, tmp_path, monkeypatch):
    monkeypatch.delenv("SSLKEYLOGFILE", raising=False)

    assert "cannot be written" in refused(capsys, "serve", "--port", free(), "--key-log", str(tmp_path))
    line = refused(capsys, "connect", f"localhost:{free()}", "--insecure", "--key-log", "SSLKEYLOGFILE")
    assert "no such variable" in line
