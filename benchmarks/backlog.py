"""A cluster with a load behind it, and waiting until it has caught up."""

import asyncio
import json
import time
import urllib.request
from collections.abc import Sequence

from benchmarks.generate import generate as send
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
    """Send to the cluster's door for a while; what was accepted."""
    url = f"{cluster.otlp_url}/v1/traces"
    return send(url, seconds, project, connections=connections, spans_per_second=spans_per_second)


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
