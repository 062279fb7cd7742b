"""A steady rate for ten minutes: memory stays flat, nothing is left behind.

    python -m benchmarks soak [--quick] [--name NAME]

Every service runs as its own process over Kafka, PostgreSQL and Redis. Memory is what each
process holds (see `memory_bytes`), sampled while the load lasts; the first third is warm-up.
"""

import statistics
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.backlog import drained, generate, queryable
from benchmarks.bars import Bar, Outcome
from benchmarks.context import Context
from benchmarks.usage import CpuMeter, memory_bytes, pids
from libs.contracts.routes import SERVICES
from libs.contracts.topics import TOPICS
from pawl.cluster.held import Cluster

SECONDS = 600.0
SPANS_PER_SECOND = 800.0
"""What two cores take with everything on them, the generator too."""
SAMPLE_SECONDS = 5.0
GROWTH_MAX = 0.10
"""Of a service's memory, from the second third to the last; measured, not per hour."""
SLACK_BYTES = 16 * 1024 * 1024
"""Growth below this is noise of the allocator."""
DRAIN_SECONDS_MAX = 120.0


class Sampler:
    """Memory of every process, again and again."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.samples: dict[str, list[int]] = {}

    def __enter__(self) -> "Sampler":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(SAMPLE_SECONDS):
            for name, pid in pids(self._cluster).items():
                self.samples.setdefault(name, []).append(memory_bytes(pid))


def growth(samples: Sequence[int]) -> tuple[float, float]:
    """Mean bytes of the second and of the last third."""
    third = len(samples) // 3
    return statistics.mean(samples[third : 2 * third]), statistics.mean(samples[2 * third :])


def soaked(folder: Path, seconds: float, spans_per_second: float) -> dict[str, Any]:
    """The soak; `flat` tells which processes kept their size."""
    cluster = Cluster(folder / "soak")
    try:
        cluster.start()
        generate(cluster, 10.0, "warm-up", spans_per_second)
        meter, began = CpuMeter(cluster), time.monotonic()
        with Sampler(cluster) as sampler:
            result = generate(cluster, seconds, "soak", spans_per_second)
        deadline = time.monotonic() + DRAIN_SECONDS_MAX
        while (stored := queryable(cluster, "soak")) < result["accepted_spans"]:
            if time.monotonic() > deadline:
                break
            time.sleep(0.5)
        time.sleep(6.0)  # the last traces complete
        drained(cluster, SERVICES, [topic.name for topic in TOPICS], DRAIN_SECONDS_MAX)
        not_ready = [
            n for n, one in cluster.services.items() if not (one.readyz() or {}).get("ready")
        ]
        cpu = meter.spent()
    finally:
        cluster.stop()
    return {
        "seconds": time.monotonic() - began,
        "accepted_spans": result["accepted_spans"],
        "refused_spans": result["refused_spans"],
        "stored_spans": stored,
        "spans_per_second": result["accepted_per_second"],
        "request_p99_ms": result["request_p99_ms"],
        "not_ready": not_ready,
        "memory": {name: _judged(found) for name, found in sorted(sampler.samples.items())},
        "cpu_seconds": {name: round(value, 1) for name, value in sorted(cpu.items())},
    }


def _judged(samples: Sequence[int]) -> dict[str, Any]:
    before, after = growth(samples)
    return {
        "second_third_mb": round(before / 1e6, 1),
        "last_third_mb": round(after / 1e6, 1),
        "peak_mb": round(max(samples) / 1e6, 1),
        "flat": after - before < max(SLACK_BYTES, GROWTH_MAX * before),
    }


def bars_of(found: dict[str, Any]) -> tuple[Bar, ...]:
    """Everything stored, nothing refused, every process ready and flat."""
    missing = found["accepted_spans"] - found["stored_spans"]
    growing = [name for name, one in found["memory"].items() if not one["flat"]]
    return (
        Bar("acknowledged and not stored", "none", missing, "spans", missing == 0),
        Bar("refused", "none", found["refused_spans"], "spans", not found["refused_spans"]),
        Bar("processes that grow", "none", len(growing), ", ".join(growing), not growing),
        Bar(
            "services not ready at the end",
            "none",
            len(found["not_ready"]),
            "",
            not found["not_ready"],
        ),
    )


def run(context: Context) -> Outcome:
    """Ten minutes; with `quick` one."""
    context.folder.chmod(0o755)  # PostgreSQL runs as another user
    context.say("a steady load")
    found = soaked(context.folder, 60.0 if context.quick else SECONDS, SPANS_PER_SECOND)
    return Outcome(bars_of(found), found)
