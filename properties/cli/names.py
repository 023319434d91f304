"""Names that a user types: found among the known ones, or refused with the nearest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from rfc5077.properties.errors import UsageError

if TYPE_CHECKING:
    from rfc5077.model.clause import Clause


SHOWN = 20
"""Names that are shown where none is near."""


def find_clause(catalogue: Sequence[Clause], name: str) -> Clause:
    """The clause of this id, however its letters are cased.

    Raises:
        UsageError: there is none; says the nearest.
    """
    ids = {clause.id.upper(): clause for clause in catalogue}
    if found := ids.get(name.upper()):
        return found
    advice = "List them: rfc5077 clause"
    section, _, number = name.upper().rpartition("-")
    last = max((i for i in ids if i.rpartition("-")[0] == section), key=_number, default=None)
    if last is not None and number.isdecimal() and int(number) > _number(last):
        raise UsageError(f"no clause {name}; {_place(section)} ends at {ids[last].id}", advice)
    same = [i for i in ids if number.isdecimal() and i.rpartition("-")[0] == section and _number(i) == int(number)]
    near = same or get_close_matches(name.upper(), ids, n=1, cutoff=0.0)
    hint = f"; the nearest is {ids[near[0]].id}" if near else ""
    raise UsageError(f"no clause {name}{hint}", advice)


def find_name(
    what: str, name: str, known: Iterable[str], advice: str | None = None, *, likeness: float = 0.6
) -> str:
    """The name itself, if it is known.

    Args:
        likeness: from 0 to 1, what a name has at least that is called near; with 0 one always is.

    Raises:
        UsageError: it is not; says the nearest, or some that there are if none is near.
    """
    names = list(known)
    if name in names:
        return name
    near = get_close_matches(name, names, n=1, cutoff=likeness)
    if near:
        raise UsageError(f"no {what} {name}; did you mean {near[0]}?", advice or "")
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    raise UsageError(f"no {what} {name}", advice or f"Known: {', '.join(names[:SHOWN])}{more}")


def _number(id: str) -> int:
    """The number at the end of an id, without the letter that some have."""
    digits = "".join(c for c in id.rpartition("-")[2] if c.isdecimal())
    return int(digits) if digits else 0


def _place(section: str) -> str:
    """How the ids of one prefix are called: a section of a document, or the corner cases."""
    document, _, number = section.partition("-")
    if not number:
        return "the list of corner cases"
    return f"section {number}" if document == "R5077" else f"section {number} of RFC {document.removeprefix('R')}"
