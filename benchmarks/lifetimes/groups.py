"""Groups of unequal size: small groups win, large ones lose, and agreement does not rise.

Two ways in which reviews come, as `libs/acceptance/groups.py` distinguishes them: near-copies one
after the other (`bursts`), or each review drawn from traffic in which groups return (`traffic`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.lifetimes.trial import Rng
from libs.acceptance import ExactTest
from libs.stats.paired import Pair, compare

HISTORY = 200
"""Reviews before the test is opened; the cap comes from them."""
REVIEWS = 400
Stream = Iterator[tuple[str, int]]


def one_or_ten(rng: Rng, count: int) -> np.ndarray:
    return np.where(rng.random(count) < 0.8, 1, 10)


def geometric(rng: Rng, count: int) -> np.ndarray:
    return rng.geometric(0.35, count)


def zipf(rng: Rng, count: int) -> np.ndarray:
    return np.minimum(rng.zipf(2.0, count), 50)


SIZES: dict[str, Callable[[Rng, int], np.ndarray]] = {
    "1 or 10": one_or_ten,
    "geometric": geometric,
    "Zipf": zipf,
}


@dataclass(frozen=True)
class Harm:
    """Of groups of one, this share wins; of larger ones so many lose that agreement falls.

    `tilt` is what is lost per example for each example won: 1 is no change at all.
    """

    small_wins: float = 0.4
    tilt: float = 1.1

    def gains(self, sizes: np.ndarray, rng: Rng, lost: float) -> np.ndarray:
        """One gain a group, shared by its members."""
        draws = rng.random(len(sizes))
        small = sizes == 1
        return np.where(small, draws < self.small_wins, -(draws < lost).astype(int))

    def large_losses(self, sizes: np.ndarray) -> float:
        """The share of large groups that lose, from very many sizes; at most 1."""
        won = self.small_wins * (sizes == 1).sum()
        return float(min(1.0, self.tilt * won / sizes[sizes > 1].sum()))


def bursts(sizes_of: Callable[[Rng, int], np.ndarray], harm: Harm, rng: Rng) -> Stream:
    """Groups one after the other."""
    lost = harm.large_losses(sizes_of(np.random.default_rng(0), 200_000))
    sizes = sizes_of(rng, HISTORY + REVIEWS)
    for number, (size, gain) in enumerate(zip(sizes, harm.gains(sizes, rng, lost), strict=True)):
        for _ in range(size):
            yield f"g{number}", int(gain)


def traffic(sizes_of: Callable[[Rng, int], np.ndarray], harm: Harm, rng: Rng) -> Stream:
    """60 groups, drawn in proportion to their sizes; each gain is fixed, and all gain nothing."""
    while True:
        sizes = sizes_of(rng, 60)
        gains = harm.gains(sizes, rng, harm.large_losses(sizes) if (sizes > 1).any() else 0.0)
        if (sizes * gains).sum() <= 0:
            break
    for number in rng.choice(60, HISTORY + REVIEWS, p=sizes / sizes.sum()):
        yield f"g{number}", int(gains[number])


WAYS = {"bursts": bursts, "traffic": traffic}


@dataclass(frozen=True)
class Passed:
    """In how many of the runs the change passed, by Pawl's test and by groups counted once."""

    pawl: int
    counted_once: int
    runs: int


def passes(way: str, sizes: str, runs: int, level: float, seed: int, tilt: float = 1.1) -> Passed:
    """Both tests on the same reviews; the old one looks once, at the end."""
    rng, pawl, once = np.random.default_rng(seed), 0, 0
    for _ in range(runs):
        stream = WAYS[way](SIZES[sizes], Harm(tilt=tilt), rng)
        before = [group for group, _ in (next(stream) for _ in range(HISTORY))]
        fresh = [next(stream) for _ in range(REVIEWS)]
        test = ExactTest.opened(level, before)
        for group, gain in fresh:
            if test.observe(group, gain) != "wait":
                break
        pawl += test.decision == "accept"
        pairs = [Pair(group, gain < 0, gain > 0) for group, gain in fresh]
        once += compare(pairs).p_value <= level
    return Passed(pawl, once, runs)
