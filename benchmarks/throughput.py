"""Spans accepted durably and spans queryable per second, Pawl and rivals under the same load.

Agent traces of 8 spans, about 2 kB a span, batches of 200 over 4 connections, sent as fast as they
are taken; generator and server share the machine. Servers run one after the other.
"""

import subprocess
import time
from typing import Any

from benchmarks.bars import Bar, Outcome, at_least
from benchmarks.context import Context
from benchmarks.generate import generate
from benchmarks.rivals import RIVAL_KINDS, Phoenix, Rival
from benchmarks.servers import Pawl, Server, cpu_seconds, resident_bytes

RATIO_MIN = 50.0
SPANS_PER_SECOND_MIN = 8000.0
PROJECT = "bench"
PORT = 26006


def run(context: Context) -> Outcome:
    """Pawl first, then each rival that could be installed."""
    context.say("pawl under load")
    own = measure(Pawl(context.folder / "pawl"), context.load_seconds)
    context.spans_per_second = min(own["accepted_per_second"], own["queryable_per_second"])
    figures: dict[str, Any] = {"pawl": own}
    for number, kind in enumerate(RIVAL_KINDS):
        context.say(f"{kind.name} under the same load")
        figures[kind.name] = _rival(kind, context, PORT + 10 * number)
    return Outcome(_bars(own, figures), figures)


def _rival(kind: type[Rival], context: Context, port: int) -> dict[str, Any]:
    try:
        return measure(kind(context.folder / kind.name, port), context.load_seconds)
    except (subprocess.CalledProcessError, RuntimeError) as error:
        return {"not_measured": f"{kind.version}: {error}"[-500:]}


def _bars(own: dict[str, Any], figures: dict[str, Any]) -> list[Bar]:
    rate = figures[Phoenix.name].get("queryable_per_second")
    ratio = own["queryable_per_second"] / rate if rate else None
    unit = "spans/s"
    return [
        at_least("accepted durably", own["accepted_per_second"], SPANS_PER_SECOND_MIN, unit),
        at_least("queryable", own["queryable_per_second"], SPANS_PER_SECOND_MIN, unit),
        at_least("queryable, times Phoenix", ratio, RATIO_MIN, "times"),
    ]


def measure(server: Server, seconds: float) -> dict[str, Any]:
    """Queryable per second is over the time until all is, at most three times the load's."""
    try:
        return _measure(server, seconds)
    finally:
        server.stop()


def _measure(server: Server, seconds: float) -> dict[str, Any]:
    generate(server.traces_url, 2.0, "warm-up", headers=server.headers)
    _settle(server)
    before, cpu, start = server.queryable(PROJECT), cpu_seconds(server.pid), time.monotonic()
    found: dict[str, Any] = generate(server.traces_url, seconds, PROJECT, headers=server.headers)
    ended = time.monotonic() - start
    at_end = server.queryable(PROJECT) - before
    while (seen := server.queryable(PROJECT) - before) < found["accepted_spans"]:
        if time.monotonic() > start + 3 * seconds:
            break
        time.sleep(0.1)
    elapsed = time.monotonic() - start
    return found | {
        "version": server.version,
        "queryable_when_load_ended": at_end,
        "queryable_per_second_under_load": at_end / ended,
        "queryable_spans": seen,
        "queryable_per_second": seen / elapsed,
        "cpu_us_per_span": (cpu_seconds(server.pid) - cpu) / max(seen, 1) * 1e6,
        "resident_mb": resident_bytes(server.pid) / 1e6,
    }


def _settle(server: Server) -> None:
    """Until the warm-up no longer changes what can be queried."""
    time.sleep(1.0)
    deadline = time.monotonic() + 30
    last = -1
    while (now := server.queryable("warm-up")) != last and time.monotonic() < deadline:
        last = now
        time.sleep(1.0)
