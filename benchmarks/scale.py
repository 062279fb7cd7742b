"""The evaluation path with 1, 2 and 4 workers, and what a million spans cost over Kafka.

    python -m benchmarks scale [--quick] [--name NAME]

Each run has a cluster of its own: Kafka, PostgreSQL and each service as its own process.
"""

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.backlog import drained, generate, lag, queryable
from benchmarks.bars import Outcome
from benchmarks.context import Context
from benchmarks.load import SPANS_PER_BATCH, SPANS_PER_TRACE
from benchmarks.usage import CpuMeter, folder_bytes
from libs.contracts.topics import EVALUATION_RECORDED, OTLP_SPANS, TOPICS, TRACE_COMPLETED
from libs.eventlog.kafka.topics import create_missing
from libs.storage.clickhouse import ClickHouse
from pawl.cluster.held import Cluster

WORKERS = (1, 2, 4)
TRACES = 3_000
SPANS = 100_000
MILLION = 1_000_000
SECONDS_MAX = 900.0
PATH = (OTLP_SPANS.name, TRACE_COMPLETED.name, EVALUATION_RECORDED.name)
STORE = ("ingest", "traces")
QUIET = {"PAWL_TRACES_QUIET_SECONDS": "1"}


def worked(home: Path, workers: int, traces: int) -> dict[str, Any]:
    """A backlog of completed traces, then that many workers until it is gone."""
    cluster = Cluster(home, (*STORE, "evaluators"), **QUIET)
    evaluators = cluster.services.pop("evaluators")
    try:
        cluster.kafka.start()
        topic = replace(TRACE_COMPLETED, partitions=workers)
        others = [one for one in TOPICS if one is not TRACE_COMPLETED]
        asyncio.run(create_missing(cluster.bootstrap, [topic, *others]))
        cluster.start()
        backlog = _fill(cluster, traces)
        cluster.services["evaluators"] = evaluators
        evaluators.start()
        for _ in range(workers - 1):
            cluster.add_replica("evaluators")
        cluster.until_ready()
        return _drain(cluster, workers, backlog)
    finally:
        cluster.stop()


def _fill(cluster: Cluster, traces: int) -> int:
    """Send traces until so many wait for an evaluator."""
    sent = 0
    while sent < traces:
        sent += int(generate(cluster, 2.0, "scale")["accepted_spans"]) // SPANS_PER_TRACE
    deadline = time.monotonic() + SECONDS_MAX
    while lag(cluster, "evaluators", TRACE_COMPLETED.name) < sent:
        if time.monotonic() > deadline:
            raise TimeoutError("the traces do not complete")
        time.sleep(0.5)
    return sent


def _drain(cluster: Cluster, workers: int, backlog: int) -> dict[str, Any]:
    """From when all workers are ready; what was done before does not count."""
    meter, began = CpuMeter(cluster), time.monotonic()
    waiting = lag(cluster, "evaluators", TRACE_COMPLETED.name)
    drained(cluster, ("evaluators",), (TRACE_COMPLETED.name,), SECONDS_MAX)
    seconds, cpu = time.monotonic() - began, meter.spent()
    evaluating = sum(value for name, value in cpu.items() if name.startswith("evaluators"))
    return {
        "workers": workers,
        "partitions": workers,
        "backlog_traces": backlog,
        "measured_traces": waiting,
        "seconds": seconds,
        "traces_per_second": waiting / seconds,
        "cores_busy": sum(cpu.values()) / seconds,
        "cpu_ms_per_trace": {
            "evaluators": evaluating / max(waiting, 1) * 1000,
            "traces": cpu["traces"] / max(waiting, 1) * 1000,
            "kafka": cpu["kafka"] / max(waiting, 1) * 1000,
        },
    }


def cost(folder: Path, spans: int, connections: int = 2) -> dict[str, Any]:
    """CPU seconds by process and bytes in Kafka, the store and PostgreSQL, for a million spans."""
    cluster = Cluster(folder / "cost", (*STORE, "evaluators"), **QUIET)
    try:
        cluster.start()
        warm_up = int(generate(cluster, 2.0, "warm-up", connections=connections)["accepted_spans"])
        drained(cluster, (*STORE, "evaluators"), PATH, SECONDS_MAX)
        before, meter, began = _bytes(cluster), CpuMeter(cluster), time.monotonic()
        sent = 0
        while sent < spans:
            sent += int(generate(cluster, 10.0, "scale", connections=connections)["accepted_spans"])
        accepted_seconds = time.monotonic() - began
        while queryable(cluster, "scale") < sent:
            time.sleep(0.5)
        queryable_seconds = time.monotonic() - began
        time.sleep(3.0)  # the last traces complete
        drained(cluster, (*STORE, "evaluators"), PATH, SECONDS_MAX)
        seconds, cpu = time.monotonic() - began, meter.spent()
        after = _bytes(cluster)
    finally:
        cluster.stop()
    scale = MILLION / sent
    written = {name: (after[name] - before[name]) * scale for name in after}
    stored = asyncio.run(_merged_bytes(folder / "cost" / "data" / "chdb"))
    written["store"] = stored * MILLION / (sent + warm_up)
    return {
        "spans": sent,
        "batch_spans": SPANS_PER_BATCH,
        "accepted_per_second": sent / accepted_seconds,
        "queryable_per_second": sent / queryable_seconds,
        "evaluated_per_second": sent / seconds,
        "cpu_seconds_per_million": {name: value * scale for name, value in sorted(cpu.items())},
        "bytes_per_million": written,
    }


def _bytes(cluster: Cluster) -> dict[str, float]:
    home = Path(cluster.layout.home)
    found = {"postgres": folder_bytes(home / "postgres" / "data")}
    for name in PATH:
        places = (home / "kafka" / "data").glob(f"{name}-*")
        found[f"kafka {name}"] = sum(folder_bytes(place) for place in places)
    return {name: float(value) for name, value in found.items()}


async def _merged_bytes(folder: Path) -> int:
    """What the store's tables keep once merged; before, parts and what replaced them both count."""
    store = ClickHouse(f"chdb://{folder}")
    await store.start()
    try:
        tables = await store.rows(
            "SELECT DISTINCT table FROM system.parts WHERE active AND database = 'default'"
        )
        for (table,) in tables:
            await store.command(f"OPTIMIZE TABLE `{table}` FINAL")
        found = await store.rows(
            "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'default'"
        )
    finally:
        await store.close()
    return int(found[0][0])


def run(context: Context) -> Outcome:
    """The curve, then the cost; figures without bars: what they mean is in docs/scaling.md."""
    context.folder.chmod(0o755)  # PostgreSQL runs as another user
    traces, spans = (1500, 50_000) if context.quick else (TRACES, SPANS)
    points = []
    for count in WORKERS:
        context.say(f"{count} workers, {count} partitions")
        points.append(worked(context.folder / f"workers-{count}", count, traces))
    context.say("cost of a span over Kafka")
    return Outcome((), {"curve": points, "cost": cost(context.folder, spans)})
