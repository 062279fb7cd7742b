"""`python -m benchmarks.learning [--quick]`: the table of the learner beside its rivals."""

import argparse
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from benchmarks.learning.changing import print_noise, print_turning
from benchmarks.learning.problem import Problem
from benchmarks.learning.procurement import procurement
from benchmarks.learning.routing import routing
from benchmarks.learning.support import support
from benchmarks.learning.table import HEADER, line_of, measure
from benchmarks.learning.tabular import LOADERS, tabular

COUNTS = (130, 520)
WHOLE = (None,)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one line a domain and number of reviews; means over seeds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.learning", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two seeds each, without rivals")
    parser.add_argument("--seeds", default="1-10", help="first-last, of the made-up cases")
    parser.add_argument("--only", default="", help="one domain, e.g. procurement, wine, turning")
    options = parser.parse_args(arguments)
    first, _, last = options.seeds.partition("-")
    seeds = range(int(first), int(last or first) + 1)
    seeds = seeds[:2] if options.quick else seeds
    print(HEADER)
    for name, counts, problems in _domains(seeds, seeds[: 2 if options.quick else 5]):
        if options.only in ("", name):
            for count in counts:
                figures = [measure(one, count, not options.quick) for one in problems()]
                print(line_of(name, count, figures), flush=True)
    if options.only in ("", "turning"):
        print_turning(seeds)
    if options.only in ("", "noise"):
        print_noise(range(10 if options.quick else 50))


Problems = Callable[[], Iterable[Problem]]


def _domains(seeds: range, splits: range) -> list[tuple[str, Sequence[int | None], Problems]]:
    return [
        ("procurement", COUNTS, lambda: map(procurement, seeds)),
        ("support", COUNTS, lambda: map(support, seeds)),
        ("routing", COUNTS, lambda: map(routing, seeds)),
        *[(name, WHOLE, _splits_of(name, splits)) for name in LOADERS],
    ]


def _splits_of(name: str, splits: range) -> Problems:
    return lambda: (tabular(name, one) for one in splits)


if __name__ == "__main__":
    assert Path("examples").is_dir(), "start it in the repository's folder"
    main()
