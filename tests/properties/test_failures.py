"""Failures that are kept: short, whole, and what becomes of them when they are replayed."""

import json

import pytest

from rfc5077.properties.adapters import in_memory
from rfc5077.properties.adapters.over_reference import client, server
from rfc5077.properties.cli.main import run
from rfc5077.properties.faults import FAULTS
from rfc5077.properties.suite import failures
from rfc5077.properties.suite.alphabets import Alphabet
from rfc5077.properties.suite.evidence import record
from rfc5077.properties.suite.runner import check
from rfc5077.properties.verdict.recordings import judge_file

HONEST = {"server": server, "client": client}


def kept(fault: str, alphabet=Alphabet.CORE):
    peer = FAULTS[fault].make()
    return failures.failures(check(peer.role, peer, alphabet=alphabet), ["reference"], alphabet, peer)


@pytest.mark.parametrize("fault", ["S-02", "S-18", "C-09"])
def test_a_failure_fails_again_and_is_fixed_in_the_reference(fault, tmp_path):
    found = kept(fault)
    assert found
    for path, failure in zip(failures.write(tmp_path, found), found, strict=True):
        assert failures.read(path) == failure
        assert failures.still_fails(failure, FAULTS[fault].make())
        assert not failures.still_fails(failure, HONEST[failure.role]())


def test_a_failure_is_recorded_and_judged_by_the_same_clause(tmp_path):
    for fault in ("S-02", "S-18", "C-09"):
        peer = FAULTS[fault].make()
        report = check(peer.role, peer)
        found = failures.failures(report, ["reference"], Alphabet.CORE, peer)
        paths = failures.write(tmp_path, found)
        record(paths, found, report, peer)
        for path, failure in zip(paths, found, strict=True):
            judged = judge_file(path.with_suffix(".jsonl"))
            theirs = [finding for one in judged.connections for finding in one.findings
                      if finding.party.name.lower() == failure.role]  # the puppet breaks what it is told to break
            assert theirs[0].clause.id in failure.same


def test_a_failure_has_no_input_that_it_does_not_need():
    failure = next(one for one in kept("S-18", Alphabet.FULL) if one.test)
    for place in range(len(failure.test)):
        less = (*failure.test[:place], *failure.test[place + 1 :])
        assert not less or not failures.still_fails(failures.Failure(
            failure.role, failure.target, failure.alphabet, failure.seed, failure.clause, failure.same, less
        ), FAULTS["S-18"].make())  # fmt: skip


@pytest.mark.parametrize("role", ["server", "client"])
def test_every_input_has_a_name_of_its_own(role):
    machine = check(role, "reference", alphabet=Alphabet.FULL).coverage.machine
    names = failures.symbols(role)
    assert {names[name] for name in names} >= set(machine.inputs)


def test_the_commands_keep_and_replay(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(in_memory.PEERS, ("reference", "server"), lambda *_: FAULTS["S-02"].make())
    folder = tmp_path / "failures"
    assert run(["check", "server", "reference", "--failures", str(folder)]) == 1
    file, recording = sorted(folder.iterdir())
    assert (file.name, recording.name) == ("server-R5077-3.3-02.json", "server-R5077-3.3-02.jsonl")
    capsys.readouterr()
    assert run(["replay", str(file)]) == 1
    assert capsys.readouterr().out == f"{file}: still fails, R5077-3.3-02\n"

    monkeypatch.undo()
    assert run(["replay", str(file), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["schema"], [one["status"] for one in said["failures"]]) == ("rfc5077/replay/1", ["fixed"])


def test_a_conforming_target_leaves_nothing_but_the_folder(tmp_path):
    assert run(["check", "server", "reference", "--failures", str(tmp_path / "none")]) == 0
    assert list((tmp_path / "none").iterdir()) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": "rfc5077/failure/2"}, "This version reads rfc5077/failure/1"),
        ({"schema": None}, "This version reads"),
        ({"clause": "R5077-9-99"}, "does not fit its schema"),
        ({"test": ["client:Nonsense"]}, "does not fit its schema"),
        ({"test": "client:Finished"}, "does not fit its schema"),
        ({"role": "proxy"}, "does not fit its schema"),
        ({"target": []}, "does not fit its schema"),
    ],
)
def test_a_file_of_another_shape_is_refused_in_one_line(capsys, tmp_path, change, said):
    (path,) = failures.write(tmp_path, kept("S-02")[:1])
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    assert run(["replay", str(path)]) == 2
    line = capsys.readouterr().err
    assert said in line and line.count("\n") == 1


def test_a_file_that_is_no_json_is_refused(capsys, tmp_path):
    (tmp_path / "f").write_text("{")
    assert run(["replay", str(tmp_path / "f")]) == 2
    assert "it is no JSON document" in capsys.readouterr().err
