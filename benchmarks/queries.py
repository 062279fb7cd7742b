"""Questions to a store of a million spans, over HTTP, one at a time.

Traces are asked for once each, picked at random from all over the store; aggregates run over all
spans every time.
"""

import json
import random
import time
import urllib.request
from collections.abc import Callable
from typing import Any

from benchmarks.bars import Outcome, below
from benchmarks.context import Context
from benchmarks.million import PROJECT
from benchmarks.percentiles import percentiles
from benchmarks.servers import Pawl

TRACE_MS_MAX, AGGREGATE_MS_MAX = 50.0, 500.0
TRACES, AGGREGATES = 200, 30
WARM_UPS = 3
Ask = Callable[[], None]


def run(context: Context) -> Outcome:
    """Loads the million spans, unless another part did."""
    million = context.million
    context.say("asking questions")
    rng = random.Random(7)
    server = million.server
    traces = timed(_trace(server, rng), TRACES)
    aggregates = {
        name: timed(_aggregate(server, measures), AGGREGATES) for name, measures in ASKED.items()
    }
    slowest = max(one["p95"] for one in aggregates.values())
    bars = [
        below("trace by id, median", traces["p50"], TRACE_MS_MAX, "ms"),
        below("trace by id, p95", traces["p95"], TRACE_MS_MAX, "ms"),
        below("aggregate, p95 of the slowest", slowest, AGGREGATE_MS_MAX, "ms"),
    ]
    figures = {"spans": million.load["stored_spans"], "trace_ms": traces}
    return Outcome(bars, figures | {"aggregate_ms": aggregates})


def timed(ask: Ask, count: int) -> dict[str, float]:
    """Milliseconds of each answer, after a few that do not count."""
    found = []
    for number in range(WARM_UPS + count):
        began = time.monotonic()
        ask()
        if number >= WARM_UPS:
            found.append((time.monotonic() - began) * 1000)
    return percentiles(found)


COUNT: dict[str, Any] = {"op": "count"}
LATENCY = {"op": "quantiles", "field": "duration_ms"}
ASKED: dict[str, dict[str, Any]] = {
    "count, errors and tokens by kind": {
        "group_by": ["kind"],
        "measures": [COUNT, {"op": "error_rate"}, {"op": "sum", "field": "tokens_input"}],
    },
    "latency quantiles by name": {"group_by": ["name"], "measures": [COUNT, LATENCY]},
    "cost by model and minute": {
        "group_by": ["model"],
        "time_bucket_seconds": 60,
        "measures": [COUNT, {"op": "sum", "field": "cost_usd"}],
    },
    "count by an attribute": {
        "group_by": ["attributes.llm.model_name"],
        "measures": [COUNT, {"op": "distinct", "field": "session_id"}],
    },
}


def _aggregate(server: Pawl, asked: dict[str, Any]) -> Ask:
    body = {"filter": {"project": [PROJECT]}} | asked

    def ask() -> None:
        rows = server.post("aggregate", body)["rows"]
        if not rows:
            raise RuntimeError(f"no answer to {body}")

    return ask


def _trace(server: Pawl, rng: random.Random) -> Ask:
    ids = _some_ids(server, rng)

    def ask() -> None:
        with urllib.request.urlopen(f"{server.api_url}/traces/{ids.pop()}", timeout=60) as answer:
            if not json.load(answer)["spans"]:
                raise RuntimeError("a trace without spans")

    return ask


def _some_ids(server: Pawl, rng: random.Random) -> list[str]:
    """Of traces all over the store: ids are random, so any session's are."""
    wanted = {"project": [PROJECT], "kind": ["AGENT"], "session_id": ["session-7"]}
    ids = [span["trace_id"] for span in server.export(wanted)]
    return rng.sample(ids, TRACES + WARM_UPS)
