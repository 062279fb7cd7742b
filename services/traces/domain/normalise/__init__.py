"""OTLP spans of every understood family into one span model.

`normalise_bytes(value)` takes a record of the topic `otlp_spans` as it is: the fast way, and the
one that salvages what a strict decoder refuses. `normalise(request)` takes a decoded request.
`carriers.join(row, carriers)` brings log events to the span that they tell of.
A new family is one file and one line in `FAMILIES`: see docs/adding/normaliser.md.
"""

import threading

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from services.traces.domain.normalise.normaliser import FAMILIES, Normaliser
from services.traces.domain.prices import PriceTable
from services.traces.domain.span import SpanRow

__all__ = ["FAMILIES", "Normaliser", "normalise", "normalise_bytes"]

_own = threading.local()


def normalise_bytes(value: bytes, prices: PriceTable | None = None) -> list[SpanRow]:
    """One row a span, in order; raise ValueError only when the bytes are no request at all."""
    return _mine().rows(value, prices)


def normalise(
    request: ExportTraceServiceRequest, prices: PriceTable | None = None
) -> list[SpanRow]:
    """One row a span, in order. Never raises on bad content."""
    return _mine().rows(request.SerializeToString(), prices)


def _mine() -> Normaliser:
    # A normaliser remembers shapes and attributes without a lock: one per thread.
    if not hasattr(_own, "normaliser"):
        _own.normaliser = Normaliser()
    found: Normaliser = _own.normaliser
    return found
