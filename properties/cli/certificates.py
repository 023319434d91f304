"""`prove --certificates DIR`: a folder that anybody can check with any solver."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from rfc5077 import __version__
from rfc5077.properties import folders
from rfc5077.properties.folders import MANIFEST

if TYPE_CHECKING:
    from rfc5077.model.proof.certificate import Obligation
    from rfc5077.model.proof.prover import Proof, Proved

SCHEMA = "rfc5077/certificates/1"
CHECKER, SUMS = "check.sh", "SHA256SUMS"
KIND = folders.Kind("certificates", SCHEMA, frozenset({CHECKER, SUMS}))

SAYS = {
    "initiation": "The start lies within the invariant: no state is a start and outside it.",
    "consecution": "The move does not lead out of the invariant: none within allows the move and is out after it.",
    "safety": "The theorem follows from the invariant: no state is within it and breaks the claim.",
}
"""What a file says, by its part of the proof."""

CHECK = """#!/bin/sh
# Every .smt2 file here is one step of a proof by induction, in SMT-LIB 2, over Booleans and whole numbers alone.
# Each asks for a state that would break its step; `unsat` says that there is none.  What step a file is, and which
# theorem rests on which files under which clauses, is in manifest.json.  A theorem holds if each of its files is unsat;
# any other answer, `unknown` and a time-out too, leaves it unproved.
#
# The sums tell a folder that was damaged or is not whole.  Whoever changes files and sums alike is not found out so: to
# be sure of that, write the folder again with the rfc5077 of the manifest's `made_by`, and compare.
#
# Any solver will do, named with its options:  sh check.sh z3 -T:60      sh check.sh cvc5 --tlimit=60000
#                                              sh check.sh yices-smt2 --timeout=60
[ $# -gt 0 ] || { echo "usage: sh check.sh SOLVER [OPTION...]" >&2; exit 2; }
cd "$(dirname "$0")" || exit 2
grep -q '^[0-9a-f]*  manifest[.]json$' SHA256SUMS || { echo "manifest.json is not in SHA256SUMS" >&2; exit 1; }
sha256sum -c --quiet SHA256SUMS 2>/dev/null || shasum -a 256 -c SHA256SUMS >/dev/null || exit 1
summed=$(grep -c '[.]smt2$' SHA256SUMS)
named=$(grep -c '^  "[^"]*[.]smt2": {$' manifest.json)
files=0 open=0
for file in *.smt2; do
    files=$((files + 1))
    answer=$("$@" "$file" 2>&1)
    [ "$answer" = unsat ] || { open=$((open + 1)); echo "$file: ${answer:-no answer}"; }
done
echo "$files files, $open of them not unsat"
[ "$files" -eq "$named" ] && [ "$files" -eq "$summed" ] || {
    echo "manifest.json names $named files, SHA256SUMS $summed" >&2
    exit 1
}
[ "$files" -gt 0 ] && [ "$open" -eq 0 ]
"""


def write(place: Path, proof: Proof) -> None:
    """Writes the certificates of the theorems that are proved.

    Raises:
        UsageError: that failed; what was in the place is still there.
    """
    folders.write(place, KIND, lambda new: _fill(new, proof))


# --- what is written --------------------------------------------------------------------------------------------------


def _fill(folder: Path, proof: Proof) -> None:
    """The obligations of what is proved, the manifest, sums and the loop that checks them."""
    proved = [result for result in proof.results if result.status == "proved"]
    kept = list(dict.fromkeys(one for result in proved for one in result.obligations))
    names = {one: f"{number:04d}_{_slug(one.name)}.smt2" for number, one in enumerate(kept)}
    sums = {names[one]: sha256(one.script.encode()).hexdigest() for one in kept}
    for one, name in names.items():
        (folder / name).write_text(one.script, encoding="utf-8")
    manifest = json.dumps(_manifest(proof, names, sums), indent=1, ensure_ascii=False) + "\n"
    (folder / MANIFEST).write_text(manifest, encoding="utf-8")
    every = sums | {MANIFEST: sha256(manifest.encode()).hexdigest()}
    (folder / SUMS).write_text("".join(f"{found}  {name}\n" for name, found in every.items()), encoding="utf-8")
    (folder / CHECKER).write_text(CHECK, encoding="utf-8")


def _slug(name: str) -> str:
    return re.sub(r"\W+", "_", name).strip("_")[:100]


def _manifest(proof: Proof, names: dict[Obligation, str], sums: dict[str, str]) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "made_by": {"rfc5077": __version__, "z3": version("z3-solver"), "cvc5": version("cvc5")},
        "without": sorted(proof.without),
        "expected": "unsat",
        "theorems": [_theorem(result, proof, names, sums) for result in proof.results],
        "files": {name: _file(one, sums[name]) for one, name in names.items()},
    }


def _theorem(result: Proved, proof: Proof, names: dict[Obligation, str], sums: dict[str, str]) -> dict[str, object]:
    """A theorem that is not proved has no files."""
    from rfc5077.model.proof.binding import binding

    theorem = result.theorem
    under = binding(theorem, proof.without)
    files = [names[one] for one in result.obligations] if result.status == "proved" else []
    return {
        "id": theorem.id,
        "statement": theorem.statement,
        "basis": theorem.basis.value,
        "status": result.status,
        "clauses": sorted(under.ids),
        "left_out": sorted(under.left_out),
        "files": [{"file": name, "sha256": sums[name]} for name in files],
    }


def _file(one: Obligation, found: str) -> dict[str, object]:
    move: dict[str, object] = {"move": one.move} if one.move else {}
    return {"sha256": found, "name": one.name, "part": one.part, **move, "says": SAYS[one.part]}
