"""What users get wrong and machines run out of, as commands say it: one line, exit code 2, and what was kept stays."""

import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace

import pytest
from cryptography import x509
from pairs import START, Authority

from rfc5077.properties.bench.crowd import serving
from rfc5077.properties.cli.diagnosis import reason
from rfc5077.properties.cli.main import run
from rfc5077.properties.fuzz.secrets import stored_session
from rfc5077.properties.fuzz.walk import VICTIMS, Walk, kinds
from rfc5077.reference.alerts import ProtocolError
from rfc5077.reference.handshake.config import ClientConfig
from rfc5077.reference.io import connect
from rfc5077.reference.ticket.sqlite_store import SqliteStore
from rfc5077.reference.ticket.store import FinishedVerified, StoreError
from rfc5077.reference.wire.record import ContentType

COMMAND = [sys.executable, "-m", "rfc5077"]


def refused(capsys, *arguments: str) -> str:
    """The one line on stderr of a command that cannot do what it was told."""
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("rfc5077: ")
    assert err.count("\n") == 1
    return err


@pytest.fixture(scope="module")
def server():
    """Our server with a certificate of its own making: host and port as one argument."""
    with serving() as (_, port, _):
        yield f"localhost:{port}"


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    """A root, and certificates that it issued: good, out of their time, for another name."""
    folder, root = tmp_path_factory.mktemp("papers"), Authority.make("Test root")
    (folder / "root.pem").write_text(root.pem)
    for name, own in (
        ("good", root.issue("localhost")),
        ("expired", root.issue("localhost", days=-1500)),
        ("other", root.issue("other.example")),
    ):
        (folder / f"{name}.pem").write_bytes(own.chain_pem())
        (folder / f"{name}.key").touch(mode=0o600)
        (folder / f"{name}.key").write_bytes(own.key_pem())
    return folder


# Certificates and names


@pytest.mark.parametrize(
    ("name", "said", "advice"),
    [
        ("expired", "a certificate is out of its time", "Look at both clocks, renew it"),
        ("other", "no matching subjectAltName", "Ask for a name that it has"),
    ],
)
def test_a_certificate_that_does_not_fit_is_told_with_advice_that_does(capsys, papers, name, said, advice):
    with serving("--cert", str(papers / f"{name}.pem"), "--key", str(papers / f"{name}.key")) as (_, port, _):
        line = refused(capsys, "connect", f"localhost:{port}", "--ca", str(papers / "root.pem"))

    assert said in line
    assert line.endswith(f"{advice}, or use --insecure\n")


def test_a_server_is_told_that_its_own_certificate_is_out_of_its_time(papers):
    said = told_at_start("--cert", str(papers / "expired.pem"), "--key", str(papers / "expired.key"))
    what = f"{papers / 'expired.pem'} is out of its time, and peers that look will refuse it"
    assert said == f"rfc5077: warning: {what}\n"
    assert told_at_start("--cert", str(papers / "good.pem"), "--key", str(papers / "good.key")) == ""


def test_a_private_key_that_all_may_read_is_used_with_a_warning(papers, tmp_path):
    key = tmp_path / "open.key"
    key.write_bytes((papers / "good.key").read_bytes())
    key.chmod(0o644)
    said = told_at_start("--cert", str(papers / "good.pem"), "--key", str(key))
    what = f"{key} can be read by everybody (mode 0644), and with it the private key in it"
    assert said == f"rfc5077: warning: {what}; chmod 600 it\n"


@pytest.mark.parametrize(
    ("option", "said"),
    [("--cert", "holds no PEM text with a certificate"), ("--key", "holds no PEM text with a private key")],
)
def test_a_file_that_is_no_pem_is_named_by_itself(capsys, papers, tmp_path, option, said):
    files = {"--cert": papers / "good.pem", "--key": papers / "good.key", option: tmp_path / "none.pem"}
    files[option].write_bytes(b"nothing")
    line = refused(capsys, "serve", "--port", "1", *(str(part) for pair in files.items() for part in pair))
    assert line == f"rfc5077: {files[option]} {said}\n"


def test_an_aead_key_file_of_another_length_is_told_so(capsys, tmp_path):
    file = tmp_path / "keys"
    file.touch(mode=0o600)
    file.write_bytes(bytes(80))
    line = refused(capsys, "serve", "--port", "1", "--ticket-keys", str(file), "--aead")
    assert line == f"rfc5077: {file} has 80 octets. --aead wants keys of 48\n"


def test_a_session_file_is_offered_beside_a_store(capsys, server, tmp_path):
    session, store = tmp_path / "session.json", tmp_path / "store.db"
    assert run(["connect", server, "--insecure", "--save", str(session)]) == 0
    capsys.readouterr()
    assert run(["connect", server, "--insecure", "--store", str(store), "--resume", str(session)]) == 0
    assert capsys.readouterr().out.startswith("resumed handshake")


def test_a_session_is_not_saved_into_a_folder_that_is_not_there_and_nothing_is_begun(capsys, server, tmp_path):
    line = refused(capsys, "connect", server, "--insecure", "--save", str(tmp_path / "none" / "s.json"))
    assert "there is no such folder" in line


def told_at_start(*options: str) -> str:
    """What `serve` says on stderr before it listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    with subprocess.Popen(
        [*COMMAND, "serve", "--port", port, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline().startswith("listening on ")
        process.send_signal(signal.SIGINT)
        return process.communicate(timeout=20)[1].replace("rfc5077: interrupted\n", "")


@contextmanager
def answering(octets: bytes):
    """A server that answers every hello by these octets; its port."""
    def serve():
        peer, _ = listener.accept()
        with peer:
            peer.recv(4096)
            peer.sendall(octets)
            peer.recv(4096)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)


def test_a_server_that_does_not_know_the_name_is_quoted(capsys):
    with answering(b"\x15\x03\x03\x00\x02\x02\x70") as port:
        line = refused(capsys, "connect", f"localhost:{port}", "--insecure")

    said = "refused the handshake by the fatal alert unrecognized_name"
    assert line.endswith(f"{said}. Ask for another name with --server-name\n")


@pytest.mark.parametrize("victim", VICTIMS)
def test_a_warning_about_the_name_ends_nothing(victim):
    conversation = Walk(kinds()[0], victim)
    conversation.say(ContentType.ALERT, b"\x01\x70")
    while conversation.genuine():
        pass

    assert conversation.victim.established


def test_a_server_of_ours_serves_those_who_ask_for_a_name_it_does_not_know(server):
    asked = ClientConfig("unknown.example", insecure=True)
    with connect("127.0.0.1", int(server.rpartition(":")[2]), asked) as tls:
        assert tls.completed.server_name == "unknown.example"


# Ticket keys


@pytest.mark.parametrize("length", [0, 1, 47, 49, 63, 65, 79, 81])
def test_a_key_file_of_a_wrong_length_is_refused(capsys, tmp_path, length):
    file = tmp_path / "keys"
    file.write_bytes(bytes(range(1, length + 1)))
    line = refused(capsys, "serve", "--port", "1", "--ticket-keys", str(file))

    assert f"{file} holds no ticket keys: {length} octets" in line


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o640, False), (0o644, True)])
def test_a_key_file_that_all_may_read_is_used_with_a_warning(tmp_path, mode, warned):
    file = tmp_path / "keys"
    file.write_bytes(bytes(range(48)))
    file.chmod(mode)

    said = told_at_start("--ticket-keys", str(file))

    assert said.startswith(f"rfc5077: warning: {file} can be read by everybody (mode 0644)") is warned
    assert said.count("\n") == warned


# Stores and disks


@pytest.fixture
def store(server, tmp_path):
    """A store with a session of that server."""
    file = tmp_path / "store"
    assert run(["connect", server, "--insecure", "--store", str(file)]) == 0
    return file


def resumes(capsys, server, store) -> bool:
    capsys.readouterr()
    assert run(["connect", server, "--insecure", "--store", str(store)]) == 0
    return capsys.readouterr().out.startswith("resumed")


def test_a_store_that_another_process_has_locked_is_told_and_intact(capsys, server, store):
    capsys.readouterr()
    other = sqlite3.connect(store, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    line = refused(capsys, "connect", server, "--insecure", "--store", str(store))
    other.execute("ROLLBACK")
    other.close()

    assert line == f"rfc5077: {store} is locked by another process\n"
    assert resumes(capsys, server, store)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda octets: b"garbage", "is no SQLite file"),
        (lambda octets: octets[:100] + bytes(range(256)) * 20, "is damaged: move it away to begin anew"),
        (lambda octets: octets.replace(b"CREATE TABLE", b"CREATE\xfeTABLE"), "is damaged"),
    ],
)
def test_a_damaged_store_is_told_and_left_as_it_is(capsys, server, store, damage, said):
    capsys.readouterr()
    damaged = damage(store.read_bytes())
    store.write_bytes(damaged)
    line = refused(capsys, "connect", server, "--insecure", "--store", str(store))

    assert line == f"rfc5077: {store} {said}\n"
    assert store.read_bytes() == damaged


def limited(octets: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command in a process whose files cannot grow beyond so many octets, as on a disk that is full."""
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (octets, octets))

    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, check=False, preexec_fn=limit, timeout=60
    )


def test_a_store_that_cannot_be_written_is_told(server, tmp_path):
    done = limited(4096, "connect", server, "--insecure", "--store", str(tmp_path / "store"))

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"rfc5077: {tmp_path / 'store'} cannot be")


def test_a_store_on_a_full_disk_keeps_what_it_had(tmp_path):
    kept = SqliteStore(tmp_path / "store")
    stored = stored_session()
    kept.keep(stored, FinishedVerified(b""))
    kept._connection.execute("PRAGMA max_page_count = 2")
    with pytest.raises(StoreError, match="cannot be written: the disk is full"):
        kept.keep(replace(stored, ticket=bytes(60_000)), FinishedVerified(b""))

    assert kept.find(stored.key, stored.received_at) == stored


def test_a_session_file_that_cannot_be_written_is_told_and_the_old_one_stays(server, tmp_path):
    file = tmp_path / "session.json"
    file.write_text("what was there")
    done = limited(10, "connect", server, "--insecure", "--save", str(file))

    assert done.returncode == 2
    assert done.stderr == f"rfc5077: cannot write {file}: File too large\n"
    assert file.read_text() == "what was there"
    assert [path.name for path in tmp_path.iterdir()] == ["session.json"]


@pytest.mark.parametrize("arguments", [("rotate", "{keys}", "--retain", "2"), ("keygen", "{keys}.new")])
def test_ticket_keys_that_cannot_be_written_are_told_and_the_old_ones_stay(tmp_path, arguments):
    for name in ("keys", "keys.1"):
        (tmp_path / name).touch(mode=0o600)
        (tmp_path / name).write_bytes(name.encode().ljust(80, b"."))
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    done = limited(10, "ticket", *(word.format(keys=tmp_path / "keys") for word in arguments))

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.endswith(": File too large\n")
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_key_log_that_cannot_be_written_is_not_the_peers_fault(server, tmp_path):
    done = limited(10, "connect", server, "--insecure", "--key-log", str(tmp_path / "log"))

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"rfc5077: cannot write {tmp_path / 'log'}: File too large\n"


def test_a_server_goes_on_when_nobody_reads_what_it_says(capsys):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    with subprocess.Popen(
        [*COMMAND, "serve", "--port", port], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        assert [run(["connect", f"localhost:{port}", "--insecure"]) for _ in range(3)] == [0, 0, 0]
        process.terminate()


def test_an_authority_that_is_shown_as_an_endpoint_is_called_so(authority):
    chain = (x509.load_der_x509_certificate(authority.certificate),)
    with pytest.raises(ProtocolError) as refused:
        authority.anchors.verify_client(chain, START)
    assert "an authority's (CA:TRUE)" in reason(refused.value)
