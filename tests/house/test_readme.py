"""Every command of README.md runs and ends as promised; the test command itself is run by the gate."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from house import readme
from house.readme import ROOT

EXIT_CODES = {
    "rfc5077 clause R5077-3.3-02": {0},
    "rfc5077 prove --without R5077-3.3-02 --run": {0},
    "rfc5077 prove --necessity": {0},
    "rfc5077 prove --mutants": {0},
    "rfc5077 site site": {0},
    "rfc5077 check server -- rfc5077 serve --port {port}": {0},
    "rfc5077 check client python-ssl --json": {0},
    "rfc5077 compare && rfc5077 learn server reference": {0},
    "rfc5077 judge tests/traces/openssl_resumes.jsonl tests/traces/go_renews.pcap": {0},
    "rfc5077 matrix --stack python-ssl": {0},
    "rfc5077 fuzz stream --seconds 5": {0},
    "rfc5077 bench full resumed --json": {0, 1},  # a busy machine may miss a figure; no test rests on speed
}
KEYS = ["rfc5077 ticket keygen ticket.key", "rfc5077 ticket rotate ticket.key"]
DIALOGUE = [
    "rfc5077 serve --port 4433",
    "rfc5077 connect localhost:4433 --insecure --save session.json",
    "rfc5077 connect localhost:4433 --insecure --resume session.json",
]
ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture
def desk(tmp_path):
    """An empty folder in which the paths of the README mean what they mean in a clone."""
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    return tmp_path


def run(command: str, folder: Path, **options) -> subprocess.CompletedProcess[str]:
    shell = ["bash", "-euo", "pipefail", "-c", command]
    return subprocess.run(shell, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, **options)


def test_every_command_is_run_by_a_test():
    once = [readme.install_command(), readme.test_command(), readme.certificates_command()]
    covered = [*once, *EXIT_CODES, *KEYS, *DIALOGUE]
    assert sorted(readme.commands()) == sorted(covered)


@pytest.mark.slow
def test_the_first_command_installs_and_does_the_main_job(tmp_path):
    subprocess.run(["git", "clone", "-q", str(ROOT), str(tmp_path / "clone")], check=True)
    bare = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    result = run(readme.install_command(), tmp_path / "clone", env=bare)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]


@pytest.mark.parametrize("command", EXIT_CODES)
def test_a_command_ends_as_promised(desk, command):
    result = run(command, desk, env=ENVIRONMENT)
    assert result.returncode in EXIT_CODES[command], result.stdout[-3000:] + result.stderr[-3000:]


def test_certificates_are_written(certificates):
    assert (certificates / "manifest.json").is_file()


def test_ticket_keys_are_made_and_rotated(desk):
    assert [run(command, desk, env=ENVIRONMENT).returncode for command in KEYS] == [0, 0]
    assert {path.name for path in desk.iterdir()} >= {"ticket.key", "ticket.key.1"}


def test_the_endpoints_talk_and_resume(desk):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    serve, save, resume = (command.replace("4433", port) for command in DIALOGUE)
    server = subprocess.Popen(serve.split(), cwd=desk, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True)
    try:
        assert "listening" in server.stdout.readline()
        first, second = (run(command, desk, env=ENVIRONMENT) for command in (save, resume))
        watchdog = threading.Timer(20, server.kill)  # the client is through before the server has said so
        watchdog.start()
        said = server.stdout.readline() + server.stdout.readline()
        watchdog.cancel()
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=10)
    assert (first.returncode, second.returncode, server.returncode) == (0, 0, 130), first.stderr + second.stderr
    assert [re.match(r"\w+", line).group() for line in (first.stdout, second.stdout)] == ["full", "resumed"]
    assert re.findall(r"\b(full|resumed) handshake", said) == ["full", "resumed"]


def test_the_readme_is_one_page():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 80
