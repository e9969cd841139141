#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Includes in core point left only, and every header compiles alone.

usage: includes.py ROOT left
       includes.py ROOT alone COMPILER [ARGUMENT]...
"""
import pathlib
import re
import subprocess
import sys

ORDER = ["base", "record", "config", "plugin", "delivery", "pipeline", "daemon", "cli"]
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def includes(path):
    """(line, included path) of each include in quotes."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        found = INCLUDE.match(line)
        if found:
            yield number, found.group(1)


def faults_left(root):
    """What points right, or nowhere."""
    for path in sorted((root / "core").glob("*/*.[ch]")):
        folder = path.parent.name
        for number, included in includes(path):
            place = f"{path.relative_to(root)}:{number}: \"{included}\""
            other = included.split("/")[0]
            if folder not in ORDER or "/" not in included or other not in ORDER:
                yield f"{place}: expected \"FOLDER/FILE.h\" with one of {', '.join(ORDER)}"
            elif ORDER.index(other) > ORDER.index(folder):
                yield f"{place} points right: {folder} may use {', '.join(ORDER[:ORDER.index(folder) + 1])}"
            elif included.endswith("_private.h") and other != folder:
                yield f"{place} is for core/{other} only"
    for path in sorted((root / "plugins").glob("*/*/*.[ch]")):
        for number, included in includes(path):
            if included.split("/")[0] in ORDER and "/" in included:
                yield f"{path.relative_to(root)}:{number}: a plugin includes <paku/plugin.h>, not core"


def compile_alone(root, header, command, language):
    """The compiler's complaint, or nothing."""
    ran = subprocess.run(
        [*command, "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-x", language,
         "-I", str(root / "core" / "include"), *header[1], "-"],
        input=f"#include {header[0]}\n", capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        yield f"{header[0]} does not compile alone ({language}):\n{ran.stderr}"


def speaks(command, language):
    """Whether the compiler is there for that language."""
    return subprocess.run([*command, "-fsyntax-only", "-x", language, "-"], input="",
                          capture_output=True, text=True, check=False).returncode == 0


def faults_alone(root, command):
    """Headers that need another before them. The public ones are strict C17 and C++ as well."""
    plus = speaks(command, "c++")
    if not plus:
        print("no C++ compiler: the public header was tried in C only")
    for path in sorted((root / "core" / "include").glob("*/*.h")):
        name = f"<{path.parent.name}/{path.name}>"
        yield from compile_alone(root, (name, ["-std=c17"]), command, "c")
        if plus:
            yield from compile_alone(root, (name, []), command, "c++")
    for path in sorted((root / "core").glob("*/*.h")):
        if path.parent.name in ORDER:
            name = f"\"{path.parent.name}/{path.name}\""
            options = ["-std=gnu17", "-D_GNU_SOURCE", "-I", str(root / "core")]
            yield from compile_alone(root, (name, options), command, "c")


def main():
    """Prints what is wrong."""
    root, what = pathlib.Path(sys.argv[1]), sys.argv[2]
    faults = list(faults_left(root) if what == "left" else faults_alone(root, sys.argv[3:]))
    print("\n".join(faults) if faults else "good")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
