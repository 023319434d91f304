"""The command line: exit codes, one clear line for what cannot be used, documents with a schema."""

import json
import signal
import subprocess
import sys

import pytest

from rfc5077.properties.cli import consult
from rfc5077.properties.cli.main import app, run
from rfc5077.properties.cli.output import Progress

HEADER = '{"schema": "rfc5077/recording/1", "client": "a", "server": "b", "complete": true}'
CUT = HEADER + '\n{"connection": 1, "se'


def refused(capsys, *arguments: str) -> str:
    """The one line on stderr with which a command line is refused; it leaves nothing on stdout."""
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("rfc5077: ")
    assert err.count("\n") == 1 and err.endswith("\n")
    return err


def answered(capsys, *arguments: str, code: int = 0) -> str:
    """What a command prints; it ends with the code and leaves nothing on stderr."""
    assert run(arguments) == code
    out, err = capsys.readouterr()
    assert err == ""
    return out


def test_help_names_one_verb_per_line_then_three_commands(capsys):
    lines = answered(capsys, "--help").splitlines()
    verbs = [command.name for command in app.registered_commands]
    assert [line.split()[0] for line in lines if line[:2] == "  " and line.split()[0] in verbs] == verbs
    assert [line.split()[0] for line in lines[-3:]] == ["rfc5077"] * 3


def test_no_arguments_show_the_help(capsys):
    assert answered(capsys) == answered(capsys, "--help")


def test_starting_up_fetches_no_engine():
    code = (
        "import sys; from rfc5077.properties.cli.main import run; run(['--help']);"
        "sys.exit(' '.join({'z3', 'cvc5', 'hypothesis', 'cryptography', 'ssl'} & set(sys.modules)) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")


def test_the_module_is_the_command():
    result = subprocess.run([sys.executable, "-m", "rfc5077", "--version"], capture_output=True, text=True)
    assert result.returncode == 0
    assert result.stdout.startswith("rfc5077 ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("chekc",), "No such command 'chekc'"),
        (("clause", "--colour"), "No such option"),
        (("clause", "R5077-3.3-02", "more"), "unexpected extra argument"),
    ],
)
def test_a_mistyped_command_is_one_line_with_the_help_that_covers_it(capsys, arguments, said):
    line = refused(capsys, *arguments)
    assert said in line
    assert line.rstrip().endswith("--help")


def test_a_reader_that_leaves_is_no_traceback():
    command = f"{sys.executable} -m rfc5077 clause --json | head -c 1"
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert result.stderr == ""


def test_a_clause_is_shown_at_length(capsys):
    text = answered(capsys, "clause", "R5077-3.3-02")
    assert text.startswith("R5077-3.3-02  MUST, binds server\n")
    assert "NewSessionTicket precedes the server's ChangeCipherSpec" in text
    assert "R5077-3.1-03" in text  # restates it
    assert "rfc5077 prove --without R5077-3.3-02" in text


def test_the_catalogue_is_a_document(capsys):
    document = json.loads(answered(capsys, "clause", "--json"))
    assert document["schema"] == "rfc5077/clause/1"
    keys = {"id", "level", "binds", "verdict", "text", "observer", "mechanised", "decided", "permission", "rulings"}
    assert all(keys <= set(entry) for entry in document["clauses"])
    (entry,) = json.loads(answered(capsys, "clause", "r5077-3.3-02", "--json"))["clauses"]
    assert (entry["level"], entry["binds"], entry["mechanised"]) == ("MUST", "server", True)


@pytest.mark.parametrize(
    ("id", "said"),
    [
        ("R5077-3.3-02", "by a constraint over the bound party's state and the event:"),
        ("R5077-3.3-16", "with clock control"),
        ("R5077-5.5-01", "by inspection: no trace can decide"),
        ("R5077-3.3-08", "not at all: it permits"),
    ],
)
def test_a_clause_says_what_decides_it(capsys, id, said):
    assert f"  decided:       {said}\n" in answered(capsys, "clause", id)


def test_a_corner_case_is_shown_with_its_rulings(capsys):
    text = answered(capsys, "clause", "K-13")
    assert "forbidden: the server announces a ticket and sends none (R5077-3.3-02)" in text
    assert "open: the client goes on without it (R5246-7.4-01)" in text
    (entry,) = json.loads(answered(capsys, "clause", "K-13", "--json"))["clauses"]
    assert {"party": "server", "answer": "forbidden"}.items() <= entry["rulings"][0].items()


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("R5077-3.3-99", "section 3.3 ends at R5077-3.3-"),
        ("R5077-3.3" "-2", "the nearest is R5077-3.3-02"),
        ("5077-3.3-02", "the nearest is R5077-3.3-02"),
        ("R9999-1-99", "the nearest is R"),
    ],
)
def test_an_unknown_clause_is_refused_with_the_nearest(capsys, name, hint):
    line = refused(capsys, "clause", name)
    assert f"no clause {name}; " in line
    assert hint in line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("check", "server"), "check server needs a target"),
        (("check", "server", "opnessl"), "known are reference, python-ssl, tlslite"),
        (("check", "peer", "reference"), "not one of 'server', 'client'"),
        (("check", "server", "reference", "--k", "7"), "'--k'"),
        (("check", "server", "--jobs", "2", "--", "program", "{port}"), "is not in memory"),
        (("check", "client", "reference", "--twin", "localhost:1"), "a second server stands beside a server"),
        (("check", "server", "reference", "--twin", "localhost:1", "--failures", "kept"), "is not replayed"),
        (("check", "server", "reference", "--clause", "R5077-3.3" "-2"), "the nearest is R5077-3.3-02"),
        (("check", "server", "reference", "--clause", "R5077-3.3-06"), "nothing that a server owes"),
        (("check", "server", "reference", "--section", "9"), "section 9"),
        (("check", "server", "--list", "--section", "9"), "no clause that is checked for a server matches"),
        (("check", "server", "reference", "--fail-on", "rain"), "'--fail-on'"),
    ],
)
def test_a_check_that_cannot_be_meant_is_one_line(capsys, arguments, said):
    assert said in refused(capsys, *arguments)


def test_a_list_runs_nothing_and_names_what_would_be_checked(capsys):
    lines = answered(capsys, "check", "server", "--list", "--section", "3.3").splitlines()
    assert all(line.startswith("R5077-3.3-") for line in lines)
    assert any(line.split()[:2] == ["R5077-3.3-02", "violation"] for line in lines)
    listed = json.loads(answered(capsys, "check", "client", "--list", "--clause", "R5077-3.3-06", "--json"))
    assert [entry["id"] for entry in listed["clauses"]] == ["R5077-3.3-06"]


def test_a_conformant_server_is_a_document_and_code_0(capsys):
    document = json.loads(answered(capsys, "check", "server", "reference", "--json"))
    assert (document["schema"], document["verdict"]) == ("rfc5077/check/1", "conformant")
    assert (document["target"], document["role"]) == ("reference", "server")
    keys = {"profile", "suite", "guarantee", "findings", "not_exercised"}
    assert keys <= set(document)
    assert {"id", "alphabet", "k", "tests", "states", "connections", "seconds"} <= set(document["suite"])


def test_a_violation_is_code_1_and_the_cause_comes_first(capsys):
    document = json.loads(answered(capsys, "check", "client", "tlslite", "--json", code=1))
    keys = {"clause", "class", "level", "verdict", "trace", "expected", "got", "why"}
    assert keys <= set(document["findings"][0])
    assert document["findings"][0]["verdict"] == "violation"


def test_a_recording_is_judged_by_its_gravest_connection(capsys, tmp_path):
    begun = {"connection": 1, "sender": "client", "message": "ClientHello", "version": 771, "session_id": ""}
    file = tmp_path / "r.jsonl"
    file.write_text(f"{HEADER}\n{json.dumps(begun)}\n")
    assert run(["judge", str(file)]) == 2
    out, err = capsys.readouterr()
    assert "mid-handshake" in out
    assert err == f"rfc5077: nothing could be concluded about {file}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "No such file"),
        ("", "the recording is empty"),
        ("{\n", "line 1"),
        (CUT, "line 2"),
    ],
)
def test_an_unreadable_or_truncated_recording_names_line_and_reason(capsys, tmp_path, text, said):
    file = tmp_path / "r.jsonl"
    if text is not None:
        file.write_text(text)
    line = refused(capsys, "judge", str(file))
    assert str(file) in line
    assert said in line


def test_an_interrupted_check_ends_with_130_and_the_partial_report(capsys, monkeypatch):
    def interrupt(progress, done, of):
        if done == 3:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Progress, "tests", interrupt)
    document = json.loads(answered(capsys, "check", "server", "reference", "--json", code=130))
    assert document["interrupted"]
    assert document["suite"]["run"] == 3
    assert "interrupted after 3 of" in document["guarantee"]


def test_an_interruption_anywhere_else_is_130_and_silent(capsys, monkeypatch):
    monkeypatch.setattr(consult, "document", lambda *_: signal.raise_signal(signal.SIGINT))
    assert answered(capsys, "clause", "--json", code=130) == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("prove", "client_is_receptiv"), "did you mean client_is_receptive?"),
        (("prove", "x"), "no theorem x. Known: client_is_receptive, "),
        (("prove", "--without", "R5077-3.3" "-2"), "the nearest is R5077-3.3-02"),
        (("prove", "--without", "R5077-5.7-01"), "no theorem rests on it"),
    ],
)
def test_a_proof_that_cannot_be_meant_is_one_line(capsys, arguments, said):
    assert said in refused(capsys, *arguments)


@pytest.mark.slow
def test_a_dropped_clause_refutes_a_theorem_and_the_certificates_are_kept(capsys, tmp_path):
    theorems = ["announced_ticket_is_delivered_once", "no_ticket_comes_unannounced"]
    options = ["--without", "R5077-3.3-02", "--certificates", str(tmp_path / "kept"), "--json"]
    document = json.loads(answered(capsys, "prove", *theorems, *options, code=1))
    assert document["schema"] == "rfc5077/prove/1"
    broken, kept = document["theorems"]
    assert (broken["status"], kept["status"]) == ("refuted", "proved")
    assert "server:ChangeCipherSpec" in broken["counterexample"]["trace"]
    assert kept["certificate"] == {"z3": "unsat", "cvc5": "unsat"}
    assert (kept["twin"]["status"], kept["twin"]["trace"][0][:18]) == ("refuted", "client:ClientHello")
    assert {"id", "statement", "basis", "seconds"} <= set(kept)
    assert (document["summary"]["proved"], document["summary"]["failed"]) == (1, 1)
    scripts = sorted((tmp_path / "kept").glob("*.smt2"))
    assert len(scripts) == document["summary"]["obligations"]
    assert all("(check-sat)" in script.read_text() for script in scripts)
