"""The catalogue of sections 3.1 to 3.4: complete, in the order of the text, and every entry says what decides it.

Typed by hand from the requirements: id, level, whom the row binds, the weakest observer.
"""

import re
from itertools import pairwise

import pytest
import z3

from rfc5077.model.clause import Binds, Decided, Level, Observer, Verdict, verdict_of
from rfc5077.model.clauses import BY_ID, CATALOGUE, ROOMS, binding, binding_by_hellos, family
from rfc5077.model.event import CLIENT, SERVER, EventTerm
from rfc5077.model.parameters.event import HelloEventTerm
from rfc5077.model.parameters.watch import term_of_hellos
from rfc5077.model.run.party import term_of

MUST, MUST_NOT, SHOULD, MAY, PROSE, DERIVED = (
    Level.MUST, Level.MUST_NOT, Level.SHOULD, Level.MAY, Level.PROSE, Level.DERIVED,
)  # fmt: skip
LC_MAY, LC_SHOULD = Level.LC_MAY, Level.LC_SHOULD
BOTH, C, S = Binds.BOTH, Binds.CLIENT, Binds.SERVER
W, PAIR, K = Observer.WIRE, Observer.PAIR, Observer.KEYS
BY_CLIENT, BY_SERVER, I = Observer.DRIVING_CLIENT, Observer.DRIVING_SERVER, Observer.INSPECTION  # noqa: E741

ROWS = {
    "R5077-3.1-01": (PROSE, C, W),
    "R5077-3.1-02": (PROSE, C, PAIR),
    "R5077-3.1-03": (PROSE, S, W),
    "R5077-3.1-04": (PROSE, S, BY_CLIENT),
    "R5077-3.1-05": (PROSE, S, K),
    "R5077-3.1-06": (PROSE, S, W),
    "R5077-3.1-07": (PROSE, BOTH, W),
    "R5077-3.1-08": (PROSE, C, BY_SERVER),
    "R5077-3.1-09": (PROSE, C, PAIR),
    "R5077-3.1-10": (PROSE, S, K),
    "R5077-3.1-11": (LC_MAY, S, W),
    "R5077-3.1-12": (PROSE, BOTH, W),
    "R5077-3.1-13": (LC_MAY, S, BY_CLIENT),
    "R5077-3.1-14": (PROSE, S, W),
    "R5077-3.1-15": (PROSE, BOTH, W),
    "R5077-3.1-16": (LC_MAY, S, W),
    "R5077-3.1-17": (LC_MAY, S, W),
    "R5077-3.1-18": (PROSE, BOTH, W),
    "R5077-3.1-19": (DERIVED, C, BY_SERVER),
    "R5077-3.2-01": (PROSE, BOTH, I),
    "R5077-3.2-02": (LC_MAY, BOTH, W),
    "R5077-3.2-03": (PROSE, C, PAIR),
    "R5077-3.2-04": (MUST, C, W),
    "R5077-3.2-05": (MUST_NOT, C, BY_SERVER),
    "R5077-3.2-06": (PROSE, S, W),
    "R5077-3.2-07": (MUST, S, W),
    "R5077-3.2-08": (MUST_NOT, S, W),
    "R5077-3.2-09": (PROSE, S, BY_CLIENT),
    "R5077-3.2-10": (SHOULD, C, BY_SERVER),
    "R5077-3.2-11": (PROSE, BOTH, W),
    "R5077-3.2-12": (PROSE, BOTH, W),
    "R5077-3.3-01": (PROSE, S, W),
    "R5077-3.3-02": (MUST, S, W),
    "R5077-3.3-03": (MUST_NOT, S, W),
    "R5077-3.3-04": (PROSE, BOTH, K),
    "R5077-3.3-05": (MUST, S, BY_CLIENT),
    "R5077-3.3-06": (MUST_NOT, C, BY_SERVER),
    "R5077-3.3-07": (PROSE, S, W),
    "R5077-3.3-07c": (DERIVED, C, BY_SERVER),
    "R5077-3.3-08": (MAY, S, W),
    "R5077-3.3-09": (LC_SHOULD, C, BY_SERVER),
    "R5077-3.3-10": (DERIVED, S, BY_CLIENT),
    "R5077-3.3-11": (MUST_NOT, S, BY_CLIENT),
    "R5077-3.3-12": (PROSE, BOTH, W),
    "R5077-3.3-13": (PROSE, BOTH, W),
    "R5077-3.3-14": (PROSE, BOTH, W),
    "R5077-3.3-15": (PROSE, BOTH, BY_SERVER),
    "R5077-3.3-16": (SHOULD, C, BY_SERVER),
    "R5077-3.3-17": (MAY, C, BY_SERVER),
    "R5077-3.3-18": (MAY, S, BY_CLIENT),
    "R5077-3.4-01": (SHOULD, S, W),
    "R5077-3.4-02": (LC_MAY, S, W),
    "R5077-3.4-03": (PROSE, C, PAIR),
    "R5077-3.4-04": (MAY, C, W),
    "R5077-3.4-05": (MUST, S, W),
    "R5077-3.4-06": (DERIVED, S, W),
    "R5077-3.4-07": (MUST_NOT, S, BY_CLIENT),
    "R5077-3.4-08": (MUST_NOT, S, BY_CLIENT),
    "R5077-3.4-09": (MAY, C, W),
    "R5077-3.4-10": (PROSE, C, BY_SERVER),
}
NARROWER = {"R5077-3.2-12": C}  # the server's half is R5077-3.2-06: whatever body its extension has is too much
CORE = [entry for entry in CATALOGUE if re.match(r"R5077-3\.[1-4]-", entry.id)]


def test_every_row_of_the_core_sections_is_in_the_catalogue_once_and_in_order():
    assert [entry.id for entry in CORE] == list(ROWS)


@pytest.mark.parametrize("id", ROWS)
def test_a_row_has_its_level_its_party_and_its_observer(id):
    level, binds, observer = ROWS[id]
    entry = BY_ID[id]
    assert (entry.level, entry.binds, entry.observer) == (level, NARROWER.get(id, binds), observer)


ADVICE_OR_NOTE = {
    "R5077-3.1-13": Verdict.NOTE,  # a permission
    "R5077-3.2-10": Verdict.ADVICE,
    "R5077-3.3-09": Verdict.ADVICE,
    "R5077-3.3-16": Verdict.ADVICE,
    "R5077-3.4-01": Verdict.ADVICE,
}


@pytest.mark.parametrize("entry", CORE, ids=lambda entry: entry.id)
def test_what_is_not_followed_is_a_violation_unless_it_is_advice_or_permitted(entry):
    permitted = Verdict.NOTE if entry.permission else Verdict.VIOLATION
    assert entry.verdict is ADVICE_OR_NOTE.get(entry.id, permitted)


@pytest.mark.parametrize(
    "level, verdict",
    [
        (MUST, Verdict.VIOLATION), (MUST_NOT, Verdict.VIOLATION), (PROSE, Verdict.VIOLATION),
        (DERIVED, Verdict.VIOLATION), (SHOULD, Verdict.ADVICE), (Level.SHOULD_NOT, Verdict.ADVICE),
        (LC_SHOULD, Verdict.ADVICE), (Level.RECOMMENDED, Verdict.ADVICE), (Level.LC_MUST, Verdict.ADVICE),
        (MAY, Verdict.NOTE), (LC_MAY, Verdict.NOTE),
    ],
)  # fmt: skip
def test_the_verdict_follows_from_the_level(level, verdict):
    assert verdict_of(level, Binds.SERVER) is verdict


def prefix(room) -> str:
    """What the ids of a room begin with, from the name of its file."""
    name = room.__name__.rsplit(".", 1)[1]
    if name.startswith("section_"):
        return f"R5077-{name.removeprefix('section_').replace('_', '.')}-"
    known = {"appendix_a": "R5077-A-", "corner_cases": "K-", "corner_cases_of_sessions": "K-"}
    return known[name] if name in known else f"R{name.removeprefix('rfc').split('_')[0]}-"


def entries(room) -> list[str]:
    return [entry.id for entry in CATALOGUE if entry in vars(room).values()]


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.__name__.rsplit(".", 1)[1])
def test_a_room_holds_the_clauses_of_its_section_and_no_others(room):
    assert entries(room)
    others = {prefix(other) for other in ROOMS if other is not room}
    for id in entries(room):
        section = id.rsplit("-", 1)[0] + "-"
        # A section without a room of its own is at home with the section that it belongs to.
        inside = section.startswith((f"{prefix(room)[:-1]}.", f"{prefix(room)[:-1]}-"))
        assert section == prefix(room) or (inside and section not in others), id


def order(id: str) -> list[tuple[int, str]]:
    """Numbers compare as numbers, letters as letters."""
    return [(int(number or 0), letters) for number, letters in re.findall(r"(\d+)|(\D+)", id)]


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.__name__.rsplit(".", 1)[1])
def test_the_order_of_a_room_is_that_of_the_document(room):
    assert all(order(before) < order(after) for before, after in pairwise(entries(room)))


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.id)
def test_an_entry_has_a_constraint_or_a_reason_for_having_none(entry):
    shown = entry.mechanised and entry.decided is Decided.BY_CONSTRAINT
    assert shown == (not entry.reason)
    assert entry.text.endswith(".") and "\n" not in entry.text


@pytest.mark.parametrize("party", [CLIENT, SERVER], ids=lambda p: p.name)
def test_what_binds_a_party_is_mechanised_and_reads_only_its_state_and_the_event(party):
    state, event = term_of(party), EventTerm("event")
    hellos, utterance = term_of_hellos(party), HelloEventTerm("event")
    formulas = [(entry, entry.constraint(state, event)) for entry in binding(party)]
    formulas += [(entry, entry.hellos(hellos, utterance)) for entry in binding_by_hellos(party)]
    for entry, formula in formulas:
        assert entry.binds in (BOTH, C if party is CLIENT else S)
        names, waiting = set(), [formula]
        while waiting:
            node = waiting.pop()
            waiting.extend(node.children())
            if not node.num_args() and node.decl().kind() == z3.Z3_OP_UNINTERPRETED:
                names.add(node.decl().name())
        assert "event" in {name.split(".")[0] for name in names} <= {party.name.lower(), "event"}, entry.id


def test_binding_can_be_asked_for_one_verdict():
    advice = {entry.id for entry in binding(CLIENT, Verdict.ADVICE)}
    assert {"R5077-3.2-10", "R5077-3.3-09"} <= advice
    assert not advice & {entry.id for entry in binding(CLIENT, Verdict.VIOLATION)}


@pytest.mark.parametrize("entry", [e for e in CATALOGUE if e.family], ids=lambda entry: entry.id)
def test_a_family_is_the_same_for_all_its_members_and_has_more_than_one(entry):
    members = family(entry)
    assert entry in members and len(members) > 1
    assert all(family(other) == members for other in members)


def related(one, other) -> bool:
    """Whether one clause implies the other for a party that both bind, or both have parts that say the same."""
    for party in (CLIENT, SERVER):
        if not (one.binds.covers(party) and other.binds.covers(party)):
            continue
        for kind, state, event in (
            ("constraint", term_of(party), EventTerm("event")),
            ("hellos", term_of_hellos(party), HelloEventTerm("event")),
        ):
            if getattr(one, kind) is None or getattr(other, kind) is None:
                continue
            left, right = getattr(one, kind)(state, event), getattr(other, kind)(state, event)
            for stronger, weaker in ((left, right), (right, left)):
                solver = z3.Solver()
                solver.add(stronger, z3.Not(weaker))
                if solver.check() == z3.unsat:
                    return True
    return False


LOOSE = {
    # Two sides of one rule, of which neither implies the other.
    "R5077-3.4-06": "its view from inside the server has no counterpart in R5246-7.4.1.3-01",
    "R5246-7.4.1.3-01": "it speaks of stateful resumption and of the client as well",
    "R7627-5.2-01": "R7627-5.3-02 speaks of clients that hold such a session as well",
    "R7627-5.3-02": "R7627-5.2-01 speaks of hellos that offer nothing as well",
    "R5077-3.1-19": "R5077-3.4-10 speaks of the same refusal one message earlier",
    "R5077-3.4-10": "R5077-3.1-19 speaks of the same refusal one message later",
}


@pytest.mark.parametrize("entry", [e for e in CATALOGUE if e.family and e.mechanised], ids=lambda entry: entry.id)
def test_members_of_a_family_imply_one_another(entry):
    others = [other for other in family(entry) if other is not entry and other.mechanised]
    connected = not others or any(related(entry, other) for other in others)
    assert connected is (entry.id not in LOOSE)


def test_a_clause_knows_its_document_and_section():
    assert (BY_ID["R5077-3.3-02"].document, BY_ID["R5077-3.3-02"].section) == ("5077", "3.3")
    assert (BY_ID["R5246-7.4.1.3-01"].document, BY_ID["R5246-7.4.1.3-01"].section) == ("5246", "7.4.1.3")
    assert (BY_ID["K-13"].document, BY_ID["K-13"].section) == ("K", "")
