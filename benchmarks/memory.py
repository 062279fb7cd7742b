"""Memory of the platform's process from the first of a million spans until all are evaluated.

Flat: the mean of the last third of that time is at most a tenth above that of the second third.
The first third fills caches.
"""

from benchmarks.bars import Outcome, below
from benchmarks.context import Context
from benchmarks.million import SPANS_PER_SECOND, thirds

GROWTH_PERCENT_MAX = 10.0


def run(context: Context) -> Outcome:
    """Loads the million spans, unless another part did."""
    million = context.million
    first, second, last = thirds(million.memory)
    growth_percent = (last / second - 1) * 100
    figures = {
        "load": million.load,
        "spans_per_second": SPANS_PER_SECOND,
        "growth_percent": growth_percent,
        "first_third_mb": first / 1e6,
        "second_third_mb": second / 1e6,
        "last_third_mb": last / 1e6,
        "peak_mb": max(million.memory) / 1e6,
        "samples_mb": [round(one / 1e6) for one in million.memory],
    }
    growth = below("growth of memory", growth_percent, GROWTH_PERCENT_MAX, "%")
    return Outcome([growth], figures)
