# SPDX-License-Identifier: Apache-2.0
"""`paku validate` says what is wrong, a line a document."""
import json
import os
import subprocess


def validate(folder, schema, documents):
    (folder / "schema.json").write_text(json.dumps(schema))
    lines = "".join(json.dumps(document) + "\n" for document in documents)
    command = [os.environ["PAKU_BINARY"], "validate", "--schema", folder / "schema.json"]
    return subprocess.run(command, input=lines, capture_output=True, text=True, timeout=60, check=False)


def test_what_is_wrong_is_named(tmp_path):
    answer = validate(tmp_path, {"required": ["a"]}, [{"a": 1}, {"b": 2}])
    assert answer.returncode == 1
    assert answer.stdout.splitlines() == [
        "valid", 'invalid # /required expected a member "a", which is missing']
