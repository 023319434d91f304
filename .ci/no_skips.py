"""Fails unless the given JUnit report has a test and no skipped one (an expected failure counts as skipped)."""

import sys
import xml.etree.ElementTree as ElementTree

suites = list(ElementTree.parse(sys.argv[1]).getroot().iter("testsuite"))
tests = sum(int(suite.get("tests", "0")) for suite in suites)
skipped = [
    f"{case.get('classname')}::{case.get('name')}"
    for suite in suites
    for case in suite.iter("testcase")
    if case.find("skipped") is not None
]
if tests == 0 or skipped:
    sys.exit("\n".join([f"{tests} tests ran, {len(skipped)} skipped", *skipped]))
