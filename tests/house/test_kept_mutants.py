"""Models with one thing wrong, as they are kept: every one has its fate, and the data is up to date.

After a change of the model: `rfc5077 prove --mutants --keep properties/knowledge/mutants.json`.
"""

import json
import random
from collections import Counter

import pytest

from rfc5077.model.proof.mutants import keys, mutants
from rfc5077.model.proof.mutation import ALIKE, KILLED
from rfc5077.model.proof.theorems import EVERY
from rfc5077.properties.cli.main import run
from rfc5077.properties.knowledge.mutants import judged, kept, work
from rfc5077.properties.knowledge.store import Store

REFRESH = "rfc5077 prove --mutants --keep properties/knowledge/mutants.json"


@pytest.fixture(scope="module")
def digests():
    return keys(mutants())


def test_what_is_kept_was_computed_from_the_models_as_they_are(digests):
    stale = {mutant.model for mutant, digest in digests.items() if digest not in kept()}
    assert stale == set(), REFRESH
    assert kept().keys() == set(digests.values()), REFRESH


def test_every_mutant_has_a_fate_and_more_than_half_are_killed(digests):
    fates = Counter(kept()[digest][0] for digest in digests.values())
    assert set(fates) <= {*KILLED, *ALIKE}
    assert sum(fates[kind] for kind in KILLED) > fates.total() / 2


def test_who_kills_is_a_theorem_or_a_move_that_happens_no_more():
    ids = {theorem.id for theorem in EVERY}
    for kind, theorem, depth, why in kept().values():
        assert (theorem in ids) == (kind in ("refuted", "vacuous"))
        assert bool(why) == (not theorem)
        assert depth >= 0 and (depth == 0 or theorem)


@pytest.mark.parametrize("seed", range(12))
def test_fates_picked_by_chance_are_the_same_when_found_anew(digests, seed):
    models = sorted({mutant.model for mutant in digests})
    model = models[seed % len(models)]
    mutant = random.Random(seed).choice([mutant for mutant in digests if mutant.model == model])
    ((_, found),) = work([mutant])
    assert found == kept()[digests[mutant]]


def test_the_command_takes_what_is_kept_and_tells_of_every_model(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert run(["prove", "--mutants", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["schema"] == "rfc5077/mutants/1"
    assert said["survivors"] == []
    assert {row["fate"] for row in said["mutants"]} <= {*KILLED, *ALIKE}
    assert said["results"] == {"taken": len(kept()), "computed": 0}
    assert {row["model"] for row in said["mutants"]} == set(said["counts"])


def test_an_interrupted_run_goes_on_where_it_was(tmp_path, digests):
    """All but a few of one small model are there already."""
    few = [digest for mutant, digest in digests.items() if mutant.model == "cost"]
    packaged = {digest: value for digest, value in kept().items() if digest not in few}
    found = judged(Store(packaged, tmp_path), processes=1)
    assert (found.taken, len(found.results)) == (len(packaged), len(digests))
    again = judged(Store(packaged, tmp_path), processes=1)
    assert again.taken == len(digests)


def test_nothing_else_goes_with_mutants(capsys):
    assert run(["prove", "handshake_ends", "--mutants"]) == 2
    assert "--mutants asks all theorems" in capsys.readouterr().err
