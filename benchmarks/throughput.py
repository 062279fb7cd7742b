"""Spans accepted durably and spans queryable per second, Pawl and Phoenix under the same load."""

import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.servers import ROOT, Pawl, Phoenix, Server, cpu_seconds, resident_bytes

RATIO_MIN = 50.0
ACCEPTED_PER_SECOND_MIN = 8000.0
PROJECT = "bench"


def run(seconds: float = 20.0, connections: int = 4) -> dict[str, Any]:
    """Both servers, one after the other, on this machine with the generator."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        pawl = measure(Pawl(home / "pawl"), seconds, connections)
        phoenix = measure(Phoenix(home / "phoenix", 26006, 26007), seconds, connections)
    ratio = pawl["queryable_per_second"] / max(phoenix["queryable_per_second"], 1e-9)
    return {
        "pawl": pawl,
        "phoenix": phoenix,
        "ratio_queryable": ratio,
        "passed": ratio >= RATIO_MIN
        and min(pawl["accepted_per_second"], pawl["queryable_per_second"])
        >= ACCEPTED_PER_SECOND_MIN,
    }


def measure(server: Server, seconds: float, connections: int) -> dict[str, Any]:
    """Load for a while; queryable is counted until all is, or for twice the time of the load."""
    _generate(server.traces_url, 2.0, connections, "warm-up")
    _settle(server)
    before, cpu = server.queryable(PROJECT), cpu_seconds(server.pid)
    start = time.monotonic()
    result: dict[str, Any] = {}
    load = threading.Thread(
        target=lambda: result.update(_generate(server.traces_url, seconds, connections, PROJECT))
    )
    load.start()
    load.join()
    at_end = server.queryable(PROJECT) - before
    deadline = start + 3 * seconds
    while (seen := server.queryable(PROJECT) - before) < result["accepted_spans"]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.25)
    elapsed = time.monotonic() - start
    result |= {
        "queryable_when_load_ended": at_end,
        "queryable_spans": seen,
        "queryable_per_second": seen / elapsed,
        "cpu_us_per_span": (cpu_seconds(server.pid) - cpu) / max(seen, 1) * 1e6,
        "resident_mb": resident_bytes(server.pid) / 1e6,
    }
    server.stop()
    return result


def _settle(server: Server) -> None:
    """Until the warm-up no longer changes what can be queried."""
    time.sleep(1.0)
    deadline = time.monotonic() + 30
    last = -1
    while (now := server.queryable("warm-up")) != last and time.monotonic() < deadline:
        last = now
        time.sleep(1.0)


def _generate(url: str, seconds: float, connections: int, project: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.load", url, "--project", project]
    command += ["--seconds", str(seconds), "--connections", str(connections)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    found: dict[str, float] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
