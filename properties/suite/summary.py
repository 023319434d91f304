"""The report of a check: findings, what follows if all tests passed, and what was not exercised."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field

from rfc5077.properties.suite.alphabet import Machine
from rfc5077.properties.suite.families.catalogue import FamilyRun
from rfc5077.properties.suite.pairs import Paired
from rfc5077.properties.verdict.explain import allowed_names, finding_text, step_name
from rfc5077.properties.verdict.finding import ADVICE, CONFORMANT, INCONCLUSIVE, NOTE, VIOLATION, Finding

SCHEMA = "rfc5077/check/1"
WIDTH = 100
GRAVITY = (VIOLATION, ADVICE, NOTE)
MEMORY = "in memory: it is read out after every input"
"""How (H4) is met by a peer in memory."""

_AT_MOST = 3  # deviations that the text shows

Json = dict[str, object]


@dataclass(frozen=True)
class Found:
    """A finding of the suite: the shortest trace of its class, and the test that showed it.

    No test: probing showed it, paired runs, or a family of tests beyond the alphabet."""

    finding: Finding
    test: tuple[str, ...]
    times: int
    """In how many places clauses of this class were broken."""
    beyond: str = ""
    """The family and the test of it that showed it; empty if none did."""


@dataclass(frozen=True)
class Deviation:
    """An answer that is permitted, yet other than the profile's."""

    test: tuple[str, ...]
    """The inputs up to the answer."""
    expected: tuple[str, ...]
    got: tuple[str, ...]


@dataclass(frozen=True)
class SuiteFacts:
    """What was run."""

    id: str
    """The same for the same tests."""
    alphabet: tuple[str, ...]
    k: int
    tests: int
    states: int
    uncut: int
    """How many tests there would be if those that go on behind the end were kept whole."""
    judged: int
    """How many of the tests are judged; the answers of others are compared with the machine's."""
    done: int
    """How many tests were run."""
    repeated: int
    """How many of them were run a second time, in another order."""
    connections: int
    seconds: float


@dataclass(frozen=True)
class Coverage:
    """The machine that a target was compared with, and what was seen of it."""

    machine: Machine
    shown: frozenset[tuple[int, int]]
    """States and numbers of inputs at which the target was seen to answer as the machine does."""

    @property
    def transitions(self) -> int:
        """How many there are."""
        return self.machine.states * len(self.machine.inputs)


@dataclass(frozen=True)
class CheckReport:
    """What a check came to."""

    target: str
    role: str
    profile: dict[str, str | bool]
    facts: SuiteFacts
    findings: tuple[Found, ...]
    """The cause first."""
    deviations: tuple[Deviation, ...]
    unstable: tuple[tuple[str, ...], ...]
    """Tests that were answered otherwise the second time."""
    not_exercised: tuple[str, ...]
    untouched: tuple[str, ...]
    """The ids of clauses that no test put at stake."""
    interrupted: bool
    seed: int
    paired: Paired = field(default_factory=Paired)
    families: tuple[FamilyRun, ...] = ()
    """The tests beyond the alphabet, as far as they were run."""
    unready: int = 0
    """How many tests could not be begun."""
    hidden: int = 0
    """How many findings stand outside the selection."""
    coverage: Coverage | None = None
    stopped: str = ""
    """Why the target was given up before the end; empty if it was not."""
    waiting: str = MEMORY
    """How each answer was waited for."""

    @property
    def verdict(self) -> str:
        """``violation`` or ``advice``; else ``inconclusive`` if not all was run, or ``conformant``, for what a note
        tells of is left open by the RFC."""
        words = {found.finding.verdict for found in self.findings}
        rest = INCONCLUSIVE if self.interrupted or self.stopped else CONFORMANT
        return next((word for word in (VIOLATION, ADVICE) if word in words), rest)

    @property
    def guarantee(self) -> str:
        """What follows from the tests, or why nothing does."""
        reasons = self._reasons()
        return f"None: {'; '.join(reasons)}." if reasons else _guarantee(self)

    def _reasons(self) -> list[str]:
        """Why there is no guarantee."""
        reasons = []
        if self.interrupted:
            reasons.append(f"interrupted after {self.facts.done} of {self.facts.tests} tests")
        if self.stopped:
            reasons.append(f"stopped after {self.facts.done} of {self.facts.tests} tests, for {self.stopped}")
        if self.hidden or any(found.finding.verdict == VIOLATION for found in self.findings):
            reasons.append("not all tests passed")
        if self.deviations:
            reasons.append("the profile is not constant, for some answers are permitted, yet other than when probed")
        if self.unstable:
            reasons.append(f"{_count(len(self.unstable), 'test')} had another outcome the second time (H1 or H2 fails)")
        if self.unready:
            reasons.append(f"{_count(self.unready, 'test')} could not be begun")
        return reasons


def _guarantee(report: CheckReport) -> str:
    facts = report.facts
    bound = facts.states + facts.k
    preamble = (
        "a preamble connection of the same test brings the ticket where one is needed"
        if report.role == "server"
        else "the client has been made to forget its session"
    )
    apart = (
        " ClientHello is not said behind a complete handshake, where it counts as unanswered."
        if report.profile.get("renegotiation") == "accepts"
        else ""
    )
    others = facts.tests - facts.judged
    how = f", {others} of them by their answers alone," if others else ","
    return (
        f"Let A be the {len(facts.alphabet)} symbols {', '.join(facts.alphabet)}; S the target, seen through the "
        "driver that says them and the abstraction that reads the answers (an alert is a warning or fatal, whatever "
        f"its kind); M the minimal machine of the profile above, with n = {facts.states} states; k = {facts.k}. Assume "
        "that S (H1) is deterministic and answers each symbol of A in each state, silence and the end being answers, "
        f"and what is closed stays closed; (H2) begins each test in one state ({preamble}), uninfluenced by earlier "
        f"tests, caches or time; (H3) has at most n + k = {bound} states; (H4) shows each answer before the next input "
        f"({report.waiting}). As all {facts.tests} tests passed{how} S and M then answer every "
        f"word over A alike. H2 was spot-checked: {_count(facts.repeated, 'test')} run again in another order (seed "
        f"{report.seed}), same answers. Nothing follows for messages that the driver does not say, for other profiles, "
        f"or for a larger S.{apart}"
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


# --- for programs -----------------------------------------------------------------------------------------------------


def check_json(report: CheckReport) -> Json:
    """The document of ``check --json``."""
    facts = report.facts
    return {
        "schema": SCHEMA,
        "target": report.target,
        "role": report.role,
        "profile": report.profile,
        "verdict": report.verdict,
        "suite": {
            "id": facts.id,
            "alphabet": list(facts.alphabet),
            "k": facts.k,
            "tests": facts.tests,
            "states": facts.states,
            "connections": facts.connections,
            "seconds": round(facts.seconds, 3),
            "run": facts.done,
            "repeated": facts.repeated,
            "uncut": facts.uncut,
            "seed": report.seed,
            "judged": facts.judged,
        },
        "guarantee": report.guarantee,
        "paired": {
            "runs": report.paired.runs,
            "compared": list(report.paired.compared),
            "clauses": sorted(report.paired.exercised),
            "notes": list(report.paired.notes),
        },
        "families": [
            {
                "name": run.family.name,
                "tests": run.made,
                "connections": run.connections,
                "not_exercised": [
                    {"test": ran.test.text, "why": ran.missed} for ran in run.tests if ran.missed
                ],
            }
            for run in report.families
        ],
        "findings": [_found_json(found) for found in report.findings],
        "deviations": [
            {"test": list(one.test), "expected": list(one.expected), "got": list(one.got)} for one in report.deviations
        ],
        "unstable": [list(test) for test in report.unstable],
        "not_exercised": [*report.not_exercised, *(f"{id} (no test put it at stake)" for id in report.untouched)],
        "interrupted": report.interrupted,
        "stopped": report.stopped or None,
    }


def _found_json(found: Found) -> Json:
    finding = found.finding
    return {
        "clause": finding.clause.id,
        "class": list(finding.class_ids),
        "level": finding.level,
        "verdict": finding.verdict,
        "party": finding.party.name.lower(),
        "trace": [step_name(step) for step in finding.trace],
        "expected": allowed_names(finding),
        "got": step_name(finding.trace[-1]),
        "why": finding.why,
        "test": list(found.test),
        "times": found.times,
        "family": found.beyond or None,
    }


# --- for people -------------------------------------------------------------------------------------------------------


def check_text(report: CheckReport, markup: bool = False) -> str:
    """The report as the user reads it: findings, deviations, the guarantee, what was run and what was not.

    :param markup: with rich's colour markup in the findings.
    """
    parts = [f"{report.target}, {report.role}: {report.verdict}", _wrapped(f"Profile: {_profile(report.profile)}.")]
    parts += [_found_text(found, markup) for found in report.findings]
    parts += [_deviation_text(one) for one in report.deviations[:_AT_MOST]]
    if len(report.deviations) > _AT_MOST:
        parts.append(f"... and {_count(len(report.deviations) - _AT_MOST, 'deviation')} more: see --json.")
    parts += [f"UNSTABLE   {' '.join(test)}\n  The second time, the answers were others." for test in report.unstable]
    if report.paired.runs:
        parts.append(_wrapped(_paired(report.paired)))
    if report.families:
        parts.append(_wrapped(_families(report.families)))
    parts.append(_wrapped(f"Guarantee: {report.guarantee}"))
    return "\n".join([*parts, last_line(report)])


def _found_text(found: Found, markup: bool) -> str:
    """A finding, and the test beyond the alphabet that showed it."""
    told = finding_text(found.finding, markup)
    return f"{told}\n  seen in:  {found.beyond}" if found.beyond else told


def _profile(profile: dict[str, str | bool]) -> str:
    return ", ".join(f"{name}={str(value).lower()}" for name, value in profile.items())


def _paired(paired: Paired) -> str:
    """What was compared, run by run."""
    first, *others = paired.compared or ("nothing",)
    compared = ", ".join((first, *(one.removeprefix("a ticket ") for one in others)))
    return " ".join((f"Paired runs: {paired.runs}, with {compared}.", *paired.notes))


def _families(families: Sequence[FamilyRun]) -> str:
    """What was played beyond the alphabet."""
    told = ", ".join(f"{run.family.name} {run.made}" for run in families)
    made, connections = sum(run.made for run in families), sum(run.connections for run in families)
    return f"Beyond the alphabet: {_count(made, 'test')} in {connections:,} connections ({told})."


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _deviation_text(one: Deviation) -> str:
    """A deviation, in the shape of a finding."""
    lines = ["DEVIATES   from the profile as probed; permitted", *(f"    {name}" for name in one.test)]
    lines.append(f"  seen: {_listed(one.got)}; when probed: {_listed(one.expected)}")
    return "\n".join(lines)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "nothing"


def last_line(report: CheckReport) -> str:
    """What was run, and what was not."""
    facts = report.facts
    tests = _count(facts.tests, "test") if facts.done == facts.tests else f"{facts.done} of {facts.tests} tests"
    missing = list(report.not_exercised)
    if report.untouched:
        missing.append(f"{_count(len(report.untouched), 'clause')} that no test put at stake (--json lists them)")
    return f"{tests}, {_count(facts.states, 'state')}, k={facts.k}. Not exercised: {'; '.join(missing) or 'nothing'}."
