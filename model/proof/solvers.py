"""Both solvers at work on obligations, side by side."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Self

from rfc5077.model.proof.certificate import SECONDS, SOLVERS, Obligation, check

Progress = Callable[[str, int, int], None]
"""Told the name of the stage, how much is done and how much there is."""

BESIDE = 2
"""Processes for the second solver."""


class Solvers:
    """Both solvers at work on obligations; one that was asked before is not asked again.

    cvc5, the slower of the two, works in processes beside this one, from the first obligation on; never in this one,
    which it would not let go before it is through.  Neither thinks longer than ``seconds`` about one obligation.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._beside = ProcessPoolExecutor(BESIDE, mp_context=get_context("spawn"), initializer=_helper)
        self._waiting: dict[Obligation, Future[list[str]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._beside.shutdown(cancel_futures=True)

    @property
    def asked(self) -> tuple[Obligation, ...]:
        """The obligations, in the order in which they were asked."""
        return tuple(self._waiting)

    def ask(self, obligations: Iterable[Obligation]) -> None:
        """Hands obligations over; the second solver begins at once."""
        for one in obligations:
            if one not in self._waiting:
                self._waiting[one] = self._beside.submit(check, "cvc5", [one.script], self._seconds)

    def answers(self, tell: Progress) -> Answers:
        """What each solver makes of each obligation."""
        found = Answers()
        for number, one in enumerate(self._waiting):
            tell("z3 checks", number, len(self._waiting))
            begun = time.perf_counter()
            found.of["z3"][one.name] = check("z3", [one.script], self._seconds)[0]
            found.seconds[one.name] = time.perf_counter() - begun
        for number, (one, future) in enumerate(self._waiting.items()):
            tell("cvc5 checks", number, len(self._waiting))
            found.of["cvc5"][one.name] = future.result()[0]
        return found


class Answers:
    """Each solver's answer to each obligation, by its name, and the seconds that z3 took."""

    def __init__(self) -> None:
        self.of: dict[str, dict[str, str]] = {solver: {} for solver in SOLVERS}
        self.seconds: dict[str, float] = {}

    def worst(self, obligations: Iterable[Obligation]) -> dict[str, str]:
        """By solver ``unsat`` if it said so of all of them, else its first other answer."""
        names = [one.name for one in obligations]
        return {solver: worst([self.of[solver][name] for name in names]) for solver in SOLVERS}

    def spent(self, obligations: Iterable[Obligation]) -> float:
        """The seconds that z3 took for them."""
        return sum(self.seconds[one.name] for one in obligations)


def worst(answers: Iterable[str]) -> str:
    """``unsat`` if all are, else the first that is not."""
    return next((answer for answer in answers if answer != "unsat"), "unsat")


def _helper() -> None:
    """A process beside this one: Ctrl-C is not its business, and it does not outlive its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    if parent := parent_process():
        parent.join()
        os._exit(1)
