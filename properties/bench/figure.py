"""A speed figure: what was measured, what is claimed, and whether the claim holds here and now."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import median
from typing import TypeVar

T = TypeVar("T")

Clock = Callable[[], float]
"""Seconds, from any origin."""


class Bound(Enum):
    """On which side of its target a figure has to be."""

    LEAST = "at least"
    MOST = "at most"


@dataclass(frozen=True, slots=True)
class Target:
    """What is claimed, in the unit of its figure."""

    bound: Bound
    value: float

    def meets(self, value: float) -> bool:
        """Whether a measured value is on the right side."""
        return value >= self.value if self.bound is Bound.LEAST else value <= self.value


def least(value: float) -> Target:
    """A figure has to be this or more."""
    return Target(Bound.LEAST, value)


def most(value: float) -> Target:
    """A figure has to be this or less."""
    return Target(Bound.MOST, value)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure."""

    name: str
    value: float | None
    """None if it could not be measured; ``reason`` says why."""
    unit: str
    target: Target | None
    """None for a figure that is there for information."""
    against: str
    """What was measured, or with whom it was compared, versions included."""
    reason: str = ""
    """Why nothing is said about the target, or why it is missed although the value would meet it."""
    failed: bool = False
    """Whether what was timed went wrong, so that the target is missed however fast it was."""

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none, where nothing was measured, or where it is not fair."""
        if self.failed:
            return False
        if self.target is None or self.value is None or self.reason:
            return None
        return self.target.meets(self.value)


Measure = Callable[[], tuple[Figure, ...]]
"""Measures once; its docstring says how."""


@dataclass(frozen=True, slots=True)
class Bench:
    """A row of the table: a name that users type, and what it measures."""

    name: str
    measure: Measure
    long: bool = False
    """Minutes: measured only where it is named."""

    @property
    def method(self) -> str:
        """How it is measured, in one paragraph."""
        return " ".join((inspect.getdoc(self.measure) or "").split())


def figure_json(figure: Figure, method: str) -> dict[str, object]:
    """A figure under the keys that others rely on."""
    target = figure.target
    return {
        "name": figure.name,
        "value": None if figure.value is None else _rounded(figure.value),
        "unit": figure.unit,
        "target": None if target is None else target.value,
        "bound": None if target is None else target.bound.value,
        "against": figure.against,
        "met": figure.met,
        "reason": figure.reason or None,
        "method": method,
    }


def figure_text(figure: Figure) -> str:
    """One line: name, value, target, whether it is met, and against what."""
    value = "-" if figure.value is None else f"{_shown(figure.value)} {figure.unit}"
    target = "" if figure.target is None else f"{figure.target.bound.value} {_shown(figure.target.value)}"
    word = {True: "met", False: "MISSED", None: ""}[figure.met]
    against = f"{figure.against} ({figure.reason})" if figure.reason else figure.against
    return f"{figure.name:<18} {value:>19}  {target:<18} {word:<6} {against}".rstrip()


def _shown(value: float) -> str:
    return f"{_rounded(value):,.0f}" if value >= 1000 else f"{value:.3g}"


def _rounded(value: float) -> float:
    """Three digits are more than any of this is exact to; whole numbers beyond that."""
    return float(f"{value:.3g}") if value < 1000 else float(round(value))


def rate(work: Callable[[T], int], portions: Sequence[T], clock: Clock = time.process_time) -> float:
    """How many items a second ``work`` does: it takes a portion and returns how many items that were.

    Each portion is timed once; the first one warms up and does not count; the median of the others does.  The clock is
    this process's time on the processor, so that other processes do not count.
    """
    rates = []
    for portion in portions:
        begun = clock()
        done = work(portion)
        rates.append(done / (clock() - begun))
    return median(rates[1:])
