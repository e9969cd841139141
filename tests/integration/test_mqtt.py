# SPDX-License-Identifier: Apache-2.0
"""From a real broker into the journal and a file."""
import collections
import json
import signal

import paho.mqtt.client
from conftest import wait_until

PIPELINE = """
pipelines:
  telemetry:
    inputs:
      - mqtt:
          url: mqtt://127.0.0.1:{port}
          client_id: paku-test
          topics: ["+/+/+/data"]
          topic_tags: "{{site}}/{{system}}/{{device}}/{{kind}}"
    outputs:
      - file: {{ path: {path} }}
"""


def publish(port, numbers):
    """QoS 1; returns when the broker has acknowledged all. Every hundredth is no JSON."""
    client = paho.mqtt.client.Client("publisher")
    client.max_inflight_messages_set(500)
    client.max_queued_messages_set(0)
    client.connect("127.0.0.1", port)
    client.loop_start()
    sent = []
    for number in numbers:
        payload = json.dumps({"device_id": f"d{number % 7}", "metrics": {"n": number}})
        if number % 100 == 0:
            payload = f"broken {number}"
        sent.append(client.publish(f"paku/sensors/d{number % 7}/data", payload, qos=1))
    for message in sent:
        message.wait_for_publish()
    client.disconnect()
    client.loop_stop()


def rows(path):
    lines = path.read_text().splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


def test_messages_become_records_with_the_topics_levels_as_tags(broker, paku, tmp_path):
    out = tmp_path / "out.jsonl"
    daemon = paku(PIPELINE.format(port=broker.port, path=out))
    daemon.start()
    daemon.wait_for_log("subscribed to")
    publish(broker.port, range(1, 200))
    wait_until(lambda: len(rows(out)) == 198, "198 rows")
    wait_until(lambda: len(daemon.dead_letters()) == 1, "a dead letter")
    assert daemon.stop() == 0
    tags = rows(out)[0]["tags"]
    assert (tags["site"], tags["system"], tags["device"], tags["kind"]) == ("paku", "sensors", "d1", "data")
    letter = daemon.dead_letters()[0]
    assert letter["reason"] == "not JSON at byte 0: expected a value"
    assert letter["refused_by"] == "mqtt"


def test_killed_daemon_loses_nothing_and_takes_nothing_twice_into_the_journal(broker, paku, tmp_path):
    out = tmp_path / "out.jsonl"
    daemon = paku(PIPELINE.format(port=broker.port, path=out))
    daemon.start()
    daemon.wait_for_log("subscribed to")
    total = 0
    for round_number in range(4):
        publish(broker.port, range(total, total + 1000))  # the daemon is killed while it still reads
        total += 1000
        daemon.stop(signal.SIGKILL)
        publish(broker.port, range(total, total + 500))  # the broker keeps these
        total += 500
        daemon.start()
    good = total - total // 100
    wait_until(lambda: len({row["payload"]["metrics"]["n"] for row in rows(out)}) == good, "all rows")
    wait_until(lambda: len(daemon.dead_letters()) >= total // 100, "all dead letters")
    assert daemon.stop() == 0
    status = daemon.run("status", str(daemon.config)).stdout
    assert "the books balance" in status
    assert f"appended {good} + rejected {total // 100} " in status
    broken = collections.Counter(letter["record"].get("base64") for letter in daemon.dead_letters())
    assert len(broken) == total // 100 and max(broken.values()) == 1


def test_pause_of_the_broker_is_survived(broker, paku, tmp_path):
    out = tmp_path / "out.jsonl"
    daemon = paku(PIPELINE.format(port=broker.port, path=out))
    daemon.start()
    daemon.wait_for_log("subscribed to")
    broker.stop()
    daemon.wait_for_log("retrying in")
    assert broker.start()
    wait_until(lambda: daemon.log.read_text().count("subscribed to") == 2, "a second subscription")
    publish(broker.port, range(1, 11))
    wait_until(lambda: len(rows(out)) == 10, "10 rows")
    assert daemon.stop() == 0
