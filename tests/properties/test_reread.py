"""`serve` under SIGHUP: it reads its files again, and goes on with the old ones if it cannot."""

import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import termios
import threading

import pytest

from rfc5077.properties.cli.main import run
from rfc5077.properties.cli.reread import Rereading
from rfc5077.properties.cli.session_file import load_session
from rfc5077.reference.connection import ClientConnection
from rfc5077.reference.handshake.config import ClientConfig
from rfc5077.reference.io import connect, system_clock
from rfc5077.reference.keys.exchange import system_entropy
from rfc5077.reference.tls_socket import TLSSocket


def command(*options: str) -> tuple[list[str], int]:
    """`serve` with these options at a port that is free, and the port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    return [sys.executable, "-m", "rfc5077", "serve", "--port", str(port), *options], port


class Serving:
    """`serve` with one file of ticket keys, and what it says."""

    def __init__(self, keys) -> None:
        arguments, self.port = command("--ticket-keys", str(keys))
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(arguments, stdout=pipe, stderr=pipe, text=True)
        self.process.stdout.readline()
        self.keys, self.place = keys, f"localhost:{self.port}"

    def hear(self) -> str:
        """What it says, of all that is not about a client, after a hang-up."""
        self.process.send_signal(signal.SIGHUP)
        return next(line for line in self.process.stdout if not line.startswith("127.0.0.1"))

    def complain(self) -> str:
        """The one line on stderr after a hang-up that it cannot follow."""
        self.process.send_signal(signal.SIGHUP)
        return self.process.stderr.readline()


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    file = tmp_path_factory.mktemp("keys") / "lines"
    assert run(["ticket", "keygen", str(file), "--haproxy"]) == 0
    server = Serving(file)
    with server.process:
        yield server
        server.process.terminate()


def rotate(serving) -> None:
    assert run(["ticket", "rotate", str(serving.keys)]) == 0


def says(capsys, serving, *options) -> str:
    capsys.readouterr()
    assert run(["connect", serving.place, "--insecure", *(str(option) for option in options)]) == 0
    return capsys.readouterr().out.removesuffix("\n")


def test_a_new_ring_seals_and_opens_what_an_old_key_of_the_file_sealed(capsys, serving, tmp_path):
    before, after = tmp_path / "before", tmp_path / "after"
    says(capsys, serving, "--save", before)
    rotate(serving)
    told = re.match("files read again: tickets are sealed by ([0-9a-f]{32}), opened by 3 in all\n", serving.hear())

    assert says(capsys, serving, "--resume", before, "--save", after) == "resumed handshake, with a new ticket"
    sealed = [load_session(file).ticket[:16].hex() for file in (before, after)]
    assert sealed[0] != sealed[1] == told.group(1)


def test_a_key_that_is_no_longer_in_the_file_opens_nothing(capsys, serving, tmp_path):
    says(capsys, serving, "--save", tmp_path / "old")
    for _ in range(2):
        rotate(serving)
    serving.hear()

    assert says(capsys, serving, "--resume", tmp_path / "old") == "full handshake, with a new ticket"


@pytest.mark.parametrize("bad", [b"", bytes(47), b"lines of\nno base64\n", None])
def test_a_bad_file_is_told_in_one_line_and_the_old_ring_stays(capsys, serving, tmp_path, bad):
    says(capsys, serving, "--save", tmp_path / "kept")
    good = serving.keys.read_bytes()
    serving.keys.unlink()
    if bad is not None:
        serving.keys.write_bytes(bad)
    try:
        line = serving.complain()
        assert line.startswith("rfc5077: nothing is changed: ")
        assert str(serving.keys) in line
        assert says(capsys, serving, "--resume", tmp_path / "kept") == "resumed handshake, without a new ticket"
    finally:
        serving.keys.touch(mode=0o600)
        serving.keys.write_bytes(good)


def test_connections_and_handshakes_in_progress_go_on(serving):
    config = ClientConfig("localhost", insecure=True)
    with (
        connect("127.0.0.1", serving.port, config) as established,
        socket.create_connection(("127.0.0.1", serving.port), 10) as transport,
    ):
        client = ClientConnection(config, system_clock, system_entropy)
        client.start()
        transport.sendall(client.data_to_send())
        client.receive(transport.recv(65536))  # the server waits for the client's key
        rotate(serving)
        serving.hear()
        established.send(b"still here?")

        assert established.recv() == b"still here?"
        assert not TLSSocket(transport, client).handshake().resumed


def test_certificates_are_read_again_too(authority, tmp_path):
    files = [tmp_path / name for name in ("crt", "key", "root")]
    first, second = authority.issue("localhost"), authority.issue("localhost")

    def show(own):
        for file, octets in zip(files, (own.chain_pem(), own.key_pem(), authority.pem.encode()), strict=True):
            file.touch(mode=0o600)
            file.write_bytes(octets)

    show(first)
    arguments, port = command("--cert", str(files[0]), "--key", str(files[1]))
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        show(second)
        process.send_signal(signal.SIGHUP)
        assert process.stdout.readline() == "files read again\n"
        with connect("127.0.0.1", port, ClientConfig("localhost", authority.anchors)) as tls:
            assert tls.getpeercert() == second.chain[0]
        process.terminate()


def test_a_terminal_that_hangs_up_ends_the_server(serving):
    ours, theirs = os.openpty()
    arguments, _ = command("--ticket-keys", str(serving.keys))
    process = subprocess.Popen(
        arguments, stdin=theirs, stdout=subprocess.PIPE, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )  # fmt: skip
    with process:
        process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        assert process.stdout.readline().startswith(b"files read again")
        os.close(theirs)
        os.close(ours)

        assert process.wait(10) == -signal.SIGHUP


def test_signals_one_after_the_other_are_each_followed_and_the_old_handler_is_back_afterwards():
    before, heard = signal.getsignal(signal.SIGHUP), threading.Semaphore(0)
    with Rereading(heard.release):
        for _ in range(5):
            signal.raise_signal(signal.SIGHUP)
        for _ in range(5):
            assert heard.acquire(timeout=10)

    assert signal.getsignal(signal.SIGHUP) is before
