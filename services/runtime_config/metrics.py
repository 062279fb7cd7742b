"""What the registry counts, beside what every service counts."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class RegistryMetrics:
    """In the service's own registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.decisions = Counter(
            "pawl_config_decisions",
            "Approvals released, or refused by the second look",
            ("outcome",),
            registry=registry,
        )
        self.streams = Gauge(
            "pawl_config_streams", "Agents that listen for moves", registry=registry
        )
        self.reports = Counter(
            "pawl_config_reports", "Status reports of instances", ("state",), registry=registry
        )
        self.canary_rollbacks = Counter(
            "pawl_config_canary_rollbacks", "Canaries shown to be worse", registry=registry
        )
