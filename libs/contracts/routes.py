"""Which service answers which public path: read by the embedded gateway and by the Ingress test."""

SERVICES: tuple[str, ...] = (
    "ingest",
    "traces",
    "evaluators",
    "clustering",
    "datasets",
    "miner",
    "experiments",
    "review_gate",
    "runtime_config",
    "console",
)

PREFIXES: tuple[tuple[str, str], ...] = (
    ("/v1/", "ingest"),
    ("/api/v1/projects", "traces"),
    ("/api/v1/traces", "traces"),
    ("/api/v1/spans", "traces"),
    ("/api/v1/sessions", "traces"),
    ("/api/v1/aggregate", "traces"),
    ("/api/v1/feedback", "traces"),
    ("/api/v1/evaluators", "evaluators"),
    ("/api/v1/clusters", "clustering"),
    ("/api/v1/mining-runs", "miner"),
    ("/api/v1/examples", "datasets"),
    ("/api/v1/experiments", "experiments"),
    ("/api/v1/ledger", "experiments"),
    ("/api/v1/proposals", "review_gate"),
    ("/api/v1/config-repo", "review_gate"),
    ("/api/v1/agents", "runtime_config"),
    ("/api/v1/bundles", "runtime_config"),
    ("/api/v1/releases", "runtime_config"),
    ("/ofrep/v1", "runtime_config"),
    ("/", "console"),
)


def service_for(path: str) -> str:
    """The service whose longest prefix matches the path."""
    matches = [(len(prefix), name) for prefix, name in PREFIXES if path.startswith(prefix)]
    return max(matches)[1]
