"""Senders that remember what was acknowledged, and the comparison with what is stored."""

import os
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from benchmarks.generate import SPANS_PER_TRACE
from benchmarks.latency import PROTOBUF
from benchmarks.load import add_trace
from benchmarks.servers import Api

PROJECT = "kills"
TRACES_PER_REQUEST = 5
RETRY_SECONDS = 0.05
UNANSWERED = (urllib.error.URLError, ConnectionError, TimeoutError, OSError)
Place = tuple[str, str]
"""Trace id and span id."""


class Senders:
    """Threads; each sends on until the block is left. A request without an answer is not resent."""

    def __init__(self, count: int, url: Callable[[], str]) -> None:
        self._url = url
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(count)]
        self._lock = threading.Lock()
        self.acknowledged: set[Place] = set()
        self.unanswered: set[Place] = set()

    def __enter__(self) -> "Senders":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            places, body = request_of(TRACES_PER_REQUEST)
            request = urllib.request.Request(self._url(), data=body, headers=PROTOBUF)
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    answer.read()
            except UNANSWERED:
                with self._lock:
                    self.unanswered |= places
                self._stop.wait(RETRY_SECONDS)
            else:
                with self._lock:
                    self.acknowledged |= places


def request_of(traces: int) -> tuple[set[Place], bytes]:
    """Which spans it holds, and the request."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.add(key="service.name").value.string_value = PROJECT
    spans = group.scope_spans.add().spans
    places: set[Place] = set()
    for number in range(traces):
        trace_id = os.urandom(16)
        span_ids = [os.urandom(8) for _ in range(SPANS_PER_TRACE)]
        add_trace(spans, trace_id, span_ids, number, time.time_ns())
        places |= {(trace_id.hex(), span_id.hex()) for span_id in span_ids}
    return places, request.SerializeToString()


def verdict(server: Api, senders: Senders, seconds_max: float) -> dict[str, int]:
    """Once all that was acknowledged is stored, or the time is over."""
    deadline = time.monotonic() + seconds_max
    while server.queryable(PROJECT) < len(senders.acknowledged) and time.monotonic() < deadline:
        time.sleep(0.2)
    server.until_idle()  # so that nothing more can come
    stored = Counter(
        (span["trace_id"], span["span_id"]) for span in server.export({"project": [PROJECT]})
    )
    unasked = set(stored) - senders.acknowledged - senders.unanswered
    if unasked:
        raise RuntimeError(f"{len(unasked)} spans are stored that nobody sent")
    return {
        "acknowledged_spans": len(senders.acknowledged),
        "unanswered_spans": len(senders.unanswered),
        "stored_spans": len(stored),
        "missing_spans": len(senders.acknowledged - set(stored)),
        "spans_twice": sum(count - 1 for count in stored.values()),
    }
