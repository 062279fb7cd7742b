"""Prometheus metrics that every service has; a service adds its own to `registry`."""

from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


@dataclass
class Metrics:
    """One registry a service, so that several services fit in one process."""

    service: str
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        labels = ("service", "topic")
        self.handled = Counter(
            "pawl_messages_handled", "Messages dealt with", labels, registry=self.registry
        )
        self.retried = Counter(
            "pawl_messages_retried", "Deliveries tried again", labels, registry=self.registry
        )
        self.dead_lettered = Counter(
            "pawl_messages_dead_lettered", "Messages set aside", labels, registry=self.registry
        )
        self.published = Counter(
            "pawl_messages_published", "Messages written", labels, registry=self.registry
        )
        self.handle_seconds = Histogram(
            "pawl_handle_seconds", "Time to deal with a batch", labels, registry=self.registry
        )
        self.lag = Gauge(
            "pawl_consumer_lag", "Records not yet dealt with", labels, registry=self.registry
        )
        self.ready = Gauge(
            "pawl_ready", "1 when the service is ready", ("service",), registry=self.registry
        )

    def expect(self, topic: str) -> None:
        """Its series begin at 0: `increase()` does not see the first step of one born at 1."""
        for metric in (self.handled, self.retried, self.dead_lettered, self.handle_seconds):
            metric.labels(self.service, topic)
