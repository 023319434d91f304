"""`prove --mutants`: what becomes of models with one thing wrong, as a table and as JSON."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from rfc5077.properties.cli.interrupt import at_once
from rfc5077.properties.cli.output import Progress, notice
from rfc5077.properties.files import write_whole

if TYPE_CHECKING:
    from rfc5077.properties.knowledge.mutants import Judged

WIDTH = 110


def compute(*, fresh: bool) -> Judged:
    """What becomes of all of them: from the package's data and the user's cache, the rest computed and kept there."""
    from rfc5077.properties.knowledge.mutants import judged, kept
    from rfc5077.properties.knowledge.store import Store, cache_folder

    store = Store({} if fresh else kept(), cache_folder("mutants"), fresh=fresh)

    def last_words() -> str:
        done = f"interrupted with {len(store.taken)} results taken from what is kept and {len(store.added)} computed"
        return f"{done}; run it again to go on from there" if not store.trouble else done

    with at_once(last_words), Progress() as progress:
        found = judged(store, progress.stage)
    if store.trouble:
        notice(store.trouble)
    return found


def keep(file: Path, found: Judged) -> None:
    """Writes what became of the mutants as the package's data.

    Raises:
        UsageError: the file cannot be written.
    """
    head = {
        "schema": "rfc5077/knowledge/mutants/1",
        "solvers": {"z3-solver": version("z3-solver")},
        "counts": found.counts(),
    }
    parts = [f'"{name}": {json.dumps(value, ensure_ascii=False)}' for name, value in head.items()]
    results = ",\n".join(
        f'"{key}": {json.dumps(found.results[key], ensure_ascii=False)}' for key in sorted(found.results)
    )
    write_whole(file, "{\n" + ",\n".join(parts) + ',\n"results": {\n' + results + "\n}\n}\n")


def mutants_json(found: Judged) -> dict[str, object]:
    """The document of `prove --mutants --json`."""
    rows = [
        {
            "model": mutant.model, "move": mutant.name,
            "change": mutant.change.kind, "of": mutant.change.shown or mutant.change.place,
            "fate": fate.kind, "theorem": fate.theorem or None, "depth": fate.depth or None, "why": fate.why or None,
        }
        for mutant, fate in found.fates.items()
    ]  # fmt: skip
    taken = {"taken": found.taken, "computed": len(found.results) - found.taken}
    return {"mutants": rows, "counts": found.counts(), "survivors": survivors(found), "results": taken}


def survivors(found: Judged) -> list[str]:
    """The mutants that no theorem notices, although they are not the same; and those of which that is not known."""
    from rfc5077.model.proof.mutation import FREE, SURVIVES, UNDECIDED

    return [str(mutant) for mutant, fate in found.fates.items() if fate.kind in (*FREE, SURVIVES, UNDECIDED)]


_COLUMNS = ("mutants", "theorem", "idle", "alike", "survive", "undecided")


def mutants_text(found: Judged, *, statements: bool) -> str:
    """A line per model and a summary; with ``statements`` also each mutant that survives."""
    from rfc5077.model.proof.mutation import ALIKE, FREE, SURVIVES, UNDECIDED

    groups = (("refuted", "vacuous"), ("idle",), ALIKE, (*FREE, SURVIVES), (UNDECIDED,))
    lines = [f"{'model':<24}" + "".join(f"{name:>10}" for name in _COLUMNS), ""]
    totals = [0] * len(_COLUMNS)
    for model, counts in found.counts().items():
        row = [counts.total(), *(sum(counts[kind] for kind in kinds) for kinds in groups)]
        totals = [total + one for total, one in zip(totals, row, strict=True)]
        lines.append(f"{model:<24}" + "".join(f"{one:>10}" for one in row))
    if statements:
        lines += ["", "No theorem notices these", "", *(_short(one) for one in survivors(found))]
    return "\n".join([*lines, "", *_summary(totals, found)])


def _short(text: str) -> str:
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 3]}..."


def _summary(totals: list[int], found: Judged) -> list[str]:
    mutants, fallen, idle, alike, alive, unknown = totals
    return [
        f"{mutants} mutants: {fallen} fall to a theorem: a run refutes it, or its condition never comes about;",
        f"{idle} take a move away for good; {alike} are alike in all that theorems can see;",
        f"{alive} survive: every theorem is true of them; {unknown} are undecided (-v lists both).",
        f"{found.taken} results were taken from what is kept, {len(found.results) - found.taken} computed.",
    ]
