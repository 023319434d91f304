"""The necessity matrix as it is kept: what a person knows must be in it, no row is unexplained, and it is up to date.

After a change of the model: `rfc5077 prove --necessity --keep properties/knowledge/necessity.json`.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time

import pytest
from house.readme import ROOT

from rfc5077.model.clause import Level
from rfc5077.model.clauses import BY_ID
from rfc5077.model.proof import necessity as model
from rfc5077.model.proof.classes import SUBJECTS, class_of, classes
from rfc5077.model.proof.theorem import Unreachable
from rfc5077.model.proof.theorems import meeting
from rfc5077.properties.cli.main import run
from rfc5077.properties.faults import FAULTS
from rfc5077.properties.knowledge.matrix import Job, matrix, work
from rfc5077.properties.knowledge.necessity import kept, minimal, needing, results, row_of
from rfc5077.properties.knowledge.store import Store

REFRESH = "rfc5077 prove --necessity --keep properties/knowledge/necessity.json"
KNOWN = {  # class or choice -> theorems that fall without it
    "R5077-3.1-02": "ticket_goes_back_to_its_server",
    "R5077-3.1-04":
        "stored_ticket_opens_to_its_secret all_tickets_of_a_session_hold_the_same "
        "resumed_secret_is_the_sealed_one resumed_suite_is_the_sealed_one",
    "R5077-3.1-07":
        "client_is_receptive server_is_receptive client_decides_as_the_server_did "
        "client_with_an_empty_id_decides_as_the_server_did server_finds_its_transcript_in_client_finished "
        "client_finds_its_transcript_in_server_finished nobody_waits_for_ever handshake_ends "
        "unopened_ticket_resumes_nothing id_beside_a_ticket_makes_no_difference",
    "R5077-3.1-08":
        "ticket_goes_back_to_its_server ticket_and_secret_stay_together stored_ticket_opens_to_its_secret "
        "stored_ticket_opens_to_its_version_and_name stored_ticket_opens_to_its_client_or_nobody "
        "client_offers_with_the_session_that_it_got client_offers_a_session_under_its_name",
    "R5077-3.1-10":
        "all_tickets_of_a_session_hold_the_same renewal_prolongs_no_session resumed_secret_is_the_sealed_one "
        "resumed_version_is_the_sealed_one resumed_session_is_of_the_sealed_kind "
        "resumed_client_is_the_sealed_one_or_nobody server_resumes_for_hellos_of_the_same_kind "
        "server_resumes_old_sessions_for_old_hellos resumed_secret_depends_on_no_memory",
    "R5077-3.2-07":
        "client_is_receptive announced_ticket_is_delivered_once no_ticket_comes_unannounced "
        "client_finds_its_transcript_in_server_finished nobody_waits_for_ever handshake_ends "
        "announcement_ends_with_its_handshake",
    "R5077-3.2-08":
        "client_is_receptive no_ticket_comes_unannounced client_finds_its_transcript_in_server_finished "
        "nobody_waits_for_ever handshake_ends announcement_ends_with_its_handshake",
    "R5077-3.2-09":
        "unopened_ticket_resumes_nothing ticket_rules_out_look_up id_beside_a_ticket_makes_no_difference "
        "retired_key_opens_nothing altered_ticket_is_neither_resumed_nor_renewed "
        "answer_depends_on_no_memory decision_depends_on_no_renewal",
    "R5077-3.2-10": "ticket_of_a_failure_is_not_offered ticket_of_a_failed_resumption_is_not_offered",
    "R5077-3.3-02":
        "client_is_receptive announced_ticket_is_delivered_once ticket_has_its_place "
        "announcement_ends_with_its_handshake",
    "R5077-3.3-04":
        "client_is_receptive client_holds_what_was_announced_and_sent nothing_altered_completes "
        "server_finds_its_transcript_in_client_finished client_finds_its_transcript_in_server_finished "
        "nobody_waits_for_ever no_ticket_is_offered_before_server_finished",
    "R5077-3.3-05": "ticket_has_its_place",
    "R5077-3.3-06":
        "no_ticket_is_offered_before_server_finished offered_ticket_was_followed_by_a_right_finished "
        "store_holds_the_old_ticket_or_the_new ticket_and_secret_stay_together "
        "client_offers_with_the_session_that_it_got",
    "R5077-3.3-07c": "store_holds_the_old_ticket_or_the_new empty_ticket_leaves_both_sides_as_they_were",
    "R5077-3.3-11":
        "renewal_changes_nothing_before_client_finished renewal_strands_no_client "
        "answer_depends_on_no_memory decision_depends_on_no_renewal",
    "R5077-3.3-14": "no_ticket_is_offered_after_its_hint hint_counts_from_receipt",
    "R5077-3.3-16": "no_ticket_is_offered_after_its_hint",
    "R5077-3.4-05":
        "client_is_receptive client_decides_as_the_server_did client_finds_its_transcript_in_server_finished "
        "nobody_waits_for_ever handshake_ends ticket_rules_out_look_up id_beside_a_ticket_makes_no_difference",
    "R5077-3.4-06":
        "client_is_receptive client_decides_as_the_server_did "
        "client_with_an_empty_id_decides_as_the_server_did client_finds_its_transcript_in_server_finished "
        "nobody_waits_for_ever handshake_ends unopened_ticket_resumes_nothing ticket_rules_out_look_up "
        "id_beside_a_ticket_makes_no_difference",
    "R5077-3.4-07":
        "ticket_rules_out_look_up id_beside_a_ticket_makes_no_difference answer_depends_on_no_memory "
        "resumed_secret_depends_on_no_memory",
    "R5077-3.4-08":
        "unopened_ticket_resumes_nothing ticket_rules_out_look_up answer_depends_on_no_memory "
        "resumed_secret_depends_on_no_memory",
    "R5077-3.4-10":
        "client_is_receptive client_decides_as_the_server_did "
        "client_with_an_empty_id_decides_as_the_server_did client_finds_its_transcript_in_server_finished "
        "nobody_waits_for_ever handshake_ends unopened_ticket_resumes_nothing "
        "id_beside_a_ticket_makes_no_difference",
    "R5077-4-11":
        "expired_ticket_is_not_honoured resumed_version_is_the_sealed_one "
        "live_ticket_is_honoured_with_one_older_key live_ticket_is_honoured_with_two_older_keys",
    "R5077-4-13": "resumed_client_is_the_sealed_one_or_nobody stored_ticket_opens_to_its_client_or_nobody",
    "R5077-4-15": "stored_ticket_opens_to_its_version_and_name session_stays_with_its_name",
    "R5077-5.5-04":
        "live_ticket_is_honoured_with_one_older_key live_ticket_is_honoured_with_two_older_keys "
        "keys_seized_before_a_session_open_none_of_its_tickets",
    "K-46": "announcement_ends_with_its_handshake",
    "R5246-7.2.2-01":
        "ticket_of_a_failure_is_not_offered ticket_of_an_ended_session_is_not_offered "
        "ended_session_leaves_no_ticket_in_the_store",
    "R5246-7.3-01": "data_waits_for_a_proved_peer",
    "R5246-7.4.1.3-02": "resumed_suite_is_the_sealed_one",
    "R5246-7.4.9-01":
        "client_holds_what_was_announced_and_sent ticket_has_its_place nothing_altered_completes "
        "data_waits_for_a_proved_peer no_ticket_is_offered_before_server_finished "
        "renewal_changes_nothing_before_client_finished offered_ticket_was_followed_by_a_right_finished "
        "store_holds_the_old_ticket_or_the_new renewal_strands_no_client "
        "empty_ticket_leaves_both_sides_as_they_were",
    "R6066-3-01": "client_offers_a_session_under_its_name",
    "R6066-3-02": "session_stays_with_its_name",
    "R7627-5.3-03": "server_resumes_for_hellos_of_the_same_kind",
    "R7627-5.3-04": "server_resumes_old_sessions_for_old_hellos",
    "R7627-5.3-06": "no_session_is_mixed",
    "R7627-5.3-07": "no_session_is_mixed client_resumes_with_answers_of_the_same_kind",
    "R7627-5.3-08": "client_resumes_with_answers_of_the_same_kind",
    "R7627-5.4-01": "resumed_session_is_of_the_sealed_kind",
    "R9325-3.4-03": "retired_key_opens_nothing",
    "R9325-3.4-04": "expired_ticket_is_not_honoured",
    "R9325-3.4-05": "renewal_prolongs_no_session",
    "choice: a key is handed on before its use": "live_ticket_is_honoured_with_one_older_key",
    "choice: every live ticket is honoured": "live_ticket_is_honoured_with_one_older_key",
    "choice: keys are kept for the window":
        "live_ticket_is_honoured_with_one_older_key live_ticket_is_honoured_with_two_older_keys",
    "choice: servers take a ticket by policy and clock alone":
        "answer_depends_on_no_memory decision_depends_on_no_renewal",
    "choice: the clocks of the servers are close": "live_ticket_is_honoured_with_one_older_key",
    "choice: the window exceeds life and skew": "live_ticket_is_honoured_with_one_older_key",
}
IDS = {theorem.id for theorem in SUBJECTS}


# --- what a person knows ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", KNOWN)
def test_what_must_fall_without_a_class_does(name):
    assert set(KNOWN[name].split()) - set(needing(name)) == set()


def test_agreement_falls_without_no_single_class():
    """It is guarded twice: by the order, and by Finished."""
    assert not any(fall.theorem == "both_agree_on_resumption" for row in kept() for fall in row.falls)


CARRIED = [t for t in SUBJECTS if not t.follows_from and t not in meeting.THEOREMS]
"""Those of the others speak of profiles: that they fit the clauses is all that they rest on."""


@pytest.mark.parametrize("theorem", CARRIED, ids=lambda theorem: theorem.id)
def test_no_class_alone_carries_a_theorem_that_counts(theorem):
    assert len(minimal()[theorem.id]) > 1


@pytest.mark.parametrize("theorem", [t for t in SUBJECTS if t.basis.name == "MUST"], ids=lambda theorem: theorem.id)
def test_a_theorem_of_musts_rests_on_no_advice(theorem):
    levels = {BY_ID[id].level for name in minimal()[theorem.id] if name in BY_ID for id in class_of(name).ids}
    assert not levels or levels - {Level.SHOULD, Level.SHOULD_NOT, Level.LC_SHOULD, Level.RECOMMENDED}


# --- no row is unexplained --------------------------------------------------------------------------------------------


def test_every_class_has_a_row():
    assert [row.ids for row in kept()] == [one.ids for one in classes()]


def test_every_row_says_what_its_class_is_for():
    for row in kept():
        assert (row.kind == "needed") == bool(row.falls)
        assert (row.kind == "outside") == bool(row.fault)
        assert row.why or row.kind == "needed"


def test_few_classes_protect_something_outside_the_model():
    assert sum(row.kind == "outside" for row in kept()) <= 30


@pytest.mark.parametrize("row", [row for row in kept() if row.kind == "outside"], ids=lambda row: row.ids[0])
def test_the_fault_of_a_class_is_declared_to_break_it_first(row):
    assert FAULTS[row.fault].clauses[0] in row.ids


def test_every_fall_has_a_run_of_its_depth():
    falls = [fall for row in kept() for fall in row.falls]
    assert all(fall.depth == max(len(fall.moves), len(fall.other)) for fall in falls)
    assert all(fall.theorem in IDS for fall in falls)


def test_what_suffices_in_a_system_holds_every_class_that_is_needed():
    """In the joint model some claims speak of the clauses themselves: with fewer of them they may claim less."""
    systems = {theorem.id for theorem in SUBJECTS if isinstance(theorem.claim, Unreachable)}
    for theorem, names in minimal().items():
        if theorem not in systems:
            continue
        needed = {row.ids[0] for row in kept() if not row.why and any(f.theorem == theorem for f in row.falls)}
        assert needed <= set(names)


def test_a_clause_that_binds_no_move_has_no_row():
    assert row_of("R5077-1-01") is None
    assert needing("R5077-1-01") == ()


# --- it is up to date -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tasks():
    return model.tasks()


def test_what_is_kept_was_computed_from_the_model_as_it_is(tasks):
    missing = {task.name for task in tasks for key in task.keys if key not in results()}
    assert missing == set(), REFRESH


def test_nothing_is_undecided(tasks):
    assert [key for task in tasks for key in task.keys if results()[key] == model.UNKNOWN] == []


@pytest.mark.parametrize("seed", range(4))
def test_results_picked_by_chance_are_the_same_when_computed_anew(tasks, seed):
    chance = random.Random(seed)
    task = chance.choice([task for task in tasks if model.in_joint(task) == (seed % 2 == 0)])
    place = chance.randrange(len(task.keys))
    key, theorem = task.keys[place], task.theorems[place]
    (found,) = work(Job("cells", task.name, (key,), ((theorem,),)))
    was = results()[key]
    assert type(found) is type(was)
    if isinstance(was, dict):
        assert found["depth"] == was["depth"]
    else:
        assert found == was


# --- the command ------------------------------------------------------------------------------------------------------

CHEAP = "forged_tickets_are_cheap"


def test_the_command_takes_what_is_kept_and_says_so(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert run(["prove", CHEAP, "--necessity", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["results"]["computed"] == 0
    assert found["necessity"]["R5077-4-06"] == [CHEAP]
    assert found["minimal"][CHEAP]["doubtful"] == []
    assert found["theorems"][0]["status"] == "proved"


def test_a_fresh_matrix_is_computed_and_kept_in_the_cache(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert run(["prove", CHEAP, "--necessity", "--fresh", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    files = list((tmp_path / "rfc5077" / "necessity").rglob("*.json"))
    assert (found["results"]["taken"], found["results"]["computed"]) == (0, len(files))


def test_a_cache_that_cannot_be_written_is_told_in_one_line(capsys, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert run(["prove", CHEAP, "--necessity", "--fresh"]) == 0
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == 1
    assert "nothing is kept for the next run" in said.err
    assert said.out.rstrip().splitlines()[-1].endswith("computed.")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--necessity", "--without", "R5077-3.3-02"], "--without has no place beside it"),
        (["--fresh"], "--fresh and --keep go with --necessity or --mutants"),
        ([CHEAP, "--necessity", "--keep", "matrix.json"], "none can be named"),
    ],
)
def test_options_that_do_not_go_together_are_refused(capsys, options, complaint):
    assert run(["prove", *options]) == 2
    assert complaint in capsys.readouterr().err


def test_an_interrupted_matrix_goes_on_where_it_was(tmp_path):
    theorems = [theorem for theorem in SUBJECTS if theorem.id == CHEAP]

    def interrupt(stage: str, done: int, of: int) -> None:
        if stage == "dropping classes" and done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        matrix(Store({}, tmp_path), theorems, interrupt, processes=1)
    kept_so_far = len(list(tmp_path.rglob("*.json")))
    found = matrix(Store({}, tmp_path), theorems, processes=1)
    assert found.taken == kept_so_far >= 1
    assert len(found.results) > found.taken
    assert {row.ids[0] for row in found.rows} == {row.ids[0] for row in kept() if needing(row.ids[0]).count(CHEAP)}


def test_ctrl_c_ends_the_command_at_once_in_one_line(tmp_path):
    command = [sys.executable, "-m", "rfc5077", "prove", "handshake_ends", "--necessity", "--fresh"]
    place = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    process = subprocess.Popen(command, env=place, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while process.poll() is None and not list(tmp_path.rglob("*.json")) and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert (out, len(err.splitlines())) == ("", 1)
    assert "run it again to go on from there" in err


def test_the_kept_data_is_read_without_the_solvers():
    text = "import sys; from rfc5077.properties.knowledge.necessity import kept; kept(); assert 'z3' not in sys.modules"
    subprocess.run([sys.executable, "-c", text], check=True)


def test_each_fault_that_a_kept_row_names_is_the_one_that_is_declared():
    told = re.compile(r"Fault ([SC]-\d+) dies by it: (.+)$")
    named = [(row, *found.groups()) for row in kept() if (found := told.search(row.why))]
    assert len(named) > 20
    for row, id, text in named:
        assert FAULTS[id].clauses[0] in row.ids, (row.ids, id)
        assert FAULTS[id].text == text, id
