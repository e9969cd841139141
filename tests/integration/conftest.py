# SPDX-License-Identifier: Apache-2.0
"""Real servers for integration tests: private, on free ports, gone with their test."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import psycopg2
import pytest

WAIT_SECONDS = 60  # a bound for a hanging test, not a measure


def wait_until(condition, what):
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited {WAIT_SECONDS} s for {what}"
        time.sleep(0.02)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Broker:
    """A Mosquitto of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.process = None
        for _ in range(10):  # somebody else may take the port first
            self.port = free_port()
            if self.start():
                return
        raise RuntimeError("Mosquitto does not start: " + (folder / "mosquitto.log").read_text())

    def start(self):
        conf = self.folder / "mosquitto.conf"
        conf.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 2000\n"
            "max_queued_messages 1000000\n" + ("user root\n" if os.getuid() == 0 else "")
        )
        with open(self.folder / "mosquitto.log", "ab") as log:
            self.process = subprocess.Popen(["mosquitto", "-c", conf], stdout=log, stderr=log)
        while self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return True
            time.sleep(0.02)
        return False

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Paku:
    """The daemon with one configuration, started as often as a test likes."""

    def __init__(self, folder, yaml):
        self.binary = os.environ["PAKU_BINARY"]
        self.folder = folder
        self.config = folder / "paku.yaml"
        self.config.write_text(f"data_directory: {folder}/data\n{yaml}")
        self.log = folder / "paku.log"
        self.process = None
        self.starts = 0

    def start(self):
        self.starts += 1
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([self.binary, "run", self.config], stderr=log)

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(WAIT_SECONDS)

    def wait(self):
        return self.process.wait(WAIT_SECONDS)

    def wait_for_log(self, text):
        wait_until(lambda: self.log.exists() and text in self.log.read_text(), f"'{text}' in the log")

    def wait_until_running(self):
        wait_until(lambda: self.log.read_text().count("runs 1 pipeline") == self.starts, "the start")

    def run(self, *arguments):
        return subprocess.run(
            [self.binary, *arguments], capture_output=True, text=True, timeout=WAIT_SECONDS, check=False
        )

    def dead_letters(self):
        files = sorted(pathlib.Path(self.folder, "data/dead-letters").glob("*.jsonl"))
        return [json.loads(line) for file in files for line in file.read_text().splitlines()]


class Postgres:
    """A PostgreSQL of its own, open to whoever is on this machine's loopback, gone with its test."""

    def __init__(self, folder):
        self.folder = folder
        self.bin = pathlib.Path("/usr/lib/postgresql/15/bin")
        self.port = free_port()
        # The server refuses root.
        self.prefix = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        if self.prefix:
            shutil.chown(folder, "postgres")
        self.call("initdb", "-D", folder / "db", "-A", "trust", "-U", "postgres")
        self.start()

    def call(self, program, *arguments):
        subprocess.run([*self.prefix, self.bin / program, *arguments], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, cwd=self.folder)

    def start(self):
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        self.call("pg_ctl", "-D", self.folder / "db", "-o", options, "-l", self.folder / "log", "-w", "start")

    def kill(self):
        self.call("pg_ctl", "-D", self.folder / "db", "-m", "immediate", "stop")

    def url(self):
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def query(self, sql):
        with contextlib.closing(psycopg2.connect(self.url())) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            rows = cursor.fetchall() if cursor.description else None
            connection.commit()
            return rows


@pytest.fixture
def postgres():
    with tempfile.TemporaryDirectory(prefix="paku-pg-") as folder:  # short: a socket's path is bounded
        server = Postgres(pathlib.Path(folder))
        yield server
        server.kill()


@pytest.fixture
def broker(tmp_path):
    server = Broker(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def paku(tmp_path):
    daemons = []

    def make(yaml):
        daemons.append(Paku(tmp_path, yaml))
        return daemons[-1]

    yield make
    for daemon in daemons:
        if daemon.process is not None and daemon.process.poll() is None:
            daemon.process.kill()
            daemon.process.wait()
