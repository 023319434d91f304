"""What the Hypothesis machine shows of the model, beside what the suites show: pairs of state and event, and clauses.

It runs from several seeds, each time once with and once without Hypothesis being told which pairs are rare, so that it
can be seen what the telling is worth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean

from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from rfc5077.model.clauses import binding
from rfc5077.model.event import Event, Party
from rfc5077.model.run.conversation import Pair, conversation
from rfc5077.model.run.party import PARTIES
from rfc5077.properties.compare.reach import barred
from rfc5077.properties.suite.alphabet import symbol_name
from rfc5077.properties.suite.covered import Covered
from rfc5077.properties.suite.exercised import exercised, unbreakable
from rfc5077.properties.suite.stateful import TicketMachine, leaving_nothing, machine
from rfc5077.properties.suite.world import Refuted

SEEDS = (0, 1, 2)
LISTED = 12
"""Pairs that are left which the text shows."""

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is, and how much there is."""

Make = Callable[..., type[TicketMachine]]


@dataclass(frozen=True)
class Try:
    """Some runs from one seed."""

    seed: int
    aimed: bool
    """Whether Hypothesis was told which pairs are rare."""
    covered: Covered
    refuted: str = ""
    """The first line of what refuted the reference; empty if nothing did."""


@dataclass(frozen=True)
class Drawn:
    """All of them."""

    tries: tuple[Try, ...]

    @property
    def runs(self) -> int:
        """How many runs there were."""
        return sum(one.covered.runs for one in self.tries)

    @property
    def events(self) -> int:
        """How many events were seen, and looked for in the model."""
        return sum(one.covered.events for one in self.tries)

    @property
    def shown(self) -> frozenset[Pair]:
        """The pairs that some run showed."""
        return frozenset().union(*(one.covered.seen for one in self.tries))

    @property
    def left(self) -> tuple[Pair, ...]:
        """The pairs that no run showed, though nothing says that none can."""
        shown, out = self.shown, barred()
        return tuple(pair for pair in conversation().pairs if pair not in shown and pair not in out)

    @property
    def differences(self) -> tuple[str, ...]:
        """What the model does not explain, and what it should not have been possible to show; each as a line."""
        found = [f"seed {one.seed}: {one.refuted}" for one in self.tries if one.refuted]
        unknown = Counter[str]()
        for one in self.tries:
            unknown.update(one.covered.unexplained)
        found += [f"{name}: {times} times where no lawful conversation has it" for name, times in unknown.items()]
        refuting = [pair for pair in conversation().pairs if pair in self.shown and pair in barred()]
        return (*found, *(f"shown, yet out of reach ({barred()[pair]}): {told(pair)}" for pair in refuting))

    def pairs(self, aimed: bool) -> tuple[int, ...]:
        """How many pairs the runs from each seed showed."""
        return tuple(len(one.covered.seen) for one in self.tries if one.aimed is aimed)

    def unexercised(self, party: Party) -> tuple[str, ...]:
        """The ids of clauses that bind the party and that no run put at stake, though what is said could break them."""
        tracks = {track for one in self.tries for who, track in one.covered.places if who is party}
        missing = {entry.id for entry in binding(party)} - exercised(party, tracks) - unbreakable(party)
        return tuple(entry.id for entry in binding(party) if entry.id in missing)


def drawn(
    runs: int, seeds: Sequence[int] = SEEDS, tell: Progress = lambda *_: None, make: Make = machine
) -> Drawn:
    """Lets the machine run so many times from each seed, with and without aim.

    :param make: makes the machine: `machine` itself, or with parties of which one is not the reference.
    """
    tries = []
    for number, seed in enumerate(seeds):
        for aimed in (True, False):
            tell("runs of the Hypothesis machine", 2 * number + (not aimed), 2 * len(seeds))
            tries.append(_tried(runs, seed, aimed, make))
    return Drawn(tuple(tries))


def _tried(runs: int, seed: int, aimed: bool, make: Make) -> Try:
    """One of them; what refutes the reference is not made smaller, for it is not shown either."""
    covered = Covered()
    chosen = make(examples=runs, seed=seed, covered=covered, aimed=aimed)
    phases = [phase for phase in chosen.TestCase.settings.phases if phase is not Phase.shrink]
    with leaving_nothing():
        try:
            run_state_machine_as_test(chosen, settings=settings(chosen.TestCase.settings, phases=phases))
        except Refuted as error:
            return Try(seed, aimed, covered, str(error).splitlines()[0])
    return Try(seed, aimed, covered)


# --- for people and programs ------------------------------------------------------------------------------------------


def told(pair: Pair) -> str:
    """A pair with a shortest way to its state."""
    state, event = pair
    way = ", ".join(map(symbol_name, conversation().ways[state]))
    return f"{symbol_name(event)} after {way}" if way else f"{symbol_name(event)} at the beginning"


def _kind(event: Event) -> str:
    return f"{event.sender.name.lower()} {event.message.name}"


def table(found: Drawn) -> tuple[tuple[str, int, int, int, int], ...]:
    """For each kind of event: how many pairs the model has, were shown, are out of reach, and are left."""
    kinds = dict.fromkeys(_kind(event) for _, event in conversation().pairs)
    shown, left, out = (Counter(_kind(event) for _, event in pairs) for pairs in (found.shown, found.left, barred()))
    every = Counter(_kind(event) for _, event in conversation().pairs)
    rows = tuple((kind, every[kind], shown[kind], out[kind], left[kind]) for kind in kinds)
    return (*rows, ("all", every.total(), shown.total(), out.total(), left.total()))


def text(found: Drawn) -> str:
    """The table, the reasons, what is left, the clauses, and what the aim is worth."""
    head = ("the Hypothesis machine", "pairs", "shown", "out of reach", "left")
    rows = [head, *(tuple(map(str, row)) for row in table(found))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join((row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:]))) for row in rows]
    lines += [f"out of reach, {times} pairs: {why}" for why, times in Counter(barred().values()).most_common()]
    lines += [f"left: {told(pair)}" for pair in found.left[:LISTED]]
    lines += [f"left: {len(found.left) - LISTED} more (all of them: --json)"] if len(found.left) > LISTED else []
    lines += [f"difference: {difference}" for difference in found.differences]
    return "\n".join([*lines, *(_clauses(found, party) for party in PARTIES), _worth(found), summary(found)])


def _clauses(found: Drawn, party: Party) -> str:
    missing, bound = found.unexercised(party), len(binding(party)) - len(unbreakable(party))
    who = party.name.lower()
    line = f"{bound - len(missing)} of {bound} clauses that bind a {who} were put at stake by the machine"
    return f"{line}; not: {', '.join(missing)}" if missing else line


def _worth(found: Drawn) -> str:
    """What it is worth to tell Hypothesis which pairs are rare, whether much or nothing."""
    aimed, blind = found.pairs(aimed=True), found.pairs(aimed=False)
    each = ", ".join(f"{one} and {other}" for one, other in zip(aimed, blind, strict=True))
    return (
        f"aimed at rare pairs and not, from {len(aimed)} seeds: {each} pairs; "
        f"the aim is worth {mean(aimed) - mean(blind):+.1f} pairs a seed"
    )


def summary(found: Drawn) -> str:
    """The sums in a sentence."""
    conv = conversation()
    return (
        f"{found.runs} runs of the Hypothesis machine, {found.events} events; {len(found.shown)} of "
        f"{len(conv.pairs) - len(barred())} pairs in reach shown, of {len(conv.pairs)} in the {len(conv.table)} states "
        f"of the model; differences: {len(found.differences) or 'none'}."
    )


def as_json(found: Drawn) -> dict[str, object]:
    """The same for programs."""
    return {
        "runs": found.runs,
        "events": found.events,
        "states": len(conversation().table),
        "pairs": {kind: dict(zip(("model", "shown", "out_of_reach", "left"), row, strict=True))
                  for kind, *row in table(found)},
        "out_of_reach": dict(Counter(barred().values())),
        "left": [told(pair) for pair in found.left],
        "not_exercised": {party.name.lower(): list(found.unexercised(party)) for party in PARTIES},
        "tries": [
            {"seed": one.seed, "aimed": one.aimed, "runs": one.covered.runs, "pairs": len(one.covered.seen)}
            for one in found.tries
        ],
        "differences": list(found.differences),
    }  # fmt: skip
