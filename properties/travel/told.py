"""Journeys as a user reads them: one at length, all as a table, either as JSON."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence

from rfc5077.model.event import Event
from rfc5077.model.run.machine import Output
from rfc5077.properties.suite.alphabet import symbol_name
from rfc5077.properties.suite.alphabets import Alphabet
from rfc5077.properties.suite.failures import Failure
from rfc5077.properties.travel.journey import Journey, Passage
from rfc5077.properties.travel.offence import role_of
from rfc5077.properties.verdict.explain import Row, finding_text, ladder
from rfc5077.properties.verdict.judge import name_of
from rfc5077.properties.verdict.proofs import joint_ladder

Json = dict[str, object]
WIDTH = 100
INDENT = "    "


def script_of(journey: Journey) -> Failure:
    """What is said, as a kept failure: the reference has it fixed, the faulty endpoint still fails."""
    words = tuple(map(symbol_name, journey.offence.word))
    clause = journey.finding.clause.id
    same = tuple(dict.fromkeys((clause, *journey.finding.class_ids)))
    return Failure(role_of(journey.offence.party), ("reference",), Alphabet.FULL, 0, clause, same, words)


# --- one --------------------------------------------------------------------------------------------------------------


def passage_text(passage: Passage) -> str:
    """One class: its counterexample, what is said, and how both endpoints take it; or why nothing is said."""
    head = f"Without {', '.join(passage.ids)}:"
    if not isinstance(passage, Journey):
        return f"{head} {passage.kind}.\n{_filled(passage.why)}"
    offence, role = passage.offence, role_of(passage.offence.party)
    refuted = f"the theorem {offence.theorem} fails" if offence.theorem else f"a {role} may step aside"
    if not passage.freed:
        refuted = f"what a {role} does is still forbidden by others; it is the first to forbid it"
    said = [f"{INDENT}{symbol_name(symbol)}" for symbol in offence.word]
    answer = "refuses it" if passage.refused else "COMMITS IT, TOO"
    return "\n".join([
        f"{head} {refuted}.", "", _run_text(passage), "",
        f"What is said to a {role}:", *said, "",
        f"The reference {answer}; to the last it says: {_answer(passage.by_reference.outputs[-1])}", "",
        f"Without the defence, {passage.fault.id}:", _filled(passage.fault.text), "",
        textwrap.indent(finding_text(passage.finding), INDENT),
    ])  # fmt: skip


def _run_text(journey: Journey) -> str:
    mark = "here the claim fails"
    if journey.steps:
        return joint_ladder(journey.steps, mark)
    rows = [Row(event.sender.name.lower(), _short(event)) for event in journey.offence.run]
    rows[-1] = Row(rows[-1].sender, rows[-1].text, "the offence")
    return ladder(rows, INDENT)


def _short(event: Event) -> str:
    return symbol_name(event).partition(":")[2]


def _answer(said: Output) -> str:
    return ", ".join(name_of(event).partition(":")[2] for event in said) or "nothing"


def _filled(text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)


# --- all --------------------------------------------------------------------------------------------------------------


def passages_text(passages: Sequence[Passage]) -> str:
    """One line for each class, and how many travel."""
    width = max((len(one.ids[0]) for one in passages), default=0)
    lines = [f"{one.ids[0]:<{width}}  {_line(one)}" for one in passages]
    journeys = [one for one in passages if isinstance(one, Journey)]
    theorems = sum(bool(one.offence.theorem) for one in journeys)
    alone = sum(one.freed for one in journeys) - theorems
    exact = sum(one.exactly for one in journeys)
    lines += [
        "",
        f"{len(journeys)} of {len(passages)} classes travel: {theorems} by the refutation of a theorem, {alone} by a"
        " step that they alone forbid, the others by one that they are the first to forbid;",
        f"{exact} arrive message for message; the reference refuses {sum(one.refused for one in journeys)}.",
    ]
    stays = Counter(one.kind for one in passages if not isinstance(one, Journey))
    lines += [f"{number:>4}  {kind}" for kind, number in stays.most_common()]
    return "\n".join(lines)


def _line(one: Passage) -> str:
    if not isinstance(one, Journey):
        return f"-          {one.kind}: {one.why}"
    offence = one.offence
    answer = "refused" if one.refused else "COMMITTED"
    source = offence.theorem or ("a step aside" if one.freed else "a step that others forbid, too")
    said = f"{len(offence.word)} said to a {role_of(offence.party)}"
    return f"travelled  {source}: {said}, {answer}; {one.fault.id} shows {'it' if one.exactly else 'another'}"


def passages_json(passages: Sequence[Passage]) -> Json:
    """The body of the document."""
    journeys = [one for one in passages if isinstance(one, Journey)]
    summary = {"classes": len(passages), "travelled": len(journeys), "refused": sum(one.refused for one in journeys)}
    return {"classes": [_json(one) for one in passages], "summary": summary}


def _json(one: Passage) -> Json:
    if not isinstance(one, Journey):
        return {"clauses": list(one.ids), "status": one.kind, "why": one.why}
    return {
        "clauses": list(one.ids), "status": "travelled", "theorem": one.offence.theorem or None,
        "role": role_of(one.offence.party), "word": [symbol_name(symbol) for symbol in one.offence.word],
        "offence": name_of(one.offence.event), "exactly": one.exactly, "freed": one.freed, "refused": one.refused,
        "reference": [name_of(event) for event in one.by_reference.outputs[-1]],
        "fault": one.fault.id, "named": one.finding.clause.id,
    }  # fmt: skip
