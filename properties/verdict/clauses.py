"""One clause at length: what it says, how it is checked, what needs it, what exercises it, who was seen to follow it.

What is slow to work out (what falls without it, its tests, what stacks did) is read from :mod:`rfc5077.properties.
knowledge`.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache

from rfc5077.model.clause import Binds, Clause, Decided, Verdict
from rfc5077.model.clauses import family
from rfc5077.model.clauses.readings import reading
from rfc5077.model.systems import Bound, bound
from rfc5077.properties.knowledge.necessity import Fall, Row, row_of
from rfc5077.properties.knowledge.stacks import BY_HAND, Observation, observations
from rfc5077.properties.knowledge.tests import Exercise, exercise
from rfc5077.properties.verdict.formula import said

Json = dict[str, object]
WIDTH = 100
_LABEL = 16  # columns before a value
_LISTED = 6  # names that are listed before the rest is only counted
_MOVES = 12  # steps of a counterexample that are shown
_CITED = re.compile(r"\b(?:R\d{4}-(?:[\w.]+-\d+|\d\d)[a-z]?|K-\d\d)\b")
PERMITTED = "tests/properties/test_permissions.py"
"""Where it is shown that what is permitted is not refused."""


# --- what is known of a clause ----------------------------------------------------------------------------------------


def restating(clause: Clause) -> list[str]:
    """Ids of the other clauses that say the same from another side."""
    return [other.id for other in family(clause) if other is not clause]


def constraint(clause: Clause) -> str:
    """The constraint over one connection as it is written, over the party's state ``s`` and the event ``e``."""
    formula = clause.constraint or clause.hellos
    if formula is None:
        return ""
    lines = textwrap.dedent(inspect.getsource(formula)).splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("def "))
    return "\n".join(lines[start:])


@cache
def _lasting() -> dict[str, tuple[Bound, ...]]:
    found: dict[str, list[Bound]] = defaultdict(list)
    for row in bound():
        found[row.id].append(row)
    return {id: tuple(rows) for id, rows in found.items()}


def lasting(clause: Clause) -> tuple[Bound, ...]:
    """What the clause says of steps that outlast a connection, in the systems of many connections and of attackers."""
    return _lasting().get(clause.id, ())


def needed(clause: Clause) -> Row | None:
    """What falls without the clause and those that restate it; nothing if no model is bound by it."""
    return row_of(clause.id)


def shortest(row: Row | None) -> Fall | None:
    """The shortest run that shows what breaks."""
    falls = [fall for fall in row.falls if fall.moves] if row else []
    return min(falls, key=lambda fall: (fall.depth, fall.theorem), default=None)


def not_refused(clause: Clause) -> tuple[str, ...]:
    """The tests by which what is permitted is shown not to be refused."""
    return tuple(name for name in exercise(clause.id).cited if name.startswith(PERMITTED))


def deciding(clause: Clause) -> tuple[str, ...]:
    """The clauses that decide this one in its place, where it has no constraint: those it points to."""
    if clause.decided is not Decided.RESTATED:
        return ()
    named = [*_CITED.findall(clause.reason), *(id for ruling in clause.rulings for id in ruling.clauses)]
    return tuple(id for id in dict.fromkeys(named) if id != clause.id)


# --- for programs -----------------------------------------------------------------------------------------------------


def clause_as_json(clause: Clause) -> Json:
    """A catalogue entry under the keys that others rely on, and all that is known of it."""
    tests, row = exercise(clause.id), needed(clause)
    return {
        "id": clause.id,
        "document": clause.document,
        "section": clause.section,
        "level": clause.level.value,
        "binds": clause.binds.value,
        "verdict": clause.verdict.value,
        "text": clause.text,
        "observer": clause.observer.value,
        "mechanised": clause.mechanised,
        "decided": clause.decided.value,
        "permission": clause.permission,
        "reason": clause.reason or None,
        "reading": reading(clause.id) or None,
        "rulings": [
            {"party": r.party.value, "behaviour": r.behaviour, "answer": r.answer.value, "clauses": list(r.clauses)}
            for r in clause.rulings
        ],
        "class": clause.family or None,
        "restating": restating(clause),
        "constraint": constraint(clause) or None,
        "lasting": [{"system": one.system, "step": one.kind or None, "says": said(one.formula)}
                    for one in lasting(clause)],
        "theorems": [fall.theorem for fall in row.falls] if row else [],
        "necessity": _necessity_json(row),
        "decided_by": list(deciding(clause)),
        "tests": {"cited": list(tests.cited), "faults": list(tests.faults), "suite": list(tests.suite),
                  "kept": list(tests.kept), "broken": list(tests.broken)},
        "not_refused": list(not_refused(clause)),
        "stacks": [_observation_json(one) for one in observations(clause.id)],
    }  # fmt: skip


def _necessity_json(row: Row | None) -> Json | None:
    if row is None:
        return None
    falls = [{"theorem": f.theorem, "depth": f.depth, "moves": list(f.moves), "other": list(f.other)}
             for f in row.falls]  # fmt: skip
    return {"class": list(row.ids), "kind": row.kind, "why": row.why or None, "fault": row.fault or None,
            "falls": falls}  # fmt: skip


def _observation_json(one: Observation) -> Json:
    return {
        "stack": one.stack, "version": one.version, "role": one.role, "verdict": one.verdict, "saw": one.saw,
        "sources": [{"name": source.name, "digest": source.digest} for source in one.sources],
    }  # fmt: skip


# --- for people -------------------------------------------------------------------------------------------------------


def clause_page(clause: Clause) -> str:
    """One clause at length, as text."""
    row = needed(clause)
    code = textwrap.indent(constraint(clause), "    ")
    by_it = clause.decided is Decided.BY_CONSTRAINT
    over = f" over the bound party's {'hellos' if clause.hellos else 'state'} and the event:" if by_it else ""
    rows = [
        ("in", [_place(clause)]),
        ("not followed", [] if clause.permission and not clause.mechanised else [clause.verdict.value]),
        ("seen by", [clause.observer.value]),
        ("decided", [clause.decided.value + over]),
        ("because", _filled(clause.reason)),
        ("constraint", ["binds what no trace shows, and carries proofs:"] if code and not over else []),
        ("", [code] if code else []),
        ("read as", _filled(reading(clause.id))),
        ("lasting", _lasting_lines(clause)),
        ("rulings", _ruling_lines(clause)),
        ("same class", _filled(", ".join(restating(clause)))),
        ("theorems", _filled(", ".join(fall.theorem for fall in row.falls)) if row else []),
        ("without it", _loss_lines(clause, row)),
        ("not refused", [f"shown by {name}" for name in not_refused(clause)]),
        ("tests", [*_test_lines(exercise(clause.id)), *_deciding_lines(clause)] or ["none names it"]),
        ("stacks", _stack_lines(observations(clause.id))),
    ]
    head = f"{clause.id}  {clause.level.value}, binds {clause.binds.value}"
    text = textwrap.fill(clause.text, WIDTH, initial_indent="  ", subsequent_indent="  ")
    return "\n".join([head, text, *(line for name, values in rows for line in _row(name, values))])


def _place(clause: Clause) -> str:
    if clause.document == "K":
        return "a corner case"
    return f"RFC {clause.document}, section {clause.section}" if clause.section else f"RFC {clause.document}"


def _row(name: str, values: Sequence[str]) -> list[str]:
    if not name:
        return list(values)
    label = f"  {name + ':':<{_LABEL - 2}} "
    return [f"{label if not number else ' ' * len(label)}{value}" for number, value in enumerate(values)]


def _filled(text: str, later: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH - _LABEL, subsequent_indent=later, break_long_words=False)


def _lasting_lines(clause: Clause) -> list[str]:
    lines = []
    if any(one.system == "sessions" for one in lasting(clause)):
        lines.append("(A, B: the tickets that are followed; any: what the step may pick)")
    for one in lasting(clause):
        where = f"{one.system}, step {one.kind}" if one.kind else one.system
        lines += _filled(f"[{where}] {said(one.formula)}", "  ")
    return lines


def _ruling_lines(clause: Clause) -> list[str]:
    """What a corner case means for each party, one behaviour a line."""
    lines = []
    for ruling in clause.rulings:
        who = "a party" if ruling.party is Binds.BOTH else f"the {ruling.party.value}"
        named = f" ({', '.join(ruling.clauses)})" if ruling.clauses else ""
        lines += _filled(f"{ruling.answer.value}: {who} {ruling.behaviour}{named}", "  ")
    return lines


def _loss_lines(clause: Clause, row: Row | None) -> list[str]:
    """What breaks without the clause: a shortest run, or why nothing does."""
    fall = shortest(row)
    lines = []
    if fall is not None:
        lines += _filled(f"{fall.theorem} falls, by {_count(fall.depth, 'step')}:")
        for number, moves in enumerate((fall.moves, fall.other), 1):
            lines += ["  against this run:"] if number == 2 and moves else []
            lines += [f"  {move}" for move in moves[:_MOVES]]
            lines += [f"  … {len(moves) - _MOVES} more"] if len(moves) > _MOVES else []
    elif row is not None and row.why:
        lines += _filled(row.why)
    if row is not None and row.fault and row.fault not in row.why:
        lines.append(f"fault {row.fault} dies by it")
    if row is None and clause.mechanised and clause.verdict is Verdict.NOTE:
        return ["a note: it forbids nothing, so no theorem rests on it"]
    if clause.mechanised or lasting(clause):
        lines.append(f"see it:  rfc5077 prove --without {clause.id}")
    return lines


def _test_lines(tests: Exercise) -> list[str]:
    """What exercises the clause, by kind; the first names of each."""
    if not tests:
        return []
    suites = [f"the suite for a {role} puts it at stake" for role in tests.suite]
    return [
        *_listed("named by ", tests.cited),
        *suites,
        *_listed("broken in recording ", tests.broken),
        *_listed("at stake, and kept, in recording ", tests.kept),
        *_listed("found by it: fault ", tests.faults),
    ]


def _deciding_lines(clause: Clause) -> list[str]:
    """How much exercises the clauses that decide this one in its place."""
    lines = []
    for id in deciding(clause):
        tests = exercise(id)
        told = [f"the suite for a {role}" for role in tests.suite]
        told += [_count(len(names), noun) for names, noun in (
            (tests.cited, "test"), (tests.faults, "fault"), (tests.broken, "breaking recording"),
        ) if names]  # fmt: skip
        lines += _filled(f"by way of {id}: {', '.join(told)}", "  ") if told else []
    return lines


def _listed(what: str, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    names = sorted(names, key=lambda name: name.startswith("edited/"))  # what real stacks did before what was edited
    shown = ", ".join(names[:_LISTED])
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return _filled(f"{what}{shown}{more}", "  ")


def _stack_lines(seen: Iterable[Observation]) -> list[str]:
    """What stacks did, those that did the same together."""
    told: dict[tuple[str, str, str], list[Observation]] = defaultdict(list)
    for one in seen:
        told[one.verdict, one.role, one.saw].append(one)
    lines = []
    for (verdict, role, saw), alike in told.items():
        who = ", ".join(f"{one.stack} {one.version} [{_source(one)}]" for one in alike)
        lines += _filled(f"{verdict}: {role} {saw}: {who}", "  ")
    return lines


def _source(one: Observation) -> str:
    """Where it was seen, and how often."""
    first, *others = (source.name for source in one.sources)
    if first == BY_HAND:
        return first
    name = first.rpartition("/")[2]
    return f"{name} and {_count(len(others), 'other')}" if others else name


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"

