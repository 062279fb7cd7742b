"""Servers under measurement: Pawl as `pawl up`, and a rival from PyPI."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).resolve().parents[1]
RIVALS = ROOT / "var" / "rivals"
PHOENIX = "arize-phoenix==20.26.1"


class Server(Protocol):
    """Something that takes OTLP over HTTP and can say how many spans can be queried."""

    name: str

    @property
    def traces_url(self) -> str: ...

    @property
    def pid(self) -> int: ...

    def queryable(self, project: str) -> int: ...

    def stop(self) -> None: ...


class Pawl:
    """`pawl up` on free ports."""

    name = "pawl"

    def __init__(self, home: Path, **environment: str) -> None:
        home.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pawl", "up", "--home", str(home)]
        command += ["--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", "0"]
        self._log = (home / "pawl.log").open("ab")
        self._process = subprocess.Popen(
            command, stdout=self._log, stderr=self._log, cwd=ROOT, env=os.environ | environment
        )
        path = home / "endpoints.json"
        while not path.exists():
            if self._process.poll() is not None:
                raise RuntimeError((home / "pawl.log").read_text())
            time.sleep(0.05)
        self.endpoints: dict[str, str] = json.loads(path.read_text())

    @property
    def traces_url(self) -> str:
        return f"{self.endpoints['otlp_http']}/v1/traces"

    @property
    def pid(self) -> int:
        return self._process.pid

    def queryable(self, project: str) -> int:
        """Spans of the project, as the public API counts them."""
        with urllib.request.urlopen(f"{self.endpoints['api']}/api/v1/projects") as answer:
            items = json.load(answer)["items"]
        return sum(int(one["span_count"]) for one in items if one["name"] == project)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(30)


class Phoenix:
    """`phoenix serve` on SQLite, its default; spans are counted in its own database file."""

    name = "phoenix"

    def __init__(self, home: Path, port: int, grpc_port: int) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._home = home
        self._port = port
        environment = os.environ | {
            "PHOENIX_WORKING_DIR": str(home),
            "PHOENIX_HOST": "127.0.0.1",
            "PHOENIX_PORT": str(port),
            "PHOENIX_GRPC_PORT": str(grpc_port),
            "PHOENIX_TELEMETRY_ENABLED": "false",
        }
        self._log = (home / "phoenix.log").open("ab")
        self._process = subprocess.Popen(
            [str(install("phoenix", PHOENIX) / "phoenix"), "serve"],
            stdout=self._log,
            stderr=self._log,
            env=environment,
        )
        while not self._answers():
            if self._process.poll() is not None:
                raise RuntimeError((home / "phoenix.log").read_text()[-2000:])
            time.sleep(0.2)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/v1/projects") as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    @property
    def traces_url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1/traces"

    @property
    def pid(self) -> int:
        return self._process.pid

    def queryable(self, project: str) -> int:
        connection = sqlite3.connect(f"file:{self._home / 'phoenix.db'}?mode=ro", uri=True)
        try:
            return int(connection.execute("SELECT count(*) FROM spans").fetchone()[0])
        finally:
            connection.close()

    def stop(self) -> None:
        self._process.kill()  # it may hold minutes of unwritten spans: do not wait for them
        self._process.wait()


def install(name: str, requirement: str) -> Path:
    """The folder of programs of an environment with the rival in it; made once."""
    programs = RIVALS / name / "bin"
    if not (programs / name).exists():
        subprocess.run([sys.executable, "-m", "venv", str(programs.parent)], check=True)
        subprocess.run([programs / "pip", "install", "--quiet", requirement], check=True)
    return programs


def resident_bytes(pid: int) -> int:
    """Memory of one process now."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def cpu_seconds(pid: int) -> float:
    """User and system time of one process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
