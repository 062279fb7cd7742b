"""A cluster with a load behind it, and waiting until it has caught up."""

import asyncio
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence

from benchmarks.servers import ROOT
from libs.contracts.topics import BY_NAME
from libs.eventlog.kafka.offsets import Offsets
from pawl.cluster.held import Cluster


def generate(
    cluster: Cluster,
    seconds: float,
    project: str,
    spans_per_second: float = 0,
    connections: int = 2,
) -> dict[str, float]:
    """Send 8-span agent traces for a while, from another process; what was accepted."""
    command = [sys.executable, "-m", "benchmarks.load", f"{cluster.otlp_url}/v1/traces"]
    command += ["--project", project, "--seconds", str(seconds)]
    command += ["--connections", str(connections), "--spans-per-second", str(spans_per_second)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def queryable(cluster: Cluster, project: str) -> int:
    """Spans of the project, as the public API counts them."""
    url = f"{cluster['traces'].url}/api/v1/projects"
    with urllib.request.urlopen(url, timeout=60) as answer:
        items = json.load(answer)["items"]
    return sum(int(one["span_count"]) for one in items if one["name"] == project)


def lag(cluster: Cluster, group: str, topic: str) -> int:
    """Records that the group has not dealt with yet."""

    async def ask() -> int:
        offsets = Offsets(cluster.bootstrap)
        await offsets.start()
        try:
            return await offsets.lag(group, topic)
        finally:
            await offsets.stop()

    return asyncio.run(ask())


def drained(cluster: Cluster, groups: Sequence[str], topics: Sequence[str], seconds: float) -> None:
    """Wait until no group is behind on any of the topics, twice in a row."""
    deadline = time.monotonic() + seconds
    quiet = 0
    while quiet < 2:
        behind = sum(
            lag(cluster, group, topic)
            for topic in topics
            for group in groups
            if group in BY_NAME[topic].consumers
        )
        quiet = 0 if behind else quiet + 1
        if time.monotonic() > deadline:
            raise TimeoutError(f"{behind} records are still waiting")
        time.sleep(0.5)
