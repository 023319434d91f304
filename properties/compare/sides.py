"""Model and reference side by side: the suite of each profile is run, and what either side does alone is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rfc5077.model.clauses import binding
from rfc5077.model.event import CLIENT, SERVER
from rfc5077.properties.adapters.peer import Role
from rfc5077.properties.compare.configurations import CONFIGURATIONS, Configuration
from rfc5077.properties.suite.alphabets import Alphabet
from rfc5077.properties.suite.exercised import unbreakable
from rfc5077.properties.suite.runner import check
from rfc5077.properties.suite.summary import CheckReport
from rfc5077.properties.verdict.finding import NOTE

Progress = Callable[[str, int, int], None]
"""Told what is being compared, how many are done and how many there are."""

ROLES: tuple[Role, ...] = ("server", "client")
AT_MOST = 3
"""Differences of one configuration that the text shows."""

PARTIES = {"server": SERVER, "client": CLIENT}


@dataclass(frozen=True)
class Side:
    """One configuration of the reference beside the model's machine of its profile."""

    configuration: Configuration
    report: CheckReport

    @property
    def transitions(self) -> int:
        """How many the model's machine has."""
        return 0 if self.report.coverage is None else self.report.coverage.transitions

    @property
    def shown(self) -> int:
        """How many of them the reference showed."""
        return 0 if self.report.coverage is None else len(self.report.coverage.shown)

    @property
    def differences(self) -> tuple[str, ...]:
        """What one side does and the other does not, or what was not shown; each as a line."""
        report = self.report
        found = [
            f"{one.finding.verdict}: {one.finding.clause.id}"
            for one in report.findings
            if one.finding.verdict != NOTE and one.finding.clause.id not in self.configuration.advised
        ]
        found += [f"{id} is followed, though it should not be" for id in sorted(self._unseen())]
        found += [
            f"after {', '.join(one.test)}: the model says {_words(one.expected)}, the reference {_words(one.got)}"
            for one in report.deviations
        ]
        found += [f"another answer the second time: {', '.join(test)}" for test in report.unstable]
        found += [f"{report.unready} tests could not be begun"] if report.unready else []
        left = self.transitions - self.shown
        return (*found, *([f"{left} transitions of the model were not shown"] if left else []))


    def _unseen(self) -> frozenset[str]:
        """Advice that the configuration does not follow, and that nothing was found against."""
        return self.configuration.advised - {one.finding.clause.id for one in self.report.findings}


@dataclass(frozen=True)
class Comparison:
    """Everything side by side."""

    sides: tuple[Side, ...]

    @property
    def differences(self) -> int:
        """How many there are."""
        return sum(len(side.differences) for side in self.sides)

    def unexercised(self, role: Role) -> tuple[str, ...]:
        """The ids of mechanised clauses that bind the role and that no configuration put at stake.

        Those that nothing which is said can break are not among them.
        """
        silent = [set(side.report.untouched) for side in self.sides if side.configuration.role == role]
        missing = set.intersection(*silent) if silent else {entry.id for entry in binding(PARTIES[role])}
        missing -= unbreakable(PARTIES[role])
        return tuple(entry.id for entry in binding(PARTIES[role]) if entry.id in missing)


def compared(
    configurations: Sequence[Configuration] = CONFIGURATIONS, k: int = 0, alphabet: Alphabet = Alphabet.FULL,
    tell: Progress = lambda *_: None,
) -> Comparison:  # fmt: skip
    """Runs the complete suite (k states more than the model's) over an alphabet against each configuration.

    Raises UsageError if one of them completes no handshake, and KeyboardInterrupt if a check is broken off: a part of
    it compares nothing.
    """
    sides = []
    for number, one in enumerate(configurations):
        tell(f"{one.role} that {one.name}", number, len(configurations))
        report = check(one.role, one.make(), k=k, alphabet=alphabet)
        if report.interrupted:
            raise KeyboardInterrupt
        sides.append(Side(one, report))
    return Comparison(tuple(sides))


def _words(names: Sequence[str]) -> str:
    return ", ".join(names) or "nothing"


# --- for people and programs ------------------------------------------------------------------------------------------


def text(found: Comparison) -> str:
    """A table, the differences, and what nothing put at stake."""
    head = ("role", "configuration", "states", "transitions", "shown", "tests", "differences")
    body = [
        (
            side.configuration.role, side.configuration.name, str(side.report.facts.states),
            str(side.transitions), str(side.shown), str(side.report.facts.tests),
            str(len(side.differences) or "none"),
        )
        for side in found.sides
    ]  # fmt: skip
    widths = [max(map(len, column)) for column in zip(head, *body, strict=True)]
    lines = ["  ".join(map(_set, row, widths, range(len(head)))).rstrip() for row in (head, *body)]
    lines += ["", *(line for side in found.sides for line in _told(side))]
    lines += [line for role in ROLES for line in _clauses(found, role)]
    return "\n".join([*lines, summary(found)])


def _told(side: Side) -> list[str]:
    """The first differences of one configuration, and how many more there are."""
    who, left = f"{side.configuration.role} that {side.configuration.name}", len(side.differences) - AT_MOST
    lines = [f"{who}: {difference}" for difference in side.differences[:AT_MOST]]
    return [*lines, *([f"{who}: {left} more (all of them: --json)"] if left > 0 else [])]


def _set(cell: str, width: int, column: int) -> str:
    return cell.ljust(width) if column < 2 else cell.rjust(width)


def _clauses(found: Comparison, role: Role) -> list[str]:
    missing, unseen = found.unexercised(role), sorted(unbreakable(PARTIES[role]))
    bound = len(binding(PARTIES[role])) - len(unseen)
    line = f"{bound - len(missing)} of {bound} clauses that bind a {role} were put at stake"
    line += f"; not: {', '.join(missing)}" if missing else ""
    return [f"{line} (by proof, nothing that it says breaks {', '.join(unseen)})" if unseen else line]


def summary(found: Comparison) -> str:
    """The sums in a sentence."""
    facts = [side.report.facts for side in found.sides]
    shown, all_of_them = sum(side.shown for side in found.sides), sum(side.transitions for side in found.sides)
    connections = sum(one.connections for one in facts)
    return (
        f"{len(found.sides)} configurations, {shown} of {all_of_them} transitions of the model shown by the reference, "
        f"{sum(one.tests for one in facts)} tests over {connections} connections; "
        f"differences: {found.differences or 'none'}."
    )


def as_json(found: Comparison) -> dict[str, object]:
    """The same for programs."""
    return {
        "sides": [
            {
                "role": side.configuration.role,
                "configuration": side.configuration.name,
                "profile": side.report.profile,
                "suite": side.report.facts.id,
                "states": side.report.facts.states,
                "transitions": side.transitions,
                "shown": side.shown,
                "tests": side.report.facts.tests,
                "connections": side.report.facts.connections,
                "differences": list(side.differences),
            }
            for side in found.sides
        ],
        "clauses": {
            role: {
                "bound": len(binding(PARTIES[role])),
                "unbreakable": sorted(unbreakable(PARTIES[role])),
                "not_exercised": list(found.unexercised(role)),
            }
            for role in ROLES
        },
        "differences": found.differences,
    }
