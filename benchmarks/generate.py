"""The load generator as a process of its own, as a sender would be."""

import json
import subprocess
import sys
from collections.abc import Mapping

from benchmarks.load import SPANS_PER_BATCH, SPANS_PER_TRACE
from benchmarks.servers import ROOT

__all__ = ["SPANS_PER_BATCH", "SPANS_PER_TRACE", "generate"]


def generate(
    url: str,
    seconds: float,
    project: str,
    *,
    connections: int = 4,
    spans_per_second: float = 0.0,
    headers: Mapping[str, str] | None = None,
) -> dict[str, float]:
    """Send 8-span agent traces for a while; 0 spans per second is as fast as it goes."""
    command = [sys.executable, "-m", "benchmarks.load", url, "--project", project]
    command += ["--seconds", str(seconds), "--connections", str(connections)]
    command += ["--spans-per-second", str(spans_per_second)]
    for name, value in (headers or {}).items():
        command += ["--header", f"{name}={value}"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    found: dict[str, float] = json.loads(done.stdout)
    return found
