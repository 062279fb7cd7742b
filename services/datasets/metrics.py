"""What operators watch of datasets."""

from prometheus_client import CollectorRegistry, Gauge


class DatasetsMetrics:
    """Registered with the service's own registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.pending = Gauge(
            "pawl_feedback_pending", "Feedback whose trace is not read yet", registry=registry
        )
