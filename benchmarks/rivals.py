"""Rivals from PyPI, each in an environment of its own, started as their manuals say.

Their spans are counted in their own database files: reading rows there costs them nothing, and
a span that is in the table is taken for queryable.
"""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from benchmarks.servers import ROOT

RIVALS = ROOT / "var" / "rivals"
START_SECONDS_MAX = 120.0
EXPERIMENT = {"x-mlflow-experiment-id": "0"}


class Rival:
    """A server of one process group that stores spans in an SQLite file."""

    name: str
    version: str
    headers: dict[str, str] = {}
    spans_sql = "SELECT count(*) FROM spans"

    def __init__(self, home: Path, port: int) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._home, self._port = home, port
        programs = install(self.name, self.version)
        with (home / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(programs / self.name), *self.arguments()],
                stdout=log,
                stderr=log,
                env=os.environ | self.environment(),
                cwd=home,
                start_new_session=True,  # to end its workers with it
            )
        self._wait()

    def arguments(self) -> Sequence[str]:
        """After the program's name."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """Beside what the environment holds already."""
        return {}

    def database(self) -> Path:
        """Where the spans are."""
        raise NotImplementedError

    def probe_url(self) -> str:
        """Answers 200 when the server has started."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def traces_url(self) -> str:
        return f"{self.url}/v1/traces"

    @property
    def pid(self) -> int:
        return self._process.pid

    def queryable(self, project: str) -> int:
        """All spans: there is one project a run, beside the warm-up before."""
        connection = sqlite3.connect(f"file:{self.database()}?mode=ro", uri=True)
        try:
            return int(connection.execute(self.spans_sql).fetchone()[0])
        finally:
            connection.close()

    def stop(self) -> None:
        """It may hold minutes of unwritten spans: do not wait for them."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self._home / "server.log").read_text()[-2000:])
            time.sleep(0.2)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.probe_url(), timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


class Phoenix(Rival):
    """`phoenix serve` on SQLite, its default."""

    name = "phoenix"
    version = "arize-phoenix==20.26.1"

    def arguments(self) -> Sequence[str]:
        return ("serve",)

    def environment(self) -> dict[str, str]:
        return {
            "PHOENIX_WORKING_DIR": str(self._home),
            "PHOENIX_HOST": "127.0.0.1",
            "PHOENIX_PORT": str(self._port),
            "PHOENIX_GRPC_PORT": str(self._port + 1),
            "PHOENIX_TELEMETRY_ENABLED": "false",
        }

    def database(self) -> Path:
        return self._home / "phoenix.db"

    def probe_url(self) -> str:
        return f"{self.url}/v1/projects"


class MLflow(Rival):
    """`mlflow server` on SQLite with one worker; OTLP goes to its default experiment."""

    name = "mlflow"
    version = "mlflow==3.17.2"
    headers = EXPERIMENT

    def arguments(self) -> Sequence[str]:
        store = ("--backend-store-uri", f"sqlite:///{self.database()}")
        return ("server", *store, "--host", "127.0.0.1", "--port", str(self._port), "--workers=1")

    def environment(self) -> dict[str, str]:
        # Its background jobs would only take time from it.
        return {
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "DO_NOT_TRACK": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        }

    def database(self) -> Path:
        return self._home / "mlflow.db"

    def probe_url(self) -> str:
        return f"{self.url}/health"


RIVAL_KINDS: tuple[type[Rival], ...] = (Phoenix, MLflow)


def install(name: str, requirement: str) -> Path:
    """The folder of programs of an environment with the rival in it; made once."""
    programs = RIVALS / name / "bin"
    if not (programs / name).exists():
        shutil.rmtree(programs.parent, ignore_errors=True)  # an install that was broken off
        subprocess.run([sys.executable, "-m", "venv", str(programs.parent)], check=True)
        subprocess.run([programs / "pip", "install", "--quiet", requirement], check=True)
    return programs
