"""Live targets: what is not in memory gets the same verdict, and whatever fails to play along is cut off in time."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from relay import relayed

from rfc5077.properties.adapters import command, over_reference
from rfc5077.properties.adapters.command import Command, free_port, started_client, started_server
from rfc5077.properties.adapters.peer import TargetLost
from rfc5077.properties.adapters.sockets import dial, listening_server, parse_address
from rfc5077.properties.cli.main import run
from rfc5077.properties.errors import UsageError
from rfc5077.properties.faults import FAULTS
from rfc5077.properties.suite import puppet
from rfc5077.properties.suite.runner import check
from rfc5077.properties.suite.summary import check_json

ACCEPT = "import socket, sys; door = socket.create_server(('127.0.0.1', int(sys.argv[1]))); kept = []\n"
MUTE = ACCEPT + "while True: kept.append(door.accept())"
CLOSES = ACCEPT + "while True: door.accept()[0].close()"
ANOTHER_LANGUAGE = ACCEPT + "while True: wire, _ = door.accept(); wire.sendall(b'220 mail.example\\r\\n'); wire.recv(9)"
SERVES = "from rfc5077.properties.cli.main import run; import sys; sys.exit(run(['serve', '--port', sys.argv[1]]))"
NOTES = """
import os, socket
open({pid!r}, 'w').write(str(os.getpid()))
accept, calls = socket.socket.accept, open({calls!r}, 'ab', 0)
socket.socket.accept = lambda door: (calls.write(b'.'), accept(door))[1]
"""
CALLS = "import socket, sys, time\ncall = lambda: socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n"


def python(text):
    return (sys.executable, "-c", text, "{port}")


def said_by(capsys, *arguments):
    """Exit code, and what stands on stderr."""
    code = run(arguments)
    return code, capsys.readouterr().err


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def soon(seconds):
    """Fails if the block takes longer."""
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < seconds


# --- verdicts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["server", "client"])
def test_the_reference_behind_sockets_gets_the_guarantee_that_it_gets_in_memory(role):
    peer = over_reference.server() if role == "server" else over_reference.client()

    report = check(role, relayed(peer))

    assert (report.verdict, report.deviations, report.unstable, report.stopped) == ("conformant", (), (), "")
    assert report.guarantee.startswith("Let A be") and "live: " in report.guarantee
    assert report.profile["application_data"] == "echoes"


@pytest.mark.parametrize("id", ["S-02", "S-13", "S-14"])
def test_a_fault_is_found_behind_sockets_with_the_clause_that_finds_it_in_memory(id):
    known = check("server", FAULTS[id].make()).findings[0].finding.clause.id

    assert check("server", relayed(FAULTS[id].make())).findings[0].finding.clause.id == known


def test_a_ticket_that_comes_too_early_is_told_from_one_that_comes_in_time():
    """S-12 sends it on the client's ChangeCipherSpec, one message early: who reads on demand sees no difference."""
    report = check("server", relayed(FAULTS["S-12"].make()))

    trace = check_json(report)["findings"][0]["trace"]
    assert trace[-2] == "client:ChangeCipherSpec" and trace[-1].startswith("server:NewSessionTicket")


def test_a_slow_server_is_waited_for():
    report = check("server", relayed(over_reference.server(), delay=0.01))

    assert (report.verdict, report.deviations) == ("conformant", ())


# --- targets that do not play along -----------------------------------------------------------------------------------


def test_an_address_at_which_nothing_listens_is_said_in_one_line(capsys):
    code, said = said_by(capsys, "check", "server", f"127.0.0.1:{free_port()}")

    assert code == 2
    assert said.startswith("rfc5077: nothing listens at 127.0.0.1:") and said.count("\n") == 1


@pytest.mark.parametrize("target", ["127.0.0.1:x", "127.0.0.1:0", "127.0.0.1:65536", "::1:4433", ":443", "[::1]"])
def test_what_is_no_address_is_refused(target):
    with pytest.raises(UsageError):
        parse_address(target)


def test_an_ipv6_address_stands_in_brackets():
    assert parse_address("[::1]:4433") == ("::1", 4433)


def test_a_client_has_no_address(capsys):
    code, said = said_by(capsys, "check", "client", "127.0.0.1:4433")

    assert code == 2 and "cannot be reached" in said


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("openssl", "s_server"), "the command has no {port}"),
        (("no-such-program", "{port}"), "cannot start 'no-such-program'"),
        (python("import sys; sys.exit('no certificate')"), "ended with exit code 1; its last words: no certificate"),
        (python("import os; os.abort()"), "it was ended by SIGABRT"),
    ],
)
def test_a_server_that_does_not_come_to_listen_is_said_in_one_line(capsys, words, line):
    code, said = said_by(capsys, "check", "server", "--", *words)

    assert code == 2
    assert line in said and said.count("\n") == 1


@pytest.mark.parametrize(
    ("role", "line"), [("server", "does not listen at 127.0.0.1:"), ("client", "does not connect within 0.3 s")]
)
def test_a_command_that_does_nothing_is_cut_off(capsys, monkeypatch, role, line):
    monkeypatch.setattr(command, "START", 0.3)
    with soon(5):
        code, said = said_by(capsys, "check", role, "--", *python("import time; time.sleep(99)"))

    assert code == 2
    assert line in said and said.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "answer"),
    [(MUTE, "nothing"), (CLOSES, "server:Close"), (ANOTHER_LANGUAGE, "server:Unrecognised(wrong)")],
)
def test_a_server_that_does_not_speak_tls_is_said_in_one_line(capsys, monkeypatch, text, answer):
    monkeypatch.setattr(puppet, "PATIENCE", 0.3)
    with soon(10):
        code, said = said_by(capsys, "check", "server", "--", *python(text))

    assert code == 2
    assert f"completes no TLS 1.2 handshake; its first answer was: {answer}" in said and said.count("\n") == 1


def test_a_client_that_says_nothing_is_said_in_one_line(capsys, monkeypatch):
    monkeypatch.setattr(puppet, "PATIENCE", 0.3)
    monkeypatch.setattr(command, "GRACE", 0.1)
    with soon(10):
        code, said = said_by(capsys, "check", "client", "--", *python(CALLS + "wire = call(); time.sleep(99)"))

    assert code == 2
    assert "its first answer was: nothing" in said and said.count("\n") == 1


def counted(peer, limit, then):
    """A peer that after so many connections does something else."""
    made = []

    def connect():
        made.append(1)
        return peer.connect() if len(made) <= limit else then()

    return replace(peer, connect=connect)


def test_a_server_that_dies_leaves_the_tests_that_ran():
    def dead():
        return dial(("127.0.0.1", free_port()))

    report = check("server", counted(relayed(over_reference.server()), 60, dead))

    assert "accepts no connection" in report.stopped
    assert 0 < report.facts.done < report.facts.tests
    assert report.guarantee.startswith(f"None: stopped after {report.facts.done} of {report.facts.tests} tests")
    assert check_json(report)["stopped"] == report.stopped


def test_a_server_that_hangs_is_given_up_once_it_answers_nobody(monkeypatch):
    monkeypatch.setattr("rfc5077.properties.suite.live.PATIENCE", 0.2)
    monkeypatch.setattr(puppet, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as door:
        mute = listening_server(f"127.0.0.1:{door.getsockname()[1]}")
        with soon(20):
            report = check("server", counted(relayed(over_reference.server()), 60, mute.connect))

    assert "has answered no ClientHello" in report.stopped
    assert 0 < report.facts.done < report.facts.tests


def test_the_exit_code_of_a_check_that_was_stopped_says_that_nothing_is_concluded(capsys, monkeypatch):
    monkeypatch.setattr("rfc5077.properties.cli.check.target_of", lambda *_: yielding(dying()))
    code = run(["check", "server", "127.0.0.1:4433", "--json"])

    out, err = capsys.readouterr()
    assert code == 2
    assert json.loads(out)["suite"]["run"] > 0
    assert "accepts no connection" in err and err.count("\n") == 1


@contextmanager
def yielding(value):
    yield value


def dying():
    return counted(relayed(over_reference.server()), 60, lambda: dial(("127.0.0.1", free_port())))


def test_a_target_that_is_lost_is_no_fault_of_the_harness_nor_a_violation():
    with pytest.raises(TargetLost):
        dial(("127.0.0.1", free_port()))


# --- processes --------------------------------------------------------------------------------------------------------


def test_a_command_gets_port_and_papers_and_leaves_nothing_behind():
    tell = "import sys, time; open(sys.argv[2] + '/told', 'w').write(' '.join(sys.argv)); time.sleep(99)"
    words = (sys.executable, "-c", tell, "{port}", "{state}", "{ca}", "{cert}", "{key}", "{host}")
    with Command(words, "client") as started:
        process = started.start(4433)
        folder = started._folder
        deadline = time.monotonic() + 10
        while not (told := folder / "state" / "told").exists() or not told.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        _, port, _, *papers, host = told.read_text().split()
        assert (port, host) == ("4433", "127.0.0.1")
        assert all(Path(paper).read_text().startswith("-----BEGIN") for paper in papers)
        assert os.stat(papers[-1]).st_mode & 0o077 == 0 and folder.stat().st_mode & 0o077 == 0

    assert not folder.exists() and process.over


def test_whatever_a_command_has_started_ends_with_it(tmp_path):
    note, script = tmp_path / "pid", tmp_path / "mute.py"
    script.write_text(MUTE)
    shell = f"sleep 99 & echo $! > {note}; trap '' TERM; {sys.executable} {script} {{port}}"
    with Command(("sh", "-c", shell), "server") as started:
        started_server(started)
        orphan = int(note.read_text())
        assert is_running(orphan)

    deadline = time.monotonic() + 5
    while is_running(orphan) and not is_zombie(orphan):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_zombie(pid):
    """Whether a process has ended and only its parent does not know yet."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout
    return state.startswith("Z") or not state


def test_a_client_is_started_anew_unless_it_connects_again():
    with Command(python(CALLS + "for _ in range(2): call().recv(1)"), "client") as started, command.listener() as door:
        peer = started_client(started, door)
        pids = []
        for _ in range(3):
            peer.connect()
            pids.append(started.process._child.pid)

    assert pids[0] == pids[1] != pids[2]


def test_interrupted_it_reports_what_ran_and_ends_what_it_started(tmp_path):
    pid, calls = tmp_path / "pid", tmp_path / "calls"
    serve = NOTES.format(pid=str(pid), calls=str(calls)) + SERVES
    wide = ("--k", "1", "--alphabet", "full")  # thousands of tests
    words = [sys.executable, "-m", "rfc5077", "check", "server", "--json", *wide, "--", *python(serve)]
    ours = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        wait_for_calls(calls)
        ours.send_signal(signal.SIGINT)
        out, _ = ours.communicate(timeout=20)
    finally:
        ours.kill()

    assert ours.returncode == 130
    assert json.loads(out)["interrupted"]
    assert not is_running(int(pid.read_text()))


def wait_for_calls(calls):
    """Waits until the server has been called more often than before the first test of the suite."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and (not calls.exists() or calls.stat().st_size < 300):
        time.sleep(0.01)
