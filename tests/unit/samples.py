#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every sample.yaml of a plugin, and every configuration that is shipped, passes `paku check`.

Samples of plugins that are not built are left out, and named. Variables that a file needs stand at
its head: # env: NAME=value

usage: samples.py PAKU ROOT
"""
import os
import pathlib
import subprocess
import sys

import config_messages


def is_configuration(path):
    """Whether a YAML file is one for paku, and not for something else."""
    return any(line.startswith(("pipelines:", "include:"))
               for line in path.read_text(encoding="utf-8").splitlines())


def samples(root):
    """(path, the plugin's shared object in a build tree or None)."""
    for path in sorted((root / "plugins").glob("*/*/sample.yaml")):
        kinds, name = path.parts[-3:-1]
        yield path, pathlib.Path("plugins") / kinds / f"{name}.so"
    for path in sorted((root / "conf").glob("*.yaml")):
        if is_configuration(path):
            yield path, None


def environment_of(path):
    """What the head of the file asks for."""
    environment = dict(os.environ)
    for word, text in config_messages.headers(path):
        if word == "env":
            name, _, value = text.partition("=")
            environment[name] = value
    return environment


def main():
    """Checks them all."""
    program, root = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    checked, failed = 0, 0
    for path, plugin in samples(root):
        if plugin is not None and not (program.parent / plugin).exists():
            print(f"left out, not built: {path}")
            continue
        ran = subprocess.run([program, "check", path], env=environment_of(path),
                             capture_output=True, text=True, timeout=60, check=False)
        checked += 1
        if ran.returncode != 0:
            failed += 1
            print(f"--- {path}\n{ran.stdout}{ran.stderr}")
    for folder in sorted((root / "plugins").glob("*/*/")):
        built = (program.parent / "plugins" / folder.parent.name / f"{folder.name}.so").exists()
        if built and not (folder / "sample.yaml").exists():
            failed += 1
            print(f"--- {folder} has no sample.yaml")
    print(f"{checked} checked, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
