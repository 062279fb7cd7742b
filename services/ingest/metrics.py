"""What the door counts."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge


@dataclass
class IngestMetrics:
    """Registered beside the metrics that every service has."""

    registry: CollectorRegistry

    def __post_init__(self) -> None:
        self.spans = Counter(
            "pawl_ingest_spans", "Spans written to the log", registry=self.registry
        )
        self.span_bytes = Counter(
            "pawl_ingest_bytes", "Bytes written to the log", registry=self.registry
        )
        self.items_refused = Counter(
            "pawl_ingest_items_refused", "Spans or log records not kept", registry=self.registry
        )
        self.requests = Counter(
            "pawl_ingest_requests",
            "Requests by how they came and what became of them",
            ("protocol", "signal", "outcome"),
            registry=self.registry,
        )
        self.in_flight_bytes = Gauge(
            "pawl_ingest_in_flight_bytes", "Bytes of requests held now", registry=self.registry
        )
