"""What operators watch of the acceptor."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class ExperimentMetrics:
    """Registered with the service's own registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.finished = Counter(
            "pawl_experiments_finished", "Experiments by verdict", ("verdict",), registry=registry
        )
        self.queued = Gauge(
            "pawl_experiments_queued", "Experiments not finished yet", registry=registry
        )
