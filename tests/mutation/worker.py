"""One mutant in a process of its own: loaded by an import hook, run until something notices. Nothing is written.

The process is a fork of one that has the model, its machines and their suites, and has not yet imported the reference.
"""

import contextlib
import copyreg
import importlib
import importlib.machinery
import io
import os
import resource
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from rfc5077.model.profile import ClientProfile, ServerProfile
from rfc5077.properties.suite.alphabet import Machine, Target, machine_of
from rfc5077.properties.suite.complete import complete_suite

for profile in (ServerProfile, ClientProfile):  # a profile goes from process to process by its codes
    copyreg.pickle(profile, lambda value: (type(value).from_codes, (value.codes,)))

TESTS = Path(__file__).resolve().parents[1]
SECONDS = 100
"""Of the processor; an honest run of everything takes a quarter of it."""
RUNS = 40
"""Of the Hypothesis machine, 30 steps each."""
OCTETS = 6 * 2**30
"""Of addresses."""

Fate = tuple[str, str]
"""How it ended (`FATES`), and by what."""
FATES = {
    "suite": "the complete suite of the model, k = 0, core alphabet, saw a violation or another answer",
    "tests": "a test of the reference failed",
    "machine": "the Hypothesis machine of the reference against itself found a run that is not right",
    "time": "no end within the time",
    "import": "the module could not be loaded: this does not count as killed",
    "survived": "nothing noticed",
}


class Finder:
    """Gives one module its changed source; all others come as they are."""

    def __init__(self, module: str, source: str) -> None:
        self.module, self.source = module, source

    def find_spec(self, name: str, path: object = None, target: object = None):
        if name != self.module:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(name, path, target)
            if spec is not None and spec.origin is not None:
                spec.loader = Loader(name, spec.origin, self.source)
                return spec
        return None


class Loader(importlib.machinery.SourceFileLoader):
    """Compiles what it is given, never what is in the file."""

    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self.source = source

    def get_code(self, fullname: str):
        return compile(self.source, self.get_filename(fullname), "exec")


class First:
    """A plugin of pytest that keeps the name of what failed first, and stops there.

    A file of tests that cannot be loaded with the changed module is no failure: the others are run.
    """

    def __init__(self) -> None:
        self.name, self.not_loaded = "", ""

    def pytest_collection(self, session) -> None:
        self.session = session

    def pytest_runtest_logreport(self, report) -> None:
        if report.failed and not self.name:
            self.name = report.nodeid.split("tests/")[-1]
            self.session.shouldstop = self.name

    def pytest_collectreport(self, report) -> None:
        if report.failed:
            self.not_loaded = report.nodeid


Prepared = dict[str, tuple[Target, Machine, tuple]]
"""For each role: the profile of the reference, its machine, the tests of its suite."""


def prepared(targets: dict[str, Target]) -> Prepared:
    """What every mutant is measured by, made once."""
    machines = {role: machine_of(target) for role, target in targets.items()}
    return {role: (targets[role], made, complete_suite(made, 0).tests) for role, made in machines.items()}


def warm() -> None:
    """Loads pytest and its plugins, so that no mutant has to."""
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main(["-q", "--noconftest", "-p", "no:cacheprovider", str(Path(__file__))])


def targets() -> dict[str, Target]:
    """What the reference chooses by default, for each role; imports it."""
    from rfc5077.properties.adapters.in_memory import in_memory
    from rfc5077.properties.suite.probe import probe

    return {role: probe(in_memory("reference", role), set()).target for role in ("server", "client")}


def suite(role: str, known: Prepared) -> str:
    """What the suite notices first, empty for nothing."""
    from rfc5077.properties.adapters.in_memory import in_memory
    from rfc5077.properties.adapters.peer import HarnessError
    from rfc5077.properties.suite.play import Manner, play
    from rfc5077.properties.suite.probe import probe
    from rfc5077.properties.verdict.finding import VIOLATION

    target, machine, tests = known[role]
    with Raised() as raised:
        peer = in_memory("reference", role)
    if raised.name:
        return f"{role}: {raised.name}"
    try:
        probed = probe(peer, set())
        findings, other = probed.findings, probed.target != target
        for number, word in enumerate(("probing", *tests)):
            if number:
                played = play(peer, word, set(), Manner())
                findings, other = played.findings, played.ready and played.outputs != tuple(machine.run(word))
                other = other or not played.ready
            broken = [finding.clause.id for finding in findings if finding.verdict == VIOLATION]
            if broken or other:
                return f"{role}, test {number}: {broken[0] if broken else 'another answer'}"
    except HarnessError as error:
        return f"{role}: {type(error.__cause__).__name__}"
    return ""


ARGUMENTS = (
    "-q", "--no-header", "--continue-on-collection-errors", "-p", "no:cacheprovider", "-p", "no:randomly",
    "-m", "not peer",
)  # fmt: skip
"""Of pytest."""


def room_tests(files: Iterable[str]) -> Fate | None:
    """What pytest notices first in these files, None for nothing. Raises ValueError if there are no such tests."""
    first = First()
    with contextlib.redirect_stdout(io.StringIO()):
        code = pytest.main([*ARGUMENTS, *(str(TESTS / name) for name in files)], plugins=[first])
    if code in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.INTERNAL_ERROR):
        raise ValueError(f"pytest cannot run {' '.join(files)}")
    return ("tests", first.name) if first.name else None


class Raised:
    """What a block of changed code raised, by the name of its class: that is its fate; empty if nothing."""

    name = ""

    def __enter__(self) -> "Raised":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        self.name = "" if kind is None else kind.__name__
        return kind is not None and issubclass(kind, Exception)


def random_runs() -> Fate | None:
    """What the Hypothesis machine notices, both roles the reference's."""
    from hypothesis import Phase, settings
    from hypothesis.stateful import run_state_machine_as_test

    from rfc5077.properties.suite.stateful import machine

    with Raised() as raised:  # Hypothesis shows whatever the run raised
        made = machine(examples=RUNS)
        run_state_machine_as_test(made, settings=settings(made.TestCase.settings, phases=[Phase.generate]))
    return ("machine", raised.name) if raised.name else None


def fate(module: str, source: str, steps: Iterable[tuple[str, ...]], known: Prepared) -> Fate:
    """Loads a changed module and goes through the steps: ("suite", role), ("tests", files...), ("machine",)."""
    sys.meta_path.insert(0, Finder(module, source))
    with Raised() as raised:  # whatever a changed module raises
        for name in (module, "rfc5077.reference.connection"):
            importlib.import_module(name)
    if raised.name:
        return "import", raised.name
    with Raised() as raised:
        for name in ("adapters.in_memory", "suite.probe", "suite.stateful"):
            importlib.import_module(f"rfc5077.properties.{name}")
    return through([step for step in steps if step[0] == "tests"] if raised.name else steps, known)


def through(steps: Iterable[tuple[str, ...]], known: Prepared) -> Fate:
    """What the steps notice first."""
    for kind, *rest in steps:
        if kind == "suite":
            seen = suite(rest[0], known)
            found = ("suite", seen) if seen else None
        elif kind == "machine":
            found = random_runs()
        else:
            found = room_tests(rest)
        if found is not None:
            return found
    return "survived", ""


def limited(seconds: int = SECONDS) -> None:
    """Limits this process, which is a child, in time and memory."""
    os.nice(max(0, 10 - os.nice(0)))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (OCTETS, OCTETS))
    os.chdir(TESTS.parent)
