"""A platform that a million spans were sent to at a steady rate; its memory until all is done."""

import statistics
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.generate import generate
from benchmarks.servers import Pawl, cpu_seconds, resident_bytes

SAMPLE_SECONDS = 1.0
SPANS_PER_SECOND = 6000.0
PROJECT = "million"
STORED_SECONDS_MAX = 120.0
IDLE_SECONDS_MAX = 900.0


class Million:
    """Loaded when it is made; `server` answers questions about it afterwards."""

    def __init__(self, home: Path, spans: int) -> None:
        self.server = Pawl(home)
        self.memory: list[int] = []
        try:
            generate(self.server.traces_url, 5.0, "warm-up", spans_per_second=SPANS_PER_SECOND)
            self.load = self._load(spans)
        except BaseException:
            self.server.stop()
            raise

    def _load(self, spans: int) -> dict[str, Any]:
        stop = threading.Event()
        sampler = threading.Thread(target=self._sample, args=(stop,))
        cpu, began = cpu_seconds(self.server.pid), time.monotonic()
        sampler.start()
        try:
            found: dict[str, Any] = generate(
                self.server.traces_url,
                spans / SPANS_PER_SECOND,
                PROJECT,
                spans_per_second=SPANS_PER_SECOND,
            )
            found["stored_spans"] = self._stored(found["accepted_spans"])
            found["seconds_until_stored"] = time.monotonic() - began
            self.server.until_idle(IDLE_SECONDS_MAX)
        finally:
            stop.set()
            sampler.join()
        cpu = cpu_seconds(self.server.pid) - cpu
        return found | {
            "seconds_until_evaluated": time.monotonic() - began,
            "cpu_us_per_span": cpu / found["stored_spans"] * 1e6,
        }

    def _stored(self, wanted: float) -> int:
        deadline = time.monotonic() + STORED_SECONDS_MAX
        while (seen := self.server.queryable(PROJECT)) < wanted and time.monotonic() < deadline:
            time.sleep(0.5)
        return seen

    def _sample(self, stop: threading.Event) -> None:
        while not stop.wait(SAMPLE_SECONDS):
            self.memory.append(resident_bytes(self.server.pid))

    def stop(self) -> None:
        """End the platform."""
        self.server.stop()


def thirds(samples: Sequence[int]) -> tuple[float, float, float]:
    """Mean of each third of the samples."""
    size = max(1, len(samples) // 3)
    parts = samples[:size], samples[size : 2 * size], samples[2 * size :]
    first, second, third = (statistics.mean(part) for part in parts)
    return first, second, third
