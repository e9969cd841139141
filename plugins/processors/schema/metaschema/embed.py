#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""embed.py OUT.c IN.json ...: the metaschemas as an array for C, without the white space."""
import json
import os
import sys


def as_c_string(text):
    pieces = [text[i:i + 80] for i in range(0, len(text), 80)]
    return "\n".join("    " + json.dumps(piece) for piece in pieces)


def main():
    rows = []
    for path in sys.argv[2:]:
        with open(path, encoding="ascii") as stream:
            schema = json.load(stream)
        text = json.dumps(schema, separators=(",", ":"))
        rows.append('{"%s", "%s",\n%s,\n    %d},' % (
            schema["$id"], os.path.basename(path), as_c_string(text), len(text)))
    with open(sys.argv[1], "w", encoding="ascii") as stream:
        stream.write("/* Made by embed.py. */\n#include \"engine.h\"\n\n"
                     "const struct metaschema metaschemas[] = {\n%s\n{0},\n};\n" % "\n".join(rows))


main()
