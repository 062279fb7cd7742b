"""What is measured: Pawl as `pawl up`, the whole platform in one process."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

ROOT = Path(__file__).resolve().parents[1]
HEADERS = {"content-type": "application/json"}


class Server(Protocol):
    """Something that takes OTLP over HTTP and can say how many spans can be queried."""

    name: str
    version: str
    headers: dict[str, str]
    """That its OTLP endpoint wants beside the usual."""

    @property
    def traces_url(self) -> str: ...

    @property
    def pid(self) -> int: ...

    def queryable(self, project: str) -> int: ...

    def stop(self) -> None: ...


class Api:
    """Questions to Pawl's public API."""

    @property
    def api_url(self) -> str:
        raise NotImplementedError

    def until_idle(self, seconds_max: float = 600.0) -> None:
        """Until nothing waits to be stored."""
        raise NotImplementedError

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The answer of the public API, parsed."""
        data = json.dumps(body).encode()
        request = urllib.request.Request(f"{self.api_url}/{path}", data=data, headers=HEADERS)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def export(self, filter: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Spans that fit, one by one."""
        data = json.dumps({"filter": filter}).encode()
        url = f"{self.api_url}/spans/export"
        request = urllib.request.Request(url, data=data, headers=HEADERS)
        with urllib.request.urlopen(request, timeout=600) as answer:
            for line in answer:
                yield json.loads(line)

    def queryable(self, project: str) -> int:
        """Spans of the project, as the public API counts them."""
        asked = {"filter": {"project": [project]}, "measures": [{"op": "count"}]}
        rows = self.post("aggregate", asked)["rows"]
        return sum(int(row["values"]["count"]) for row in rows)


class Pawl(Api):
    """`pawl up` on free ports, with every service, on the data that is in `home`."""

    name = "pawl"
    version = "this checkout"
    headers: dict[str, str] = {}

    def __init__(self, home: Path, **environment: str) -> None:
        home.mkdir(parents=True, exist_ok=True)
        path = home / "endpoints.json"
        path.unlink(missing_ok=True)  # of an earlier life
        command = [sys.executable, "-m", "pawl", "up", "--home", str(home)]
        command += ["--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", "0"]
        with (home / "pawl.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=ROOT, env=os.environ | environment
            )
        while not path.exists():
            if self._process.poll() is not None:
                raise RuntimeError((home / "pawl.log").read_text())
            time.sleep(0.05)
        self.endpoints: dict[str, str] = json.loads(path.read_text())

    @property
    def traces_url(self) -> str:
        return f"{self.endpoints['otlp_http']}/v1/traces"

    @property
    def api_url(self) -> str:
        return f"{self.endpoints['api']}/api/v1"

    @property
    def pid(self) -> int:
        return self._process.pid

    def waiting(self) -> float:
        """Messages that some service has not dealt with yet."""
        with urllib.request.urlopen(f"{self.endpoints['api']}/metrics", timeout=60) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(x.split()[-1]) for x in lines if x.startswith("pawl_consumer_lag{"))

    def until_idle(self, seconds_max: float = 600.0) -> None:
        """Until traces are complete and evaluated, and nothing waits; or `TimeoutError`."""
        deadline = time.monotonic() + seconds_max
        time.sleep(6.0)  # a trace is complete after five quiet seconds
        while self.waiting():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.waiting():.0f} messages are still waiting")
            time.sleep(0.5)

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(30)


def resident_bytes(pid: int) -> int:
    """Memory of one process now."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def cpu_seconds(pid: int) -> float:
    """User and system time so far of a process and, where it leads a session, of all in it."""
    ticks = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            ticks += _ticks(entry, pid)
    return ticks / os.sysconf("SC_CLK_TCK")


def _ticks(entry: Path, pid: int) -> int:
    try:
        fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    session = int(fields[3])
    return int(fields[11]) + int(fields[12]) if pid in (int(entry.name), session) else 0
