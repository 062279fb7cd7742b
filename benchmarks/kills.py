"""kill -9 at random points under load: every acknowledged span is found afterwards, none twice.

The embedded process, with every service, is killed and started again on its data; senders go on
with new spans and remember the ones that were acknowledged.
"""

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.acknowledged import Senders, verdict
from benchmarks.bars import Bar, Outcome
from benchmarks.context import Context
from benchmarks.servers import Pawl

KILLS, QUICK_KILLS = 20, 4
ALIVE_SECONDS = (0.3, 4.0)
SENDERS = 3
STORED_SECONDS_MAX = 120.0
SEED = 20261123


def run(context: Context) -> Outcome:
    """Twenty lives of one home directory, and a last one to look."""
    kills = QUICK_KILLS if context.quick else KILLS
    found = lives(context.folder / "kills", kills, random.Random(SEED), context.say)
    return Outcome(bars_of(found), found)


def lives(home: Path, kills: int, rng: random.Random, say: Callable[[str], None]) -> dict[str, Any]:
    """Kill and start again that often; then compare what was acknowledged with what is stored."""
    server = Pawl(home)
    starts: list[float] = []
    try:
        with Senders(SENDERS, lambda: server.traces_url) as senders:
            for number in range(kills):
                say(f"kill {number + 1} of {kills}")
                time.sleep(rng.uniform(*ALIVE_SECONDS))
                server.kill()
                began = time.monotonic()
                server = Pawl(home)
                starts.append(time.monotonic() - began)
            time.sleep(1.0)
        found = verdict(server, senders, STORED_SECONDS_MAX)
    finally:
        server.stop()
    return found | {"kills": kills, "start_seconds_max": max(starts)}


def bars_of(found: dict[str, Any]) -> list[Bar]:
    """None missing of at least something, none twice."""
    some = found["acknowledged_spans"] > 0
    missing, twice = found["missing_spans"], found["spans_twice"]
    return [
        Bar("acknowledged spans missing", "0", missing, "spans", some and not missing),
        Bar("spans found twice", "0", twice, "spans", some and not twice),
    ]
