"""Certificates: what is written is what was checked, anybody can check it again, and nothing is half written."""

import json
import os
import shutil
import signal
import subprocess
import sysconfig
import time
from hashlib import sha256
from pathlib import Path

import pytest
import z3

from rfc5077.model.clauses import BY_ID
from rfc5077.model.proof.certificate import SOLVERS, check, obligation
from rfc5077.model.proof.theorems import EVERY, THEOREMS
from rfc5077.properties import folders
from rfc5077.properties.cli import certificates as writing
from rfc5077.properties.cli.main import run
from rfc5077.properties.errors import UsageError

SCRIPTS = sysconfig.get_path("scripts")
YICES = ("yices-smt2", "--timeout=60")
SMALL = "demands_leave_a_next_step"


def checked(folder: Path, *solver: str) -> subprocess.CompletedProcess[str]:
    """The loop that is written beside the certificates."""
    path = os.pathsep.join((SCRIPTS, os.environ["PATH"]))
    command = ["sh", str(folder / "check.sh"), *solver]
    return subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False)


def test_every_theorem_is_certified(certificates):
    manifest = json.loads((certificates / "manifest.json").read_text())
    assert manifest["schema"] == "rfc5077/certificates/1"
    assert [theorem["id"] for theorem in manifest["theorems"]] == [theorem.id for theorem in EVERY]
    assert len([theorem for theorem in THEOREMS if not theorem.follows_from]) >= 40
    for theorem in manifest["theorems"]:
        assert theorem["status"] == "proved" and theorem["files"], theorem["id"]
        for one in theorem["files"]:
            assert sha256((certificates / one["file"]).read_bytes()).hexdigest() == one["sha256"]
    named = {one["file"] for theorem in manifest["theorems"] for one in theorem["files"]}
    assert named == set(manifest["files"]) == {path.name for path in certificates.glob("*.smt2")}


def test_certificates_are_over_booleans_and_whole_numbers(certificates):
    texts = [path.read_text() for path in certificates.glob("*.smt2")]
    assert texts and not any("declare-datatype" in text or "declare-sort" in text for text in texts)
    declared = {line.rsplit(" ", 1)[1] for text in texts for line in text.splitlines() if line.startswith("(declare-")}
    assert declared == {"Bool)", "Int)"}


@pytest.mark.slow
@pytest.mark.parametrize("solver", [YICES, ("z3", "-T:60")], ids=lambda command: command[0])
def test_a_solver_finds_every_certificate_unsatisfiable(certificates, solver):
    answer = checked(certificates, *solver)
    count = len(list(certificates.glob("*.smt2")))
    assert answer.stdout == f"{count} files, 0 of them not unsat\n", answer.stdout + answer.stderr
    assert answer.returncode == 0


@pytest.mark.slow
def test_cvc5_finds_every_certificate_unsatisfiable(certificates):
    scripts = [path.read_text() for path in sorted(certificates.glob("*.smt2"))]
    assert set(check("cvc5", scripts)) == {"unsat"}


@pytest.fixture
def small(tmp_path) -> Path:
    folder = tmp_path / "small"
    assert run(["prove", SMALL, "--certificates", str(folder)]) == 0
    return folder


def test_a_certificate_that_was_tampered_with_is_noticed(small):
    victim = sorted(small.glob("*.smt2"))[0]
    victim.write_text(victim.read_text().replace("(assert", "; (assert"))
    assert checked(small, *YICES).returncode != 0


def summed_anew(folder: Path, *left_out: str) -> Path:
    """The folder with the sums of what is in it now."""
    files = [path for path in sorted(folder.iterdir()) if path.name not in ("check.sh", "SHA256SUMS", *left_out)]
    sums = [f"{sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (folder / "SHA256SUMS").write_text("".join(sums))
    return folder


def gutted(folder: Path) -> None:
    for path in sorted(folder.glob("*.smt2"))[2:]:
        path.unlink()


def edited(folder: Path) -> None:
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace(SMALL, "something_greater"))


def with_a_stranger(folder: Path) -> None:
    first = sorted(folder.glob("*.smt2"))[0]
    shutil.copy(first, folder / "9999_stranger.smt2")


def test_certificates_that_are_whole_pass(small):
    answer = checked(small, *YICES)
    count = len(json.loads((small / "manifest.json").read_text())["files"])
    assert (answer.returncode, answer.stdout) == (0, f"{count} files, 0 of them not unsat\n")


@pytest.mark.parametrize("change", [gutted, edited, with_a_stranger])
def test_certificates_that_are_not_whole_do_not_pass(small, change):
    change(small)
    assert checked(small, *YICES).returncode == 1


@pytest.mark.parametrize("change", [gutted, with_a_stranger])
def test_sums_that_were_trimmed_to_the_files_do_not_hide_it(small, change):
    count = len(list(small.glob("*.smt2")))
    change(small)
    answer = checked(summed_anew(small), *YICES)
    assert answer.returncode == 1
    assert answer.stdout.endswith(" files, 0 of them not unsat\n")
    assert answer.stderr.startswith(f"manifest.json names {count} files, ")


def test_sums_that_leave_the_manifest_out_do_not_pass(small):
    edited(small)
    answer = checked(summed_anew(small, "manifest.json"), *YICES)
    assert (answer.returncode, answer.stdout) == (1, "")


def with_planted(folder: Path, text: str) -> Path:
    """The folder with one more certificate, manifest, sums and all."""
    (folder / "9999_planted.smt2").write_text(text)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["9999_planted.smt2"] = {"sha256": sha256(text.encode()).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1))
    return summed_anew(folder)


def test_an_obligation_that_does_not_hold_is_no_proof(small):
    wrong = obligation("wrong", z3.Int("age") > 3)
    assert {answer for solver in SOLVERS for answer in check(solver, [wrong.script])} == {"sat"}
    answer = checked(with_planted(small, wrong.script), *YICES)
    assert (answer.returncode, answer.stdout.splitlines()[0]) == (1, "9999_planted.smt2: sat")


def hard() -> str:
    """Pigeons and holes: true, and beyond what a solver does in a moment."""
    sits = [[z3.Bool(f"{pigeon} in {hole}") for hole in range(11)] for pigeon in range(12)]
    alone = [
        z3.Not(z3.And(sits[one][hole], sits[other][hole]))
        for hole in range(11) for one in range(12) for other in range(one)
    ]  # fmt: skip
    return obligation("pigeons", *(z3.Or(holes) for holes in sits), *alone).script


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_solver_that_runs_out_of_time_proves_nothing(solver):
    (answer,) = check(solver, [hard()], 0.2)
    assert answer.startswith("unknown")


def test_a_time_out_is_no_proof_for_others_either(small):
    answer = checked(with_planted(small, hard()), "yices-smt2", "--timeout=1")
    assert answer.returncode == 1
    assert answer.stdout.splitlines()[-1].endswith("1 of them not unsat")


def test_too_little_time_leaves_a_theorem_unproved(capsys):
    assert run(["prove", "client_is_receptive", "--seconds", "0.001", "--json"]) == 1
    (theorem,) = json.loads(capsys.readouterr().out)["theorems"]
    assert theorem["status"] == "unknown"


def test_a_dropped_clause_is_missing_from_the_manifest(tmp_path):
    run(["prove", SMALL, "client_is_receptive", "--without", "R5077-3.3-02", "--certificates", str(tmp_path / "c")])
    manifest = json.loads((tmp_path / "c" / "manifest.json").read_text())
    by_id = {theorem["id"]: theorem for theorem in manifest["theorems"]}
    assert by_id["client_is_receptive"]["files"] == [] and by_id[SMALL]["files"]
    assert {"R5077-3.3-02", "R5077-3.3-07"} <= set(manifest["without"])
    for theorem in by_id.values():
        assert set(theorem["clauses"]) <= set(BY_ID) and not set(theorem["clauses"]) & set(manifest["without"])


def test_certificates_replace_certificates_and_nothing_else(small, tmp_path, capsys):
    (small / "0000_old.smt2").unlink(missing_ok=True)
    before = sorted(path.name for path in small.iterdir())
    assert run(["prove", SMALL, "--certificates", str(small)]) == 0
    assert sorted(path.name for path in small.iterdir()) == before
    (small / "precious.txt").write_text("mine")
    capsys.readouterr()
    assert run(["prove", SMALL, "--certificates", str(small)]) == 2
    assert "precious.txt" in capsys.readouterr().err
    assert (small / "precious.txt").read_text() == "mine"


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_proved(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("tempfile.mkdtemp", lambda **_: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    assert run(["prove", "--certificates", str(tmp_path / "deep" / "down")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_what_was_there(small, monkeypatch):
    before = {path.name: path.read_bytes() for path in small.iterdir()}
    place = folders.usable(small, writing.KIND)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "_manifest", full)
    proof = type("Proof", (), {"results": ()})()
    with pytest.raises(UsageError, match="No space left"):
        writing.write(place, proof)
    assert {path.name: path.read_bytes() for path in small.iterdir()} == before
    assert [path.name for path in small.parent.iterdir()] == [small.name]


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.3, 1.0, 3.0, 8.0])
def test_an_interruption_ends_a_proof_at_once_in_one_line(tmp_path, seconds):
    folder = tmp_path / "certificates"
    command = [shutil.which("rfc5077", path=SCRIPTS) or "rfc5077", "prove", "--certificates", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 130, said
    starting = seconds < 1  # a program that is not there yet has nothing to say
    assert said.startswith("rfc5077: interrupted") or (starting and not said)
    assert said.count("\n") <= 1
    assert list(tmp_path.iterdir()) == []
