#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What `paku check` says of each configuration in tests/data/config, word for word.

Each NAME.yaml, and each folder NAME, has a NAME.expected beside it: the exit status, then what was
printed. Comments at the head of a file ask for more:
  # env: NAME=value     sets a variable
  # args: --print       gives further arguments
  # file: main.yaml     (in a file README of a folder) checks that file instead of the folder

usage: config_messages.py PAKU FIXTURES DATA [--write] [NAME]...
"""
import os
import pathlib
import subprocess
import sys


def headers(case):
    """(word, text) of each comment at the head of a case."""
    head = case / "README" if case.is_dir() else case
    if not head.exists():
        return
    for line in head.read_bytes().decode("utf-8", "replace").splitlines():
        if not line.startswith("# "):
            break
        word, colon, text = line[2:].partition(": ")
        if colon:
            yield word, text


def check(program, fixtures, case):
    """What the program says, as it stands in the .expected file."""
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LD_LIBRARY_PATH"):
        if name in os.environ:
            environment[name] = os.environ[name]
    arguments, path = [], case.name
    for word, text in headers(case):
        if word == "env":
            name, _, value = text.partition("=")
            environment[name] = value
        elif word == "args":
            arguments += text.split()
        elif word == "file":
            path = f"{case.name}/{text}"
    ran = subprocess.run(
        [program, "check", "--plugin-dir", fixtures, "--log-level", "error", *arguments, path],
        cwd=case.parent, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        timeout=60, check=False)
    said = ran.stdout.decode("utf-8", "replace")
    here = str(case.parent.resolve())
    return f"exit {ran.returncode}\n{said}".replace(here, "HERE").replace(fixtures, "FIXTURES")


def cases(data, names):
    """Files and folders to check, by name."""
    for path in sorted(data.iterdir()):
        if path.suffix == ".yaml" or (path.is_dir() and path.name != "secrets"):
            if not names or path.stem in names:
                yield path


def main():
    """Compares, or writes what came."""
    write = "--write" in sys.argv
    program, fixtures, data, *names = [a for a in sys.argv[1:] if a != "--write"]
    program, fixtures = os.path.abspath(program), os.path.abspath(fixtures)
    failed, count = [], 0
    for case in cases(pathlib.Path(data), names):
        count += 1
        expected = case.with_suffix(".expected")
        came = check(program, fixtures, case)
        if write:
            expected.write_text(came, encoding="utf-8")
        elif not expected.exists() or expected.read_text(encoding="utf-8") != came:
            wanted = expected.read_text(encoding="utf-8") if expected.exists() else "(no file)\n"
            print(f"--- {case.name}: expected\n{wanted}--- came\n{came}")
            failed.append(case.name)
    print(f"{count} cases, {len(failed)} failed {' '.join(failed)}")
    sys.exit(1 if failed or count == 0 else 0)


if __name__ == "__main__":
    main()
