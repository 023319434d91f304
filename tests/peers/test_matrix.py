"""The matrix of foreign stacks: what becomes of a cell, how the table tells it, and the short set as it runs here."""

import json
import re
import sys
from contextlib import nullcontext

import pytest

from rfc5077.model.clause import Binds
from rfc5077.model.clauses import BY_ID
from rfc5077.properties.cli.main import run
from rfc5077.properties.matrix import build, scenarios, table
from rfc5077.properties.matrix.build import Recipe, built
from rfc5077.properties.matrix.judgement import Broken
from rfc5077.properties.matrix.process import NotInstalled, PeerError
from rfc5077.properties.matrix.rows import STACKS
from rfc5077.properties.matrix.run import Cell, Row, failures, run_matrix
from rfc5077.properties.matrix.stack import ROLES, Deviation, Scenario, Stack

KEY = ("server", Scenario.RESUME)
HABIT = Deviation("old ticket", "so it is made", "R5077-3.3-09")


def missing() -> str:
    raise NotInstalled("the program is missing")


def a_stack(**choices) -> Stack:
    usual = {"version": lambda: "1.0", "install": "the package of it", "server": lambda *_, **__: nullcontext()}
    return Stack("made-up", **{**usual, **choices})


def played(monkeypatch, play, **choices) -> Cell:
    """What comes of the cell KEY of a stack, where `play` stands for the scenario and all others go well."""
    plays = {key: play if key == KEY else lambda stack, papers: "" for key in scenarios.PLAYS}
    monkeypatch.setattr("rfc5077.properties.matrix.run.PLAYS", plays)
    rows = run_matrix([a_stack(**choices)], lambda *_: None)
    (row,) = [row for row in rows if row.role == KEY[0]]
    return row.cells[list(Scenario).index(KEY[1])]


def raising(error: Exception):
    def play(stack, papers):
        raise error

    return play


def test_a_cell_that_goes_as_it_should_is_ok_with_its_note(monkeypatch):
    assert played(monkeypatch, lambda stack, papers: "as ever") == Cell(KEY[1], "ok", "as ever")


@pytest.mark.parametrize("error", [Broken("it did not"), PeerError("it did not"), ConnectionResetError("it did not")])
def test_a_cell_that_goes_otherwise_failed_with_what_was_seen(monkeypatch, error):
    assert played(monkeypatch, raising(error)) == Cell(KEY[1], "failed", "it did not")


def test_what_a_stack_is_known_to_do_is_no_failure_and_told(monkeypatch):
    cell = played(monkeypatch, raising(Broken("it keeps the old ticket")), deviates={KEY: HABIT})
    why = "so it is made, against the advice of R5077-3.3-09"
    assert cell == Cell(KEY[1], "deviates", f"{why} (seen: it keeps the old ticket)")


def test_another_failure_than_the_known_one_is_a_failure(monkeypatch):
    cell = played(monkeypatch, raising(Broken("it closed")), deviates={KEY: HABIT})
    assert cell == Cell(KEY[1], "failed", "it closed")


def test_a_deviation_that_is_gone_is_a_failure_so_that_its_entry_goes_too(monkeypatch):
    cell = played(monkeypatch, lambda stack, papers: "", deviates={KEY: HABIT})
    assert cell.status == "failed"
    assert "so it is made" in cell.note


def test_what_cannot_be_played_is_empty_with_the_reason(monkeypatch):
    play = raising(Broken("it was played"))
    assert played(monkeypatch, play, cannot={KEY: "no such option"}) == Cell(KEY[1], "empty", "no such option")
    assert played(monkeypatch, play, server=None).status == "empty"


def test_a_stack_that_is_not_here_is_a_row_that_says_how_to_get_it(monkeypatch):
    cell = played(monkeypatch, raising(Broken("it was played")), version=missing)
    assert cell == Cell(KEY[1], "empty", "not installed: the package of it (the program is missing)")


def some_rows() -> list[Row]:
    notes = {Scenario.ISSUE: ("ok", ""), Scenario.RESUME: ("failed", "no | ticket"), Scenario.EMS: ("ok", "seldom")}
    cells = tuple(Cell(each, *notes.get(each, ("empty", "no option"))) for each in Scenario)
    return [Row("one", "1.0", role, cells) for role in ROLES]


def test_the_text_has_a_line_for_each_role_and_each_note_once():
    lines = table.text(some_rows()).splitlines()
    assert lines[0] == "one: 1.0"
    assert [line.split()[:5] for line in lines if line.startswith("one ")] == [
        ["one", "server", "ok", "FAILED", "[1]"],
        ["one", "client", "ok", "FAILED", "[1]"],
    ]
    notes = [line for line in lines if line.startswith("[")]
    assert notes == ["[1] one: no | ticket", "[2] one: no option", "[3] seldom"]
    assert lines[-3] == "1 stacks, 6 of 18 cells run: 4 ok, 0 deviate as known, 2 failed."
    assert lines[-2:] == [f"FAILED: one as {role}, resume: no | ticket" for role in ROLES]


def test_the_page_has_the_same_cells_and_explains_every_scenario():
    page = table.markdown(some_rows())
    rows = [line for line in page.splitlines() if line.startswith("| one")]
    assert [row.count(" | ") for row in rows] == [len(Scenario) + 1] * 2
    assert all(f"**{scenario.value}**" in page for scenario in Scenario)


def test_the_document_has_every_cell_with_status_and_note():
    found = table.as_json(some_rows())
    assert found["rows"][0]["cells"]["resume"] == {"status": "failed", "note": "no | ticket"}
    assert found["summary"] == {"stacks": 1, "ok": 4, "deviates": 0, "failed": 2, "empty": 12}
    assert failures(some_rows()) == 2


def test_the_committed_page_names_every_stack_and_leaves_no_empty_cell_without_a_reason():
    page = (build.PROGRAMS.parent / "table.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| ")]
    assert {row[0].removeprefix("| ") for row in rows} >= {stack.name for stack in STACKS}
    cells = [cell.strip(" |") for row in rows[2:] for cell in row[2:]]
    assert [cell for cell in cells if cell.startswith("FAILED") or cell == "–"] == []


def test_every_note_of_the_committed_page_is_there_once_and_called():
    _, _, rest = (build.PROGRAMS.parent / "table.md").read_text(encoding="utf-8").partition("## What came of it")
    cells, _, notes = rest.partition("## Notes")
    called = {int(number) for number in re.findall(r"\[(\d+)\]", cells)}
    assert called == set(range(1, len(called) + 1))
    assert [int(line.partition(".")[0]) for line in notes.split("\n") if line] == sorted(called)


DEVIATIONS = [(stack, role, known) for stack in STACKS for (role, _), known in stack.deviates.items()]


def test_every_known_deviation_is_measured_by_a_clause_that_is_about_its_role():
    assert DEVIATIONS
    for stack, role, known in DEVIATIONS:
        assert BY_ID[known.clause].binds in (Binds(role), Binds.BOTH), (stack.name, known)


@pytest.mark.parametrize(
    ("clause", "standing"),
    [
        ("R5077-3.1-19", "against R5077-3.1-19"),  # derived from what is a must
        ("R5077-3.3-09", "against the advice of R5077-3.3-09"),
        ("R5077-3.3-17", "as it may by R5077-3.3-17"),
    ],
)
def test_a_deviation_is_told_by_how_it_stands_to_its_clause(clause, standing):
    assert str(Deviation("", "so it is made", clause)) == f"so it is made, {standing}"


def test_the_committed_page_tells_of_every_deviation_by_its_clause():
    page = (build.PROGRAMS.parent / "table.md").read_text(encoding="utf-8")
    for stack, _, known in DEVIATIONS:
        assert f"{stack.name}: {known} (seen: " in page


def test_a_driver_is_built_once_and_found_again(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    write = "import pathlib; pathlib.Path('driver').touch()"
    recipe = Recipe({"driver.h": "source.h"}, [(sys.executable, "-c", write)], "python")
    place = built("some", recipe)
    assert {path.name for path in place.iterdir()} == {"driver", "source.h"}
    (place / "driver").unlink()
    assert built("some", recipe) == place
    assert not (place / "driver").exists()


def test_a_driver_that_cannot_be_built_leaves_nothing_behind(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    fail = "import sys; sys.exit('error: no such header')"
    with pytest.raises(NotInstalled, match="no such header"):
        built("some", Recipe({"driver.h": "driver.h"}, [(sys.executable, "-c", fail)], "python"))
    assert list(build.cache().iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--stack", "opensl"], "openssl"),
        (["--stack", "openssl", "--short"], "--short"),
        (["--stack", "python-ssl", "--markdown", "no/such/folder.md"], "no/such/folder.md"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_2(capsys, arguments, said):
    assert run(["matrix", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_the_command_runs_a_stack_that_needs_no_installation(capsys):
    assert run(["matrix", "--stack", "python-ssl", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "rfc5077/matrix/1"
    assert found["summary"] == {"stacks": 1, "ok": 17, "deviates": 0, "failed": 0, "empty": 1}


def commanded(monkeypatch, plays, *arguments, **choices) -> int:
    """The exit code of the command, where there is one stack, and `plays` stands for the scenarios."""
    everything_else = {key: lambda stack, papers: "" for key in scenarios.PLAYS}
    monkeypatch.setattr("rfc5077.properties.matrix.run.PLAYS", {**everything_else, **plays})
    monkeypatch.setattr("rfc5077.properties.matrix.rows.STACKS", (a_stack(client=lambda *_, **__: [], **choices),))
    return run(["matrix", *arguments])


def test_the_command_fails_and_names_the_cell_if_one_fails_that_is_not_known_to(monkeypatch, capsys, tmp_path):
    plays, page = {KEY: raising(Broken("it did not resume"))}, tmp_path / "page.md"
    assert commanded(monkeypatch, plays, "--markdown", str(page)) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "FAILED: made-up as server, resume: it did not resume"
    assert "1 failed." in said[-2]
    assert "FAILED [1]" in page.read_text()


def test_the_command_fails_if_a_known_deviation_is_gone_or_is_another(monkeypatch, capsys):
    assert commanded(monkeypatch, {}, deviates={KEY: HABIT}) == 1
    assert "FAILED: made-up as server, resume: it is known to deviate" in capsys.readouterr().out
    assert commanded(monkeypatch, {KEY: raising(Broken("it closed"))}, "--json", deviates={KEY: HABIT}) == 1
    assert json.loads(capsys.readouterr().out)["summary"]["failed"] == 1


def test_the_command_does_not_fail_for_what_is_known(monkeypatch, capsys):
    assert commanded(monkeypatch, {KEY: raising(Broken("it keeps the old ticket"))}, deviates={KEY: HABIT}) == 0
    assert "FAILED" not in capsys.readouterr().out


def test_the_command_concludes_nothing_where_no_stack_is_installed(monkeypatch, capsys):
    assert commanded(monkeypatch, {}, version=missing) == 2
    assert "nothing was run" in capsys.readouterr().err


@pytest.mark.peer
def test_the_short_set_runs_whole(capsys):
    code = run(["matrix", "--short", "--json"])
    found = json.loads(capsys.readouterr().out)
    told = {(row["stack"], row["role"], name): cell for row in found["rows"] for name, cell in row["cells"].items()}
    assert {key: cell for key, cell in told.items() if cell["status"] == "failed"} == {}
    assert [row["stack"] for row in found["rows"] if row["version"] is None] == []
    assert code == 0
