"""The table of flows is the figures of RFC 5077, section 3.1, and nothing else."""

from collections import Counter
from itertools import combinations

import pytest
import z3
from conversation import alarm, client, server

from rfc5077.model.event import CLIENT, SERVER, EventTerm, Message, Party
from rfc5077.model.flows import COMPLETE, FIGURES, FLOWS, HANDSHAKE, SHORT, Position, listed, speaks, target, walk
from rfc5077.model.logic import Term, constant, sort_of

M, P = Message, Position

# Typed from the figures: sender and message, those that may be missing marked with a star.
FULL_HELLO = "C ClientHello, S ServerHello, S Certificate*, S CertificateStatus*, S ServerKeyExchange*, "
FULL_MIDDLE = (
    "S CertificateRequest*, S ServerHelloDone, C Certificate*, C ClientKeyExchange, C CertificateVerify*, "
    "C ChangeCipherSpec, C Finished, "
)
DRAWN = {
    "1": FULL_HELLO + FULL_MIDDLE + "S NewSessionTicket, S ChangeCipherSpec, S Finished",
    "2": "C ClientHello, S ServerHello, S NewSessionTicket, S ChangeCipherSpec, S Finished, C ChangeCipherSpec, "
    "C Finished",
    "2b": "C ClientHello, S ServerHello, S ChangeCipherSpec, S Finished, C ChangeCipherSpec, C Finished",
    "3": FULL_HELLO + FULL_MIDDLE + "S ChangeCipherSpec, S Finished",
    "4": FULL_HELLO + FULL_MIDDLE + "S NewSessionTicket, S ChangeCipherSpec, S Finished",
}
Line = tuple[Party, Message]


def drawn(figure: str) -> list[tuple[Line, bool]]:
    """The lines of a figure, each with whether it may be missing."""
    lines = []
    for entry in DRAWN[figure].split(", "):
        sender, message = entry.rstrip("*").split()
        lines.append((({"C": CLIENT, "S": SERVER}[sender], M[message]), entry.endswith("*")))
    return lines


def variants(figure: str) -> set[tuple[Line, ...]]:
    """The figure with every choice of its optional messages."""
    lines = drawn(figure)
    optional = [number for number, (_, star) in enumerate(lines) if star]
    left_out = [set(some) for size in range(len(optional) + 1) for some in combinations(optional, size)]
    return {tuple(line for number, (line, _) in enumerate(lines) if number not in missing) for missing in left_out}


def paths(figure: str) -> set[tuple[Line, ...]]:
    """All ways through the table's column, from start to establishment."""
    waiting: list[tuple[Position, tuple[Line, ...]]] = [(P.START, ())]
    found = set()
    while waiting:
        position, said = waiting.pop()
        if position in COMPLETE:
            found.add(said)
            continue
        for row in HANDSHAKE:
            if row.position is position and figure in row.figures:
                waiting.append((row.target, (*said, (row.sender, row.message))))
    return found


def lawful(said: tuple[Line, ...]) -> bool:
    """Optional messages that come only together, as section 7.4 of RFC 5246 and section 8 of RFC 6066 have it."""
    certificate, status = (SERVER, M.Certificate) in said, (SERVER, M.CertificateStatus) in said
    request, mine = (SERVER, M.CertificateRequest) in said, (CLIENT, M.Certificate) in said
    return (certificate or not (status or request)) and (mine or (CLIENT, M.CertificateVerify) not in said) and (
        request or not mine
    )


@pytest.mark.parametrize("figure", FIGURES)
def test_a_column_walks_through_its_figure(figure):
    assert [(row.sender, row.message) for row in walk(figure)] == [line for line, _ in drawn(figure)]
    assert walk(figure)[-1].target in COMPLETE


@pytest.mark.parametrize("figure", FIGURES)
def test_a_column_allows_only_its_figure_with_optional_messages_left_out(figure):
    assert paths(figure) <= variants(figure)


@pytest.mark.parametrize("figure", FIGURES)
def test_a_column_allows_every_lawful_choice_of_optional_messages(figure):
    assert {said for said in variants(figure) if lawful(said)} <= paths(figure)


def test_nothing_is_said_twice_at_one_position():
    count = Counter((row.position, row.sender, row.message) for row in FLOWS)
    assert [key for key, times in count.items() if times > 1] == []


def test_every_row_stands_in_a_figure():
    assert all(row.figures for row in FLOWS)
    assert {figure for row in FLOWS for figure in row.figures} == set(FIGURES)


def test_before_a_handshake_is_complete_one_party_has_the_turn():
    turns = {p: {row.sender for row in HANDSHAKE if row.position is p} for p in P}
    assert {p for p, senders in turns.items() if len(senders) != 1} == {*COMPLETE, P.RENEGOTIATION}


def test_the_short_positions_are_those_of_the_abbreviated_handshake_alone():
    only_short = {row.target for row in HANDSHAKE if set(row.figures) <= {"2", "2b"}}
    assert only_short == set(SHORT)


def test_every_position_can_be_reached():
    assert {row.target for row in FLOWS} | {P.START} == set(P)


def at(formula: z3.ExprRef, position: z3.ExprRef, place: Position, e: EventTerm, event) -> z3.ExprRef:
    pairs = [(position, constant(place)), *((e.terms[name], value) for name, value in event.terms().items())]
    return z3.simplify(z3.substitute(formula, *pairs))


@pytest.mark.parametrize("place", P, ids=lambda p: p.name)
def test_the_symbolic_table_is_the_table(place):
    e, position = EventTerm("event"), z3.Const("position", sort_of(P))
    here = Term(P, position)
    rows = {(row.sender, row.message): row.target for row in FLOWS if row.position is place}
    for say in (client, server):
        for message in M:
            event = say(message)
            goal = rows.get((event.sender, message))
            known = z3.is_true(at(listed(here, e), position, place, e, event))
            assert known is (goal is not None or place is P.RENEGOTIATION)
            assert at(target(here, e).z3, position, place, e, event).eq(constant(goal or place))
    for party in Party:
        turn = z3.is_true(at(speaks(here, party), position, place, e, alarm(party)))
        assert turn is (place is P.RENEGOTIATION or any(sender is party for sender, _ in rows))


def test_an_unknown_figure_is_refused_by_name():
    with pytest.raises(ValueError, match="figure '5' is none of 1, 2, 2b, 3, 4"):
        walk("5")
