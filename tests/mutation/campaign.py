"""The campaign: operator mutants of the reference's state machines and ticket code, against the suite and the tests.

    PYTHONPATH=tests python -m mutation.campaign                  # what is not known yet; can be broken off and goes on
    PYTHONPATH=tests python -m mutation.campaign --show survived  # what is known, by fate
    PYTHONPATH=tests python -m mutation.campaign --again survived # these once more, after new tests

Two at a time (`--jobs`), each mutant in a process of its own, in an order by lot. What is known is in `known.json`, by
the hash of what was changed into what: an edit of a function asks for its mutants alone.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from multiprocessing.connection import Connection, wait
from pathlib import Path

from mutation import nursery, worker
from mutation.equivalent import EQUIVALENT, told
from mutation.operators import OPERATORS, Mutant, mutants

KNOWN = Path(__file__).with_name("known.json")
REFERENCE = Path(__file__).resolve().parents[2] / "reference"

def tests(*names: str) -> tuple[str, ...]:
    """A step: these files of tests."""
    return ("tests", *names)


SERVER, CLIENT, MACHINE = ("suite", "server"), ("suite", "client"), ("machine",)
FLOWS = tests("reference/test_handshake_flows.py")
MORE = tests(*(f"reference/test_{name}.py" for name in (
    "margins", "handshake_negotiate", "handshake_offer", "connection", "handshake_extensions", "renegotiation",
    "rsa_key_exchange", "handshake_config", "replaceable", "key_log", "tls_1_3_peers", "suites_against_python_ssl",
    "against_python_ssl", "signature_schemes", "certificates", "hostile_input", "keys_suites", "keys_protection_cbc",
)), "alerts/test_alerts.py", "alerts/test_certificates.py")  # fmt: skip
TICKETS = tests(*(f"reference/test_ticket_{name}.py" for name in ("format", "key_formats", "key_ring", "store")))

BY_SERVER = (SERVER, FLOWS, MORE, TICKETS, MACHINE)
BY_CLIENT = (FLOWS, MORE, TICKETS, CLIENT, MACHINE)
BY_BOTH = (SERVER, FLOWS, MORE, TICKETS, CLIENT, MACHINE)
BY_TICKETS = (TICKETS, SERVER, FLOWS, MORE, CLIENT, MACHINE)
STEPS = {
    "handshake.server": BY_SERVER, "handshake.server_flight": BY_SERVER, "handshake.negotiate": BY_SERVER,
    "handshake.client": BY_CLIENT, "handshake.client_flight": BY_CLIENT, "handshake.offer": BY_CLIENT,
    "handshake.machine": BY_BOTH, "handshake.renegotiation": BY_BOTH, "handshake.extensions": BY_BOTH,
    "ticket.format": BY_TICKETS, "ticket.key_ring": BY_TICKETS, "ticket.store": BY_TICKETS,
    "ticket.session": BY_TICKETS, "ticket.aead_format": BY_TICKETS,
}  # fmt: skip
"""The modules, and what each mutant of them goes through: what is quick and likely to notice comes first."""


def everything() -> Iterator[Mutant]:
    """All mutants of the modules as they are."""
    for name in STEPS:
        path = REFERENCE.joinpath(*name.split(".")).with_suffix(".py")
        yield from mutants(f"rfc5077.reference.{name}", path.read_text())


def known() -> dict[str, worker.Fate]:
    """What is known, by key."""
    return {key: tuple(fate) for key, fate in json.loads(KNOWN.read_text()).items()} if KNOWN.exists() else {}


def keep(fates: dict[str, worker.Fate]) -> None:
    """Writes down what is known."""
    lines = (f"{json.dumps(key)}: {json.dumps(fates[key])}" for key in sorted(fates))
    KNOWN.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def _probed(connection: Connection) -> None:
    connection.send(worker.targets())


def prepare() -> worker.Prepared:
    """Machines and suites; the reference is asked for its profile in another process, for this one is to be forked."""
    here, there = nursery.FORK.Pipe()
    child = nursery.FORK.Process(target=_probed, args=(there,))
    child.start()
    targets = here.recv()
    child.join()
    worker.warm()
    return worker.prepared(targets)


def steps_of(mutant: Mutant) -> tuple[tuple[str, ...], ...]:
    """What a mutant goes through."""
    return STEPS[mutant.module.removeprefix("rfc5077.reference.")]


def helpers(jobs: int) -> tuple[list[Connection], list[Connection]]:
    """Starts the processes that mutants are forked from; the ends to ask them by, of plain ones and of the others."""
    prepared, pipes = prepare(), [nursery.FORK.Pipe() for _ in range(2 * jobs)]
    askers, served = [here for here, _ in pipes], [there for _, there in pipes]
    for there in served[:jobs]:
        others = [*askers, *(end for end in served if end is not there)]
        nursery.FORK.Process(target=nursery.plain, args=(others, there, prepared)).start()
    modules = [f"rfc5077.reference.{name}" for name in STEPS]
    given = [*askers, *served[:jobs]], served[jobs:], modules, MORE[1:] + FLOWS[1:] + TICKETS[1:], prepared
    nursery.FORK.Process(target=nursery.collected, args=given).start()
    for there in served:
        there.close()
    return askers[:jobs], askers[jobs:]


def run(todo: list[Mutant], jobs: int) -> Iterator[tuple[Mutant, worker.Fate]]:
    """The fates, as they come."""
    plain, collected = helpers(jobs)
    try:
        failed, functions = collected[0].recv()
        if failed:
            raise SystemExit(f"without any fault {failed} fails: no mutant can be judged by it")
        free, busy, waiting = list(zip(plain, collected, strict=True)), {}, iter(todo)
        while True:
            while free and (mutant := next(waiting, None)) is not None:
                pair = free.pop()
                chosen = pair[(mutant.module, mutant.unit) in functions]
                chosen.send((mutant, steps_of(mutant)))
                busy[chosen] = pair, mutant
            if not busy:
                return
            for chosen in wait(list(busy)):
                pair, mutant = busy.pop(chosen)
                free.append(pair)
                yield mutant, chosen.recv()
    finally:  # whoever serves stops when nobody can ask any more
        for connection in (*plain, *collected):
            connection.close()


def again(mutant: Mutant, kept: worker.Fate) -> worker.Fate:
    """The fate of one mutant by what killed it, found in a process of its own that has nothing of the reference."""
    kind, what = kept
    by = {"tests": (("tests", what),), "suite": (("suite", what[:6]),)}.get(kind, steps_of(mutant))
    return nursery.forked(worker.fate, mutant.module, mutant.source, by, {} if kind == "tests" else prepare())


KILLED = ("suite", "tests", "machine", "time")


def fate_told(mutant: Mutant, fates: dict[str, worker.Fate]) -> str:
    """How it ended; "equivalent" if it survived and an argument says why, "unknown" if it was not run."""
    fate = fates.get(mutant.key, ("unknown", ""))[0]
    return "equivalent" if fate == "survived" and told(mutant) in EQUIVALENT else fate


def table(fates: dict[str, worker.Fate], all_of_them: list[Mutant]) -> str:
    """How many met each fate, by module and by operator, and the score: killed of those loaded and not equivalent."""
    names = (*worker.FATES, "equivalent", "unknown")
    counts: dict[str, Counter[str]] = {row: Counter() for row in (*STEPS, *OPERATORS, "all")}
    for mutant in all_of_them:
        for row in (mutant.module.removeprefix("rfc5077.reference."), mutant.operator, "all"):
            counts[row][fate_told(mutant, fates)] += 1
    lines = [f"{'':<36}" + "".join(f"{name:>11}" for name in names)]
    lines += [f"{row:<36}" + "".join(f"{count[name]:>11}" for name in names) for row, count in counts.items()]
    killed, survived = sum(counts["all"][name] for name in KILLED), counts["all"]["survived"]
    return "\n".join([*lines, f"score: {killed} of {killed + survived} = {killed / max(1, killed + survived):.2%}"])


def main() -> None:
    """Runs what is not known yet, or shows what is."""
    parser = argparse.ArgumentParser(prog="python -m mutation.campaign")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--show", choices=[*worker.FATES])
    parser.add_argument("--again", choices=[*worker.FATES])
    parser.add_argument("--module", choices=[*STEPS])
    parser.add_argument("--parts", type=int, default=1, metavar="N", help="only one of N parts, drawn by the hash")
    parser.add_argument("--only", metavar="KEY", help="the fate of one, found anew by what found it, and not kept")
    asked = parser.parse_args()
    all_of_them, fates = list(everything()), known()
    if asked.only is not None:
        (mutant,) = (mutant for mutant in all_of_them if mutant.key == asked.only)
        print(json.dumps([mutant.key, *again(mutant, fates.get(mutant.key, ("", "")))]))
        return
    chosen = [mutant for mutant in all_of_them if asked.module in (None, mutant.module[len("rfc5077.reference.") :])]
    if asked.show:
        for mutant in chosen:
            if fates.get(mutant.key, ("", ""))[0] == asked.show:
                print(f"{mutant.module}:{mutant.line} {mutant.unit}: {mutant.operator} [{mutant.key}]")
                print(f"    {mutant.before} -> {mutant.after or 'nothing'}  {fates[mutant.key][1]}")
    else:
        part = [mutant for mutant in chosen if int(mutant.key, 16) % asked.parts == 0]
        todo = [mutant for mutant in part if fate_told(mutant, fates) == (asked.again or "unknown")]
        todo.sort(key=lambda mutant: mutant.key)  # by lot, so that what was done is a sample wherever it was broken off
        fates = {mutant.key: fates[mutant.key] for mutant in all_of_them if mutant.key in fates}
        for number, (mutant, fate) in enumerate(run(todo, asked.jobs), 1):
            fates[mutant.key] = fate
            print(f"{number}/{len(todo)} {mutant.module[18:]}:{mutant.line} {mutant.key} {' '.join(fate)}", flush=True)
            if number % 5 == 0:
                keep(fates)
        keep(fates)
    print(table(fates, all_of_them))


if __name__ == "__main__":
    main()
