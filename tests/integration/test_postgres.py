# SPDX-License-Identifier: Apache-2.0
"""The main job: a device publishes, a row appears in Postgres, once."""
import json
import signal

from conftest import wait_until
from test_mqtt import publish

SCHEMA = {"type": "object", "required": ["device_id", "metrics"]}

PIPELINE = """
pipelines:
  telemetry:
    inputs:
      - mqtt:
          url: mqtt://127.0.0.1:{port}
          client_id: paku-test
          topics: ["+/+/+/data"]
          topic_tags: "{{site}}/{{system}}/{{device}}/{{kind}}"
    processors:
      - schema: {{ schema: data.json }}
    outputs:
      - postgres:
          url: {url}
          table: measurements
          create: {create}
          retry: {{ initial: 50ms, max: 200ms }}
          columns: {{ site_id: tag.site, device_id: tag.device, ts: time, metrics: .metrics }}
"""


def make(paku, broker, postgres, tmp_path, schema=None, create="true"):
    (tmp_path / "data.json").write_text(json.dumps(schema or SCHEMA))
    return paku(PIPELINE.format(port=broker.port, url=postgres.url(), create=create))


def count(postgres):
    if not postgres.query("SELECT to_regclass('measurements') IS NOT NULL")[0][0]:
        return (0, 0)
    return postgres.query("SELECT count(*), count(DISTINCT metrics->>'n') FROM measurements")[0]


def test_whatever_is_killed_each_message_is_a_row_once(broker, postgres, paku, tmp_path):
    daemon = make(paku, broker, postgres, tmp_path)
    daemon.start()
    daemon.wait_for_log("subscribed to")
    total = 0
    for round_number in range(4):
        publish(broker.port, range(total, total + 1000))
        total += 1000
        if round_number % 2 == 1:
            postgres.kill()
        daemon.stop(signal.SIGKILL)
        publish(broker.port, range(total, total + 500))
        total += 500
        daemon.start()
        if round_number % 2 == 1:
            postgres.start()
    good = total - total // 100
    wait_until(lambda: count(postgres)[1] == good, "all rows")
    assert daemon.stop() == 0
    assert count(postgres) == (good, good)
    assert len(daemon.dead_letters()) == total // 100
    status = daemon.run("status", str(daemon.config)).stdout
    assert "the books balance" in status


def test_row_that_violates_a_check_is_set_aside_and_its_neighbours_land(broker, postgres, paku, tmp_path):
    daemon = make(paku, broker, postgres, tmp_path)
    daemon.start()
    daemon.wait_for_log("subscribed to")
    publish(broker.port, [1])
    wait_until(lambda: count(postgres)[0] == 1, "the table")
    postgres.query("ALTER TABLE measurements ADD CHECK (metrics->>'n' <> '777')")
    publish(broker.port, [n for n in range(2, 1100) if n % 100])
    wait_until(lambda: len(daemon.dead_letters()) == 1, "a dead letter")
    wait_until(lambda: count(postgres)[0] == 1088, "the neighbours")
    assert daemon.stop() == 0
    letter = daemon.dead_letters()[0]
    assert letter["code"] == "23514" and letter["refused_by"] == "postgres"
    assert letter["record"]["payload"]["metrics"]["n"] == 777


def test_what_the_schema_refuses_is_set_aside_with_the_place(broker, postgres, paku, tmp_path):
    schema = {"properties": {"metrics": {"properties": {"n": {"maximum": 5}}}}}
    daemon = make(paku, broker, postgres, tmp_path, schema)
    daemon.start()
    daemon.wait_for_log("subscribed to")
    publish(broker.port, range(1, 11))
    wait_until(lambda: count(postgres)[0] == 5, "5 rows")
    wait_until(lambda: len(daemon.dead_letters()) == 5, "5 dead letters")
    assert daemon.stop() == 0
    letter = daemon.dead_letters()[0]
    assert letter["refused_by"] == "schema"
    assert "/metrics/n" in letter["reason"] and "/properties/metrics/properties/n/maximum" in letter["reason"]


