"""Find in a trace of 10 MB: 70 spans, one of them with an attribute of 1 MB.

Patterns that match once at the very end, often, never, and one that has to try at every place.
"""

import os
import random
import time
import urllib.request

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from benchmarks.bars import Outcome, below
from benchmarks.context import Context
from benchmarks.latency import PROTOBUF
from benchmarks.queries import timed
from benchmarks.servers import Pawl

FIND_MS_MAX = 150.0
SPANS, TRACE_BYTES, LARGE_BYTES = 70, 10_000_000, 1_000_000
ASKED = 30
NEEDLE = "INV-2026-004711"
WORDS = ("supplier", "delivery", "approval", "budget", "contract", "renewal", "quote", "invoice")
PATTERNS = {
    "a text that is there once": NEEDLE,
    "a pattern with classes": r"INV-\d{4}-\d{6}",
    "a word in every span": "approval",
    "what is nowhere": "reimbursement",
    "two words near each other": r"budget \w+ contract \w+ quote",
}


def run(context: Context) -> Outcome:
    """A platform of its own, with nothing else in it."""
    context.say("searching a large trace")
    server = Pawl(context.folder / "find")
    try:
        trace_id, size = _send(server)
        found = {name: _timed(server, trace_id, pattern) for name, pattern in PATTERNS.items()}
    finally:
        server.stop()
    slowest = max(found.values(), key=lambda one: one["p95"])
    bars = [
        below("find in 10 MB, median of the slowest", slowest["p50"], FIND_MS_MAX, "ms"),
        below("find in 10 MB, p95 of the slowest", slowest["p95"], FIND_MS_MAX, "ms"),
    ]
    return Outcome(bars, {"spans": SPANS, "trace_bytes": size, "find_ms": found})


def _timed(server: Pawl, trace_id: str, pattern: str) -> dict[str, float]:
    def ask() -> None:
        items = server.post(f"traces/{trace_id}/find", {"pattern": pattern})["items"]
        if bool(items) != (pattern != PATTERNS["what is nowhere"]):
            raise RuntimeError(f"{pattern}: {len(items)} matches")

    return timed(ask, ASKED)


def _send(server: Pawl) -> tuple[str, int]:
    trace_id = os.urandom(16)
    size = 0
    for body in _bodies(trace_id):
        size += len(body)
        request = urllib.request.Request(server.traces_url, data=body, headers=PROTOBUF)
        urllib.request.urlopen(request, timeout=60).close()
    while server.queryable("find") < SPANS:
        time.sleep(0.1)
    return trace_id.hex(), size


def _bodies(trace_id: bytes) -> list[bytes]:
    """One request a span; the last one is the large one, with the needle at its end."""
    rng = random.Random(7)
    small = (TRACE_BYTES - LARGE_BYTES) // (SPANS - 1)
    texts = [_text(rng, small) for _ in range(SPANS - 1)]
    texts.append(_text(rng, LARGE_BYTES) + NEEDLE)
    return [_body(trace_id, number, text) for number, text in enumerate(texts)]


def _body(trace_id: bytes, number: int, text: str) -> bytes:
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.add(key="service.name").value.string_value = "find"
    span = group.scope_spans.add().spans.add()
    span.trace_id, span.span_id = trace_id, (number + 1).to_bytes(8, "big")
    if number:
        span.parent_span_id = (1).to_bytes(8, "big")
    span.name = f"step {number}"
    span.start_time_unix_nano = time.time_ns()
    span.end_time_unix_nano = span.start_time_unix_nano + 1_000_000
    third = len(text) // 3
    large = number == SPANS - 1
    parts = (
        {"output.value": text}
        if large
        else {
            "input.value": text[:third],
            "output.value": text[third : 2 * third],
            "retrieval.text": text[2 * third :],
        }
    )
    for key, value in parts.items():
        span.attributes.add(key=key).value.string_value = value
    return request.SerializeToString()


def _text(rng: random.Random, size: int) -> str:
    return " ".join(rng.choices(WORDS, k=size // 8))[:size].ljust(size, ".")
