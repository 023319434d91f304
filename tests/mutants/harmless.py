"""Every conformant variant through all families of tests: one line each, and what is wrong with the suite if anything.

    PYTHONPATH=tests python -m mutants.harmless
"""

import time

from rfc5077.properties.suite.families.catalogue import run_families
from rfc5077.properties.variants import VARIANTS


def main() -> None:
    """Prints what the families say of each variant; a violation is a false alarm."""
    false = 0
    for name, variant in VARIANTS.items():
        begun = time.perf_counter()
        runs = run_families(variant.make(), set())
        found = [(run.family.name, ran.test.text, finding) for run in runs for ran in run.tests
                 for finding in ran.findings]  # fmt: skip
        told = {f"{finding.clause.id} {finding.verdict} ({family}: {test})" for family, test, finding in found}
        false += any(finding.verdict == "violation" for *_, finding in found)
        made = sum(run.made for run in runs)
        print(f"{name:52}{made:4} tests {time.perf_counter() - begun:5.1f} s  {'; '.join(sorted(told))}", flush=True)
    print(f"{len(VARIANTS)} variants, {false} of them called faulty")


if __name__ == "__main__":
    main()
