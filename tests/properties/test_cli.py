"""The command line: exit codes, one clear line for what cannot be used, documents with a schema."""

import json
import subprocess
import sys

import pytest

from rfc5077.properties.cli.main import app, run


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
    keys = {"id", "level", "binds", "verdict", "text", "observer", "mechanised"}
    assert all(keys <= set(entry) for entry in document["clauses"])
    (entry,) = json.loads(answered(capsys, "clause", "r5077-3.3-02", "--json"))["clauses"]
    assert (entry["level"], entry["binds"], entry["mechanised"]) == ("MUST", "server", True)


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
