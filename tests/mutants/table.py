"""Every declared fault with what shows it, after how many tests and seconds, and what was said: one line each.

    PYTHONPATH=tests python -m mutants.table
    PYTHONPATH=tests python -m mutants.table --runs 60    # what no alphabet shows, by the Hypothesis machine
"""

import argparse
from statistics import mean

from mutants.hunt import OWN, caught
from mutants.runs import refute

from rfc5077.properties.faults import FAULTS
from rfc5077.properties.faults.rows import ALONE, FAMILY_OF, ROWS
from rfc5077.properties.suite.alphabets import Alphabet


def by_runs(examples: int) -> None:
    """Prints what the Hypothesis machine makes of each fault that no alphabet shows."""
    names = [name for name in FAULTS if name in FAMILY_OF or name in ALONE]
    found = 0
    for name in names:
        refuted = refute(FAULTS[name], examples)
        found += refuted.found
        print(f"{name:6}{refuted.seconds:7.1f} s  {refuted.told or 'not found'}", flush=True)
    print(f"the Hypothesis machine, {examples} runs each: {found} of {len(names)} faults")


def main() -> None:
    """Prints the table, or that of runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=0, help="how many runs of the Hypothesis machine for each fault")
    examples = parser.parse_args().runs
    if examples:
        by_runs(examples)
    else:
        by_means()


def by_means() -> None:
    """Prints the table, and the means below it."""
    for name, fault in FAULTS.items():
        quarry, row = caught(name), ROWS.get(name)
        said = ", ".join(f"{finding.clause.id} {finding.verdict}" for finding in quarry.findings) or "NOTHING"
        mark = "†" if row is not None and row.honest_fails else " "
        print(f"{name:6}{mark}{quarry.means:18}{quarry.tests:5} tests {quarry.seconds:7.2f} s  {said}  | {fault.text}")
    quarries = [caught(name) for name in FAULTS]
    for means in (*Alphabet, *dict.fromkeys(FAMILY_OF.values()), OWN):
        of_means = [quarry for quarry in quarries if quarry.means == means]
        findings = mean(len(quarry.findings) for quarry in of_means)
        seconds = sum(quarry.seconds for quarry in of_means)
        print(f"{means}: {len(of_means)} faults, {findings:.2f} findings each, {seconds:.1f} s in all")
    for name, row in ROWS.items():
        if row.unbuilt:
            print(f"{name} is not built: {row.unbuilt}")


if __name__ == "__main__":
    main()
