# SPDX-License-Identifier: Apache-2.0
"""Writes a text file line by line as a C array: embed.py OUTPUT INPUT."""
import json
import sys

output, source = sys.argv[1:]
with open(source, encoding="utf-8") as lines, open(output, "w", encoding="utf-8") as header:
    header.write("static const char *const SCHEMA_SQL[] = {\n")
    for line in lines:
        header.write(f"    {json.dumps(line)},\n")
    header.write("};\n")
