# SPDX-License-Identifier: Apache-2.0
"""`paku run` from made-up telemetry to a file."""
import json
import signal

from conftest import wait_until

PIPELINE = """
pipelines:
  trial:
    journal: {{ memory: 64KiB }}
    inputs:
      - generate: {{ devices: 7, rate: {rate}, count: {count}, malformed: 0.02 }}
    outputs:
      - file: {{ path: {path} }}
"""


def sequences(path):
    return [json.loads(line)["payload"]["metrics"]["sequence"] for line in path.read_text().splitlines()]


def test_everything_is_delivered_in_order_and_the_books_balance(paku, tmp_path):
    out = tmp_path / "out.jsonl"
    daemon = paku(PIPELINE.format(rate=0, count=5000, path=out))
    daemon.start()
    assert daemon.wait() == 0
    rows = sequences(out)
    letters = daemon.dead_letters()
    assert rows == sorted(rows)
    assert len(rows) + len(letters) == 5000
    assert len({letter["id"] for letter in letters}) == len(letters) > 0
    assert all("not JSON at byte" in letter["reason"] for letter in letters)
    status = daemon.run("status", str(daemon.config))
    assert status.returncode == 0, status.stdout
    assert "the books balance" in status.stdout


def test_second_daemon_is_refused_with_the_first_ones_pid(paku, tmp_path):
    daemon = paku(PIPELINE.format(rate=10, count=0, path=tmp_path / "out.jsonl"))
    daemon.start()
    daemon.wait_until_running()
    second = daemon.run("run", str(daemon.config))
    assert second.returncode == 1
    assert f"in use by process {daemon.process.pid}" in second.stderr
    assert daemon.stop() == 0


def test_killed_daemon_delivers_what_it_had_taken(paku, tmp_path):
    out = tmp_path / "out.jsonl"
    daemon = paku(PIPELINE.format(rate=5000, count=0, path=out))
    for _ in range(5):
        daemon.start()
        size = out.stat().st_size if out.exists() else 0
        wait_until(lambda: out.exists() and out.stat().st_size > size, "the output to grow")
        daemon.stop(signal.SIGKILL)
    daemon.start()
    daemon.wait_until_running()
    assert daemon.stop() == 0
    status = daemon.run("status", str(daemon.config))
    assert status.returncode == 0, status.stdout


def test_wrong_configuration_shows_all_errors_with_their_places(paku, tmp_path):
    daemon = paku("pipelines:\n  p:\n    inputs:\n      - generate: { cuont: 3, rate: abc }\n")
    result = daemon.run("check", str(daemon.config))
    assert result.returncode == 1
    assert "paku.yaml:5:21: unknown option 'cuont', did you mean 'count'?" in result.stderr
    assert "paku.yaml:5:37: option 'rate' expects a number, got 'abc'" in result.stderr
    assert "pipeline 'p' has no outputs" in result.stderr
