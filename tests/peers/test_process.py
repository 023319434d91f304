"""process.py: no test waits for ever, no program is left behind, and a missing one is named."""

import sys

import pytest
from house.readme import ROOT
from peers.stacks import FROM_THE_SYSTEM

from rfc5077.properties.matrix import process
from rfc5077.properties.matrix.process import Child, NotInstalled, PeerError, program

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
helper = subprocess.Popen([sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"])
time.sleep(60)
"""


def test_a_missing_program_is_a_failure_that_says_what_to_install():
    with pytest.raises(NotInstalled) as failure:
        program("no-such-program", "its-package")

    assert str(failure.value) == "the program no-such-program is missing: install the Debian package its-package"


def test_packages_names_what_the_stacks_need():
    lines = (ROOT / "tests" / "peers" / "packages.txt").read_text(encoding="utf-8").splitlines()
    listed = {line.partition("#")[0].strip() for line in lines}
    assert {stack.PACKAGE for stack in FROM_THE_SYSTEM} <= listed


def test_a_program_that_heeds_no_signal_is_ended_with_all_that_it_started(monkeypatch):
    monkeypatch.setattr(process, "GRACE", 0.1)
    with Child(sys.executable, "-c", STUBBORN) as child:
        child.line("up")

    assert child.returncode == -9
    assert child.finish() == ["up"]  # its output has ended: nobody is left who could write


def test_a_line_that_does_not_come_is_a_failure_that_tells_what_did(monkeypatch):
    monkeypatch.setattr(process, "PATIENCE", 0.5)
    waiting = "print('something else', flush=True); input()"
    with Child(sys.executable, "-c", waiting) as child, pytest.raises(PeerError, match="something else"):
        child.line("what we wait for")

    assert child.returncode is not None


def test_a_program_that_ends_too_early_is_a_failure_that_tells_what_it_said():
    with (
        Child(sys.executable, "-c", "print('farewell')") as child,
        pytest.raises(PeerError, match=r"ended without a line like 'welcome'[\s\S]*farewell"),
    ):
        child.line("welcome")
