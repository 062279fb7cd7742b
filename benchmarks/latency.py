"""From sending a trace until it can be read, at half of the rate that is promised.

A probe sends a trace of 8 spans of its own, then asks for it by id until all its spans are there.
Its own latency of asking counts, so the figure is what a person would see.
"""

import json
import os
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from benchmarks.bars import Outcome, below
from benchmarks.context import Context
from benchmarks.generate import SPANS_PER_TRACE, generate
from benchmarks.load import add_trace
from benchmarks.percentiles import percentiles
from benchmarks.servers import Pawl

P99_SECONDS_MAX = 2.0
SPANS_PER_SECOND = 4000.0
SECONDS, QUICK_SECONDS = 40.0, 10.0
PROBES = 4
ASK_AGAIN_SECONDS = 0.05
"""Answering the probes takes a good part of a core, which counts against the platform."""
PAUSE_SECONDS = 0.1
GIVE_UP_SECONDS = 30.0
PROTOBUF = {"content-type": "application/x-protobuf"}


@dataclass
class Probe:
    """Sends and asks in a thread of its own, again and again."""

    server: Pawl
    stop: threading.Event
    seconds: list[float] = field(default_factory=list)

    def run(self) -> None:
        """Until told to stop."""
        while not self.stop.wait(PAUSE_SECONDS):
            self.seconds.append(self._once())

    def _once(self) -> float:
        trace_id, body = one_trace("probe")
        began = time.monotonic()
        request = urllib.request.Request(self.server.traces_url, data=body, headers=PROTOBUF)
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()
        while self._spans(trace_id) < SPANS_PER_TRACE:
            if time.monotonic() - began > GIVE_UP_SECONDS:
                break
            time.sleep(ASK_AGAIN_SECONDS)
        return time.monotonic() - began

    def _spans(self, trace_id: str) -> int:
        url = f"{self.server.api_url}/traces/{trace_id}"
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                return len(json.load(answer)["spans"])
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return 0
            raise


def one_trace(project: str) -> tuple[str, bytes]:
    """Its id, and a request that holds it."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = project
    trace_id = os.urandom(16)
    span_ids = [os.urandom(8) for _ in range(SPANS_PER_TRACE)]
    spans = resource.scope_spans.add().spans
    add_trace(spans, trace_id, span_ids, 0, time.time_ns())
    return trace_id.hex(), request.SerializeToString()


def run(context: Context) -> Outcome:
    """A platform of its own, warmed up; then the same at half of what this machine took."""
    server = Pawl(context.folder / "latency")
    seconds = QUICK_SECONDS if context.quick else SECONDS
    highest = context.spans_per_second / 2
    try:
        context.say(f"latency at {SPANS_PER_SECOND:,.0f} spans/s")
        figures = measure(server, SPANS_PER_SECOND, seconds)
        if highest > SPANS_PER_SECOND:
            context.say(f"latency at {highest:,.0f} spans/s")
            figures["at_half_of_the_highest_rate"] = measure(server, highest, seconds)
    finally:
        server.stop()
    p99 = below("ingest to queryable, p99", figures["seconds"]["p99"], P99_SECONDS_MAX, "s")
    return Outcome([p99], figures)


def measure(server: Pawl, rate: float, seconds: float) -> dict[str, Any]:
    """Probes while the load lasts."""
    generate(server.traces_url, 2.0, "warm-up", spans_per_second=rate)
    stop = threading.Event()
    probes = [Probe(server, stop) for _ in range(PROBES)]
    threads = [threading.Thread(target=probe.run) for probe in probes]
    for thread in threads:
        thread.start()
    load = generate(server.traces_url, seconds, "bench", spans_per_second=rate)
    stop.set()
    for thread in threads:
        thread.join()
    found = [one for probe in probes for one in probe.seconds]
    return {"load": load, "wanted_per_second": rate, "seconds": percentiles(found)}
