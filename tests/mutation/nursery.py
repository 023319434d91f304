"""Processes that mutants are forked from, one mutant at a time each, so that nothing is imported or collected twice.

A plain one has not imported the reference: for data, and for what is executed while modules are imported. The others
have imported it and collected its tests: there the code of a function is exchanged, and of the tests those are run that
execute the changed statement, what costs least first.
"""

import ast
import contextlib
import gc
import io
import multiprocessing
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from types import CodeType, FrameType, FunctionType

import pytest
from hypothesis import Phase, settings
from mutation import worker
from mutation.operators import Mutant

FORK = multiprocessing.get_context("fork")
PATIENCE = 400
"""Seconds by the clock on the wall for one mutant; a process that only waits uses no processor."""
WAITED = 60
"""The same for one test."""
SPENT = 5
"""Seconds of the processor for one test, and ten times what it takes without a fault."""


def forked(work: Callable[..., worker.Fate], *given: object) -> worker.Fate:
    """What work returns in a process of its own, or that it came to no end."""

    def child(connection: Connection) -> None:
        worker.limited()
        connection.send(work(*given))

    here, there = FORK.Pipe(duplex=False)
    process = FORK.Process(target=child, args=(there,))
    process.start()
    there.close()
    try:
        return here.recv() if here.poll(PATIENCE) else ("time", "the clock on the wall")
    except EOFError:
        process.join()
        if process.exitcode is None or process.exitcode >= 0:  # it was not ended by a limit
            raise RuntimeError("what runs a mutant failed itself") from None
        waited = process.exitcode == -signal.SIGALRM
        return "time", "the clock on the wall" if waited else "processor or memory"
    finally:
        here.close()
        process.kill()
        process.join()


def serve(connection: Connection, work: Callable[..., worker.Fate]) -> None:
    """Answers with a fate whatever comes, until nobody is there any more to ask."""
    while True:
        try:
            asked = connection.recv()
        except EOFError:
            return
        connection.send(forked(work, *asked))


def plain(others: list[Connection], connection: Connection, prepared: worker.Prepared) -> None:
    """Serves from a process without the reference. `others`: ends that are not this process's."""
    for other in others:
        other.close()
    serve(connection, lambda mutant, steps: worker.fate(mutant.module, mutant.source, steps, prepared))


def collected(
    others: list[Connection],
    connections: list[Connection],
    modules: Iterable[str],
    files: Iterable[str],
    prepared: worker.Prepared,
) -> None:
    """Serves from processes that have collected the tests; says first what was executed by then."""
    for other in others:
        other.close()
    settings.register_profile("mutants", database=None, phases=[Phase.explicit, Phase.generate])
    settings.load_profile("mutants")  # a test that fails is not made smaller
    nursery = Nursery(connections, tuple(modules), prepared)
    with contextlib.redirect_stdout(io.StringIO()):
        sys.setprofile(nursery.notice)
        arguments = [*worker.ARGUMENTS, "--tb=no", *(str(worker.TESTS / name) for name in files)]
        pytest.main(arguments, plugins=[nursery, nursery.first])


class Nursery:
    """A plugin of pytest that is there when all tests are collected, and stays."""

    def __init__(self, connections: list[Connection], modules: tuple[str, ...], prepared: worker.Prepared) -> None:
        self.connections, self.modules, self.prepared = connections, modules, prepared
        self.first = worker.First()
        self.executed: set[CodeType] = set()

    def notice(self, frame: FrameType, event: str, argument: object) -> None:
        """Keeps what is called before any test is run."""
        if event == "call":
            self.executed.add(frame.f_code)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        sys.setprofile(None)
        self.items = session.items
        names = {sys.modules[name].__file__: name for name in self.modules}
        early = {(names[code.co_filename], code.co_qualname) for code in self.executed if code.co_filename in names}
        self.functions = {
            (found.__module__, found.__code__.co_qualname): found
            for found in gc.get_objects()
            if isinstance(found, FunctionType) and found.__module__ in self.modules
        }
        self.heads = {name: list(heads(Path(path).read_text())) for path, name in names.items()}
        gc.collect()
        gc.freeze()  # no fork looks through what was there before it
        here, there = FORK.Pipe(duplex=False)
        measuring = FORK.Process(target=self.measure, args=(there, names))
        measuring.start()
        there.close()
        self.costs, self.lines, failed = here.recv()
        measuring.join()
        self.connections[0].send((failed, self.functions.keys() - early))
        for connection in self.connections[1:]:
            FORK.Process(target=serve, args=(connection, self.fate)).start()
        serve(self.connections[0], self.fate)
        return True

    def measure(self, connection: Connection, names: dict[str, str]) -> None:
        """Runs every test once without a fault: seconds of the processor, lines of the modules."""
        worker.limited(seconds=30 * worker.SECONDS)
        costs, lines = [], []
        for item, following in zip(self.items, [*self.items[1:], None], strict=True):
            seen: set[tuple[str, int]] = set()

            before = time.process_time()
            threading.settrace(tracer(names, seen))
            sys.settrace(tracer(names, seen))
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            sys.settrace(None)
            costs.append(time.process_time() - before)
            lines.append(seen)
        connection.send((costs, lines, self.first.name or self.first.not_loaded))

    def fate(self, mutant: Mutant, steps: Iterable[tuple[str, ...]]) -> worker.Fate:
        """Of a mutant of a function, in a process that is a fork of this one."""
        self.exchange(mutant)
        changed = {(mutant.module, line) for line in statement(self.heads[mutant.module], mutant.line)}
        chosen = [number for number, seen in enumerate(self.lines) if seen & changed]
        chosen.sort(key=lambda number: self.costs[number])
        for number, following in zip(chosen, [*chosen[1:], None], strict=False):
            within(SPENT + 10 * self.costs[number], WAITED)
            item = self.items[number]
            after = None if following is None else self.items[following]
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            if self.first.name:
                return "tests", self.first.name
        within(worker.SECONDS, PATIENCE)
        return worker.through([step for step in steps if step[0] != "tests"], self.prepared)

    def exchange(self, mutant: Mutant) -> None:
        """Gives a function the changed code."""
        function = self.functions[mutant.module, mutant.unit]
        module = compile(mutant.source, function.__code__.co_filename, "exec")
        (function.__code__,) = (code for code in codes(module) if code.co_qualname == mutant.unit)


def tracer(names: dict[str, str], seen: set[tuple[str, int]]) -> Callable[..., object]:
    """A function for `sys.settrace` that keeps the lines executed in the files of these names."""

    def line(frame: FrameType, event: str, argument: object) -> object:
        seen.add((names[frame.f_code.co_filename], frame.f_lineno))
        return line

    return lambda frame, event, argument: line if frame.f_code.co_filename in names else None


def within(spent: float, waited: int) -> None:
    """Ends this process unless it is called again in so many seconds, of the processor and by the clock."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = int(used.ru_utime + used.ru_stime + spent) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (min(hard, soft), hard))
    signal.alarm(waited)


def codes(code: CodeType) -> Iterator[CodeType]:
    """All that is compiled within."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from codes(constant)


def heads(text: str) -> Iterator[range]:
    """The lines of each statement; of one with others in it those before them, and, longer, all of it."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.stmt):
            inner = [child.lineno for child in ast.walk(node) if isinstance(child, ast.stmt) and child is not node]
            yield range(node.lineno, node.end_lineno + 1)
            if inner:
                yield range(node.lineno, max(node.lineno + 1, min(inner)))


def statement(found: list[range], line: int) -> range:
    """The lines of the statement that a line is of."""
    return min((lines for lines in found if line in lines), key=len)
