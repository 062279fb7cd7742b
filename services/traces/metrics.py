"""What the trace store measures of itself."""

from prometheus_client import CollectorRegistry, Counter, Histogram

INSERT_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
LAG_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class TracesMetrics:
    """Registered once a service."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.spans_stored = Counter(
            "pawl_traces_spans_stored", "Spans written to the store", registry=registry
        )
        self.insert_seconds = Histogram(
            "pawl_traces_insert_seconds",
            "One insert into ClickHouse",
            buckets=INSERT_SECONDS,
            registry=registry,
        )
        self.queryable_lag_seconds = Histogram(
            "pawl_traces_queryable_lag_seconds",
            "From the log taking a batch's oldest record to its spans being queryable",
            buckets=LAG_SECONDS,
            registry=registry,
        )
        self.completion_lag_seconds = Histogram(
            "pawl_traces_completion_lag_seconds",
            "From a trace being due to its completion being published",
            buckets=LAG_SECONDS,
            registry=registry,
        )
        self.traces_completed = Counter(
            "pawl_traces_completed", "Trace completions published", registry=registry
        )
