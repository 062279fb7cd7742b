"""Which conditions the facts at hand can spell: thresholds and keywords are learned from them."""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import floor, log2, log10

import numpy as np
from numpy.typing import NDArray

from libs.contracts.events.clusters import Condition
from libs.facts.conditions import holds, is_number
from libs.facts.flatten import Flat
from libs.facts.words import percents_of, words_of

THRESHOLDS_MAX = 24
WORDS_MAX = 60
SUPPORT_MIN = 2
NUMBER_MAX = 2.0**62
"""CEL cannot spell much larger integers: no threshold is looked for among them."""
BITS_FREE_TEXT = 1.0
"""A keyword is a weaker kind of cause than a field: it costs a little more."""


@dataclass(frozen=True)
class Vocabulary:
    """Conditions, where each is true (conditions x rows) and what each costs to say, in bits."""

    conditions: tuple[Condition, ...]
    columns: NDArray[np.bool_]
    bits: NDArray[np.float64]
    optional: frozenset[str]
    """Facts that some run lacked, or had as null."""

    def __len__(self) -> int:
        return len(self.conditions)


def learn_vocabulary(
    rows: Sequence[Flat], ignored: frozenset[str] = frozenset(), support_min: int = SUPPORT_MIN
) -> Vocabulary:
    """Every condition that is true of at least two rows and not of all. Order: by fact, stable.

    Of conditions on different facts that say the same of every row, each is kept: the learner
    weighs them by cost.
    """
    facts = sorted({fact for row in rows for fact in row} - ignored)
    spelled = {f: list(_conditions_of(f, [row.get(f) for row in rows], support_min)) for f in facts}
    told = [pair for fact in facts for pair in _telling(spelled[fact], rows, support_min)]
    useful = sum(1 for fact in facts if any(one.fact == fact for one, _ in told))
    choices = Counter(one.fact for one, _ in told)
    bits = [log2(max(useful, 1)) + log2(choices[c.fact]) + _extra_bits(c) for c, _ in told]
    columns = np.array([column for _, column in told], dtype=bool).reshape(len(told), len(rows))
    optional = frozenset(f for f in facts if any(row.get(f) is None for row in rows))
    return Vocabulary(tuple(c for c, _ in told), columns, np.array(bits), optional)


def _extra_bits(condition: Condition) -> float:
    is_word = condition.op == "contains" and not condition.of_list
    return BITS_FREE_TEXT if is_word else 0.0


def _telling(
    conditions: Sequence[Condition], rows: Sequence[Flat], support_min: int
) -> Iterator[tuple[Condition, list[bool]]]:
    seen: set[tuple[bool, ...]] = set()
    for condition in conditions:
        column = [holds(condition, row) for row in rows]
        if support_min <= sum(column) < len(rows) and tuple(column) not in seen:
            seen.add(tuple(column))
            yield condition, column


def _conditions_of(fact: str, values: Sequence[object], support_min: int) -> Iterator[Condition]:
    lists = [value for value in values if isinstance(value, tuple)]
    texts = [value for value in values if isinstance(value, str)]
    numbers = [float(one) for one in values if is_number(one) and abs(one) <= NUMBER_MAX]
    truths = [value for value in values if isinstance(value, bool)]
    if lists:
        yield from _of_lists(fact, lists)
    if truths:
        yield from (Condition(fact=fact, op="eq", value=one) for one in (True, False))
    if len(set(numbers)) > 1:
        yield from _of_numbers(fact, numbers)
    if texts:
        yield from _of_texts(fact, texts, support_min)


def _of_lists(fact: str, lists: Sequence[tuple[object, ...]]) -> Iterator[Condition]:
    entries = sorted({one for value in lists for one in value if isinstance(one, str)})
    for entry in entries:
        yield Condition(fact=fact, op="contains", value=entry, of_list=True)
    for size in sorted({len(value) for value in lists})[1:4]:
        yield Condition(fact=fact, op="size_ge", value=size)


def _of_numbers(fact: str, numbers: Sequence[float]) -> Iterator[Condition]:
    for threshold in thresholds(numbers):
        yield Condition(fact=fact, op="ge", value=threshold)
        yield Condition(fact=fact, op="lt", value=threshold)


def thresholds(numbers: Sequence[float], limit: int = THRESHOLDS_MAX) -> list[float | int]:
    """The roundest number in each gap between neighbours; at most `limit`, spread evenly."""
    values = sorted(set(numbers))
    gaps = list(itertools.pairwise(values))
    step = max(1.0, len(gaps) / limit)
    picked = [gaps[int(place * step)] for place in range(min(len(gaps), limit))]
    return [roundest(low, high) for low, high in picked]


def roundest(low: float, high: float) -> float | int:
    """The number in (low, high] with the fewest digits; of those, the one nearest the middle."""
    middle = (low + high) / 2
    size = floor(log10(max(abs(low), abs(high), 1e-12)))
    for exponent in range(size + 1, size - 16, -1):
        for factor in (1.0, 0.5):  # 5, 15, 25 are round, too
            unit = factor * 10.0**exponent
            near = round(middle / unit) * unit
            found = [n for n in (near - unit, near, near + unit) if low < n <= high]
            if found:
                best = min(found, key=lambda n: abs(n - middle))
                exact = round(best, max(0, 1 - exponent))
                return int(exact) if exact == int(exact) else exact
    return high


def _of_texts(fact: str, texts: Sequence[str], support_min: int) -> Iterator[Condition]:
    counts = Counter(texts)
    for value in sorted(value for value, count in counts.items() if count >= support_min):
        yield Condition(fact=fact, op="eq", value=value)
        if len(counts) > 2:
            yield Condition(fact=fact, op="ne", value=value)
    if len(counts) > 8 and any(" " in value for value in counts):
        yield from _of_words(fact, texts)


def _of_words(fact: str, texts: Sequence[str]) -> Iterator[Condition]:
    counts = Counter(word for text in texts for word in set(words_of(text)))
    often = [word for word, count in counts.items() if count >= SUPPORT_MIN]
    for word in sorted(often, key=lambda word: (-counts[word], word))[:WORDS_MAX]:
        yield Condition(fact=fact, op="contains", value=word)
    named = sorted({number for text in texts for number in percents_of(text)})
    for number in thresholds([float(one) for one in named]):
        yield Condition(fact=fact, op="percent_ge", value=int(number) or 1)
