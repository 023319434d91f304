"""Both solvers at work on obligations, side by side."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Self

from rfc5077.model.proof.certificate import SECONDS, SOLVERS, Obligation, check

Progress = Callable[[str, int, int], None]
"""Told the name of the stage, how much is done and how much there is."""

BESIDE = 2
"""Processes for the second solver."""

GRACE = 30.0
"""Seconds beyond the limit after which a solver that does not answer is ended: it may still be starting."""


class Solvers:
    """Both solvers at work on obligations; one that was asked before is not asked again.

    cvc5, the slower of the two, works in processes beside this one, from the first obligation on; never in this one,
    which it would not let go before it is through.  Neither thinks longer than ``seconds`` about one obligation.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._helpers = [_Helper() for _ in range(BESIDE)]
        self._idle: SimpleQueue[_Helper] = SimpleQueue()
        for helper in self._helpers:
            self._idle.put(helper)
        self._threads = ThreadPoolExecutor(BESIDE)
        self._waiting: dict[Obligation, Future[str]] = {}
        self._named: dict[str, Obligation] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._threads.shutdown(cancel_futures=True)
        for helper in self._helpers:
            helper.dismiss()

    @property
    def asked(self) -> tuple[Obligation, ...]:
        """The obligations, in the order in which they were asked."""
        return tuple(self._waiting)

    def ask(self, obligations: Iterable[Obligation]) -> None:
        """Hands obligations over; the second solver begins at once.

        :raises ValueError: for one that has the name of another: a name stands for one formula, also in certificates.
        """
        for one in obligations:
            if one not in self._waiting:
                if self._named.setdefault(one.name, one) != one:
                    raise ValueError(f"two obligations are named {one.name}")
                self._waiting[one] = self._threads.submit(self._beside, one.script)

    def answers(self, tell: Progress) -> Answers:
        """What each solver makes of each obligation."""
        found = Answers()
        for number, one in enumerate(self._waiting):
            tell("z3 checks", number, len(self._waiting))
            begun = time.perf_counter()
            found.of["z3"][one] = check("z3", [one.script], self._seconds)[0]
            found.seconds[one] = time.perf_counter() - begun
        for number, (one, future) in enumerate(self._waiting.items()):
            tell("cvc5 checks", number, len(self._waiting))
            found.of["cvc5"][one] = future.result()
        return found

    def _beside(self, script: str) -> str:
        helper = self._idle.get()
        try:
            return helper.answer(script, self._seconds)
        finally:
            self._idle.put(helper)


class Answers:
    """Each solver's answer to each obligation, and the seconds that z3 took."""

    def __init__(self) -> None:
        self.of: dict[str, dict[Obligation, str]] = {solver: {} for solver in SOLVERS}
        self.seconds: dict[Obligation, float] = {}

    def worst(self, obligations: Iterable[Obligation]) -> dict[str, str]:
        """By solver ``unsat`` if it said so of all of them, else its first other answer."""
        every = tuple(obligations)
        return {solver: worst([self.of[solver][one] for one in every]) for solver in SOLVERS}

    def spent(self, obligations: Iterable[Obligation]) -> float:
        """The seconds that z3 took for them."""
        return sum(self.seconds[one] for one in obligations)


def worst(answers: Iterable[str]) -> str:
    """``unsat`` if all are, else the first that is not."""
    return next((answer for answer in answers if answer != "unsat"), "unsat")


class _Helper:
    """A process beside this one in which the second solver works."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        spawn = get_context("spawn")
        self._line, far = spawn.Pipe()
        self._process = spawn.Process(target=_serve, args=(far,), daemon=True)
        self._process.start()
        far.close()

    def answer(self, script: str, seconds: float) -> str:
        """What cvc5 says; ``unknown`` too where it does not keep to its time, or its process ends."""
        try:
            self._line.send((script, seconds))
            if self._line.poll(seconds + GRACE):
                return str(self._line.recv())
        except (EOFError, ConnectionError):
            pass
        self._process.kill()
        self.dismiss()
        self._begin()
        return "unknown"

    def dismiss(self) -> None:
        """Ends the process, which ends by itself when there is nobody to ask it."""
        self._line.close()
        self._process.join()


def _serve(line: Connection) -> None:
    """Answers until nobody asks any more; Ctrl-C is not its business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            script, seconds = line.recv()
            line.send(check("cvc5", [script], seconds)[0])
        except (EOFError, ConnectionError):
            return
