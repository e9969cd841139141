# SPDX-License-Identifier: Apache-2.0
"""Prints "passed failed skipped" for a runner's result file; a file that is missing is a failure.

A meson test is a program of Check with many cases; its own line "Checks: N, Failures: N, Errors: N"
says how many. A program that ended without that line counts as one test, by its exit status.
"""
import json
import re
import sys
import xml.etree.ElementTree


def count_meson(path):
    passed = failed = skipped = 0
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            test = json.loads(line)
            cases = re.search(r"Checks: (\d+), Failures: (\d+), Errors: (\d+)", test.get("stdout") or "")
            good = test["result"] in ("OK", "EXPECTEDFAIL")
            if cases:
                total, bad = int(cases[1]), int(cases[2]) + int(cases[3])
                bad = max(bad, 0 if good else 1)
                passed, failed = passed + total - bad, failed + bad
            elif test["result"] == "SKIP":
                skipped += 1
            else:
                passed, failed = passed + good, failed + (not good)
    return passed, failed, skipped


def count_pytest(path):
    passed = failed = skipped = 0
    for suite in xml.etree.ElementTree.parse(path).getroot().iter("testsuite"):
        bad = int(suite.get("failures")) + int(suite.get("errors"))
        skips = int(suite.get("skipped"))
        passed += int(suite.get("tests")) - bad - skips
        failed, skipped = failed + bad, skipped + skips
    return passed, failed, skipped


def main():
    kind, path = sys.argv[1:]
    try:
        counts = {"meson": count_meson, "pytest": count_pytest}[kind](path)
    except (OSError, ValueError) as error:
        print(f"no results in {path}: {error}", file=sys.stderr)
        counts = (0, 1, 0)
    print(*counts)


main()
