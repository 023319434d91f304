"""The catalogue against the inventory of requirements: every row and every corner case, once, with what decides it.

`inventory.txt` was written apart from the catalogue.  Where reading the texts led to another answer than it has, the
row is in one of the tables below, with the reason.
"""

import re
from pathlib import Path

import pytest

from rfc5077.model.clause import (
    Answer,
    Binds,
    Decided,
    Level,
    Observer,
    Ruling,
    Verdict,
    allowed,
    corner,
    forbidden,
    left_open,
    stated,
    unwise,
    verdict_of,
)
from rfc5077.model.clauses import BY_ID, CATALOGUE, ROOMS, family
from rfc5077.model.clauses.readings import READINGS
from rfc5077.model.event import CLIENT, SERVER

LINES = (Path(__file__).with_name("inventory.txt")).read_text(encoding="utf-8").splitlines()
INVENTORY = {id: tuple(row) for id, *row in (line.split() for line in LINES if not line.startswith("#"))}
ROWS = {id: row for id, row in INVENTORY.items() if not id.startswith("K-")}
CORNERS = [id for id in INVENTORY if id.startswith("K-")]

LEVELS = {
    "MUST": Level.MUST,
    "MUST-NOT": Level.MUST_NOT,
    "SHOULD": Level.SHOULD,
    "SHOULD-NOT": Level.SHOULD_NOT,
    "MAY": Level.MAY,
    "RECOMMENDED": Level.RECOMMENDED,
    "lc-must": Level.LC_MUST,
    "lc-should": Level.LC_SHOULD,
    "lc-may": Level.LC_MAY,
    "PROSE": Level.PROSE,
    "DERIVED": Level.DERIVED,
}
PARTIES = {
    "client": Binds.CLIENT,
    "server": Binds.SERVER,
    "both": Binds.BOTH,
    "deployer": Binds.DEPLOYER,
    "old-server": Binds.OLD_SERVER,
}
OBSERVERS = {
    "W": Observer.WIRE,
    "W+": Observer.PAIR,
    "K": Observer.KEYS,
    "S": Observer.DRIVING_CLIENT,
    "C": Observer.DRIVING_SERVER,
    "I": Observer.INSPECTION,
}

READ_OTHERWISE = {
    # The sentence has a lower-case may.
    "R5077-1-01": (Level.LC_MAY, Binds.BOTH, Observer.DRIVING_CLIENT),
    # What the server sends is R5077-3.2-06.
    "R5077-3.2-12": (Level.PROSE, Binds.CLIENT, Observer.WIRE),
    # The text notes that a client may come with the old ticket; that it is answered follows.
    "R5077-3.3-10": (Level.DERIVED, Binds.SERVER, Observer.DRIVING_CLIENT),
    # The text permits the sender; that the reader copes follows.
    "R5246-6.2.1-01": (Level.DERIVED, Binds.BOTH, Observer.WIRE),
    # The end of the connection, which is on the wire; that the session is forgotten is R5246-7.2.2-01.
    "R5246-7.2-01": (Level.PROSE, Binds.BOTH, Observer.WIRE),
    # What the client sends in an abbreviated handshake is R5246-7.4-01.
    "R5246-7.3-02": (Level.MUST, Binds.SERVER, Observer.WIRE),
    # What the echo means binds who concludes from it, too.
    "R5246-7.4.1.3-01": (Level.PROSE, Binds.BOTH, Observer.WIRE),
    # A lower-case must.
    "R5246-7.4.1.3-02": (Level.LC_MUST, Binds.SERVER, Observer.PAIR),
    # The text speaks of the server's choice alone.
    "R5246-7.4.1.3-03": (Level.PROSE, Binds.SERVER, Observer.WIRE),
    # The text says what the field is; that the client checks it follows.
    "R5246-7.4.1.3-04": (Level.DERIVED, Binds.CLIENT, Observer.DRIVING_SERVER),
    # The text speaks of the server's choice alone.
    "R5246-7.4.1.3-06": (Level.PROSE, Binds.SERVER, Observer.PAIR),
    # The text says what the message is for; that it is verified follows.
    "R5246-7.4.8-02": (Level.DERIVED, Binds.SERVER, Observer.DRIVING_CLIENT),
    # A lower-case should.
    "R5246-F.1.4-01": (Level.LC_SHOULD, Binds.BOTH, Observer.DRIVING_CLIENT),
}

JUDGED_OTHERWISE = {
    "R5077-3-01": Verdict.ADVICE,  # an expectation
    "R5077-4-06": Verdict.ADVICE,  # of the recommended layout
    "R5077-4-12": Verdict.ADVICE,  # lets the server, demands nothing
    "R5077-4-15": Verdict.ADVICE,  # says what others may need
    "R5077-5.4-01": Verdict.ADVICE,  # of the recommended layout
    "R5077-5.6-01": Verdict.ADVICE,  # whose decision it is fixes nothing on the wire
    "R5077-5.6-04": Verdict.ADVICE,  # an expectation
    "R5077-5.8-01": Verdict.ADVICE,  # explains R5077-5.2-01
    "R5246-7.2.2-01": Verdict.ADVICE,  # K-20: RFC 5077 calls it harmless
    "R5246-7.2.2-02": Verdict.ADVICE,  # an alert that was sent may be lost
    "R5246-7.4.1.3-02": Verdict.VIOLATION,  # K-24: it fixes what is on the wire
    "R8446-4.2.11-01": Verdict.NOTE,  # an account, no demand
    "R8447-01": Verdict.NOTE,  # names are on no wire
}

PERMITTED_IN_PLAIN_TEXT = {"R5077-5.1-01", "R5246-7.2.1-01", "R5746-3.6-02"}


def test_the_catalogue_holds_every_row_and_every_corner_case_once_and_in_the_order_of_the_documents():
    assert [entry.id for entry in CATALOGUE] == list(INVENTORY)


def place(id: str) -> tuple[list[tuple[int, str]], str]:
    """Section and number; sections compare by number, appendices come after them, by letter."""
    section, _, number = id.partition("-")[2].rpartition("-")
    parts = [part for part in section.split(".") if part]
    return [(int(part), "") if part.isdigit() else (1000, part) for part in parts], number


def test_the_inventory_itself_is_in_order():
    documents = list(dict.fromkeys(id.partition("-")[0] for id in INVENTORY))
    assert list(INVENTORY) == sorted(INVENTORY, key=lambda id: (documents.index(id.partition("-")[0]), place(id)))
    assert len(INVENTORY) == sum(not line.startswith("#") for line in LINES)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.__name__.rpartition(".")[2])
def test_a_file_is_named_for_what_it_holds(room):
    name = room.__name__.rpartition(".")[2]
    prefixes = {
        "section": f"R5077-{name.removeprefix('section_').replace('_', '.')}",
        "appendix": f"R5077-{name.removeprefix('appendix_').upper()}",
        "corner": "K",
    }
    prefix = prefixes.get(name.partition("_")[0], f"R{name.removeprefix('rfc').partition('_')[0]}")
    held = [entry for entry in CATALOGUE if entry in vars(room).values()]
    assert held
    assert {entry.id for entry in held if not re.match(rf"{re.escape(prefix)}[-.]", entry.id)} == set()


@pytest.mark.parametrize("id", ROWS)
def test_a_row_has_the_level_the_party_and_the_observer_that_the_text_gives_it(id):
    level, party, observer = ROWS[id]
    listed = (LEVELS[level], PARTIES[party], OBSERVERS[observer])
    entry = BY_ID[id]
    assert (entry.level, entry.binds, entry.observer) == READ_OTHERWISE.get(id, listed)
    assert READ_OTHERWISE.get(id) != listed


@pytest.mark.parametrize("id", ROWS)
def test_a_row_that_is_not_followed_is_judged_by_its_level(id):
    entry = BY_ID[id]
    hard = entry.level in (Level.MUST, Level.MUST_NOT, Level.PROSE, Level.DERIVED)
    usual = Verdict.VIOLATION if hard and entry.binds is not Binds.DEPLOYER else Verdict.ADVICE
    usual = Verdict.NOTE if entry.permission else usual
    assert entry.verdict is JUDGED_OTHERWISE.get(id, usual)
    assert JUDGED_OTHERWISE.get(id) is not usual


def test_permissions_are_marked_and_nothing_else_is():
    permitted = {entry.id for entry in CATALOGUE if entry.permission and not entry.id.startswith("K-")}
    by_level = {id for id, row in ROWS.items() if row[0] in ("MAY", "lc-may")}
    read = {id for id, row in READ_OTHERWISE.items() if row[0] in (Level.MAY, Level.LC_MAY)}
    assert permitted == by_level | read | PERMITTED_IN_PLAIN_TEXT


BEYOND_A_TRACE = {"R5077-3.3-11", "R5077-3.4-07"}
"""Their constraints carry proofs, but bind what nobody sees of one run."""


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.id)
def test_an_entry_says_what_decides_it(entry):
    assert entry.text.endswith(".")
    by_constraint = entry.mechanised and entry.id not in BEYOND_A_TRACE
    assert by_constraint is (entry.decided is Decided.BY_CONSTRAINT) is (not entry.reason)
    assert by_constraint or entry.reason.endswith(".")


@pytest.mark.parametrize("id", sorted(BEYOND_A_TRACE))
def test_what_one_run_cannot_show_is_decided_by_two(id):
    assert (BY_ID[id].decided, BY_ID[id].mechanised) == (Decided.BY_PAIRED_RUNS, True)


def test_every_row_that_was_read_or_judged_otherwise_says_how_it_was_read():
    assert {*READ_OTHERWISE, *JUDGED_OTHERWISE, *PERMITTED_IN_PLAIN_TEXT} - READINGS.keys() == set()


def test_what_was_derived_or_not_read_in_print_is_said():
    derived = {entry.id for entry in CATALOGUE if entry.level is Level.DERIVED}
    unread = {entry.id for entry in CATALOGUE if entry.document in ("8446", "8447", "9325")}
    assert derived | unread <= READINGS.keys() <= BY_ID.keys()
    assert all(text.endswith(".") for text in READINGS.values())


def test_no_two_entries_have_the_same_words_but_those_of_one_family():
    for entry in CATALOGUE:
        same = [other for other in CATALOGUE if other.text == entry.text and other is not entry]
        assert set(same) <= set(family(entry)), entry.id


@pytest.mark.parametrize("entry", [e for e in CATALOGUE if e.decided is Decided.BY_INSPECTION], ids=lambda e: e.id)
def test_no_trace_can_decide_is_open_to_what_inspection_alone_observes(entry):
    assert entry.observer is Observer.INSPECTION


CITED = re.compile(r"R\d{4}(?:-[\w.]+)?-\d+[a-z]?|K-\d\d")


def restated_by(entry) -> set[str]:
    """The clauses that an entry points to."""
    return set(CITED.findall(entry.reason)) | {id for ruling in entry.rulings for id in ruling.clauses}


@pytest.mark.parametrize("entry", [e for e in CATALOGUE if e.decided is Decided.RESTATED], ids=lambda e: e.id)
def test_what_is_restated_ends_at_something_that_is_decided_in_its_own_way(entry):
    seen, waiting = set(), [entry.id]
    while waiting:
        id = waiting.pop()
        seen.add(id)
        if BY_ID[id].decided is Decided.RESTATED:
            assert restated_by(BY_ID[id]) - {id}, id
            waiting += restated_by(BY_ID[id]) - seen
    assert any(BY_ID[id].decided is not Decided.RESTATED for id in seen)


@pytest.mark.parametrize("entry", [e for e in CATALOGUE if not e.mechanised], ids=lambda e: e.id)
def test_a_reason_and_a_ruling_name_clauses_that_exist(entry):
    assert restated_by(entry) <= set(BY_ID)


HARDEST = [
    (Answer.FORBIDDEN, Verdict.VIOLATION),
    (Answer.UNWISE, Verdict.ADVICE),
    (Answer.OPEN, Verdict.NOTE),
    (Answer.ALLOWED, Verdict.NOTE),
]


@pytest.mark.parametrize("id", CORNERS)
def test_a_corner_case_rules_for_each_party_that_it_binds(id):
    entry = BY_ID[id]
    assert entry.level is Level.CORNER and entry.rulings
    for party in (CLIENT, SERVER):
        assert not entry.binds.covers(party) or any(ruling.party.covers(party) for ruling in entry.rulings)
    answers = {ruling.answer for ruling in entry.rulings}
    hardest = next(verdict for answer, verdict in HARDEST if answer in answers)
    # A constraint of its own only ever finds tolerance; what is forbidden is found by the clauses that are named.
    assert entry.verdict is (Verdict.NOTE if entry.mechanised else hardest)


@pytest.mark.parametrize("id", CORNERS)
def test_what_a_corner_case_forbids_or_advises_against_rests_on_clauses(id):
    for ruling in BY_ID[id].rulings:
        assert ruling.clauses or ruling.answer in (Answer.ALLOWED, Answer.OPEN), ruling
        assert all(BY_ID[name].decided is not Decided.PERMISSION for name in ruling.clauses
                   if ruling.answer is Answer.FORBIDDEN and len(ruling.clauses) == 1), ruling  # fmt: skip


def test_a_corner_case_that_only_permits_forbids_nothing():
    for entry in CATALOGUE:
        if entry.decided is Decided.PERMISSION:
            assert {ruling.answer for ruling in entry.rulings} <= {Answer.ALLOWED, Answer.OPEN}, entry.id


@pytest.mark.parametrize(
    ("observer", "decided"),
    [
        (Observer.PAIR, Decided.BY_PAIRED_RUNS),
        (Observer.KEYS, Decided.WITH_KEYS),
        (Observer.DRIVING_CLIENT, Decided.BY_PAIRED_RUNS),
        (Observer.INSPECTION, Decided.BY_INSPECTION),
    ],
)
def test_without_a_word_the_observer_says_what_decides(observer, decided):
    entry = stated("R5077-9-99", Level.MUST, Binds.CLIENT, observer, "It does.", "It shows.")
    assert (entry.decided, entry.verdict, entry.permission) == (decided, Verdict.VIOLATION, False)


def test_what_shows_on_one_wire_has_a_constraint_or_says_what_decides():
    with pytest.raises(ValueError, match=r"R5077-9-99 shows on the wire"):
        stated("R5077-9-99", Level.MUST, Binds.CLIENT, Observer.WIRE, "It does.", "It shows.")


@pytest.mark.parametrize("level", [Level.MAY, Level.LC_MAY])
def test_what_may_be_done_is_a_permission(level):
    entry = stated("R5077-9-99", level, Binds.CLIENT, Observer.INSPECTION, "It may.", "It may.")
    assert (entry.decided, entry.verdict, entry.permission) == (Decided.PERMISSION, Verdict.NOTE, True)


def test_who_deploys_is_only_advised_and_is_no_party():
    assert verdict_of(Level.MUST, Binds.DEPLOYER) is Verdict.ADVICE
    assert not any(binds.covers(party) for binds in (Binds.DEPLOYER, Binds.OLD_SERVER) for party in (CLIENT, SERVER))


def test_the_hardest_ruling_is_the_verdict_of_a_corner_case_and_the_parties_are_those_ruled_on():
    soft = corner("K-99", Observer.WIRE, "Rain.", Decided.PERMISSION, left_open(Binds.CLIENT, "stays in"))
    hard = corner(
        "K-99", Observer.WIRE, "Rain.", Decided.RESTATED,
        allowed(Binds.CLIENT, "stays in"), unwise(Binds.CLIENT, "goes out", "K-01"), forbidden(Binds.SERVER, "rains"),
    )  # fmt: skip
    assert (soft.verdict, soft.binds) == (Verdict.NOTE, Binds.CLIENT)
    assert (hard.verdict, hard.binds) == (Verdict.VIOLATION, Binds.BOTH)
    assert hard.rulings[1] == Ruling(Binds.CLIENT, "goes out", Answer.UNWISE, ("K-01",))
