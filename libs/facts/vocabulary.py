"""Which conditions the facts at hand can spell: thresholds and keywords are learned from them."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log2, sqrt

import numpy as np
from numpy.typing import NDArray

from libs.contracts.events.clusters import Condition
from libs.facts.conditions import holds, is_number
from libs.facts.flatten import Flat
from libs.facts.thresholds import cuts, thresholds
from libs.facts.words import percents_of, words_of

WORDS_MAX = 60
VALUES_MAX = 120
NUMBERS_MAX = 6
"""Up to so many different numbers are codes, and may be asked for by value."""
SUPPORT_MIN = 2
NUMBER_MAX = 2.0**62
"""CEL cannot spell much larger integers: no threshold is looked for among them."""
BITS_FREE_TEXT = 1.0
"""A keyword is a weaker kind of cause than a field: it costs a little more."""

Bools = NDArray[np.bool_]


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
    rows: Sequence[Flat],
    ignored: frozenset[str] = frozenset(),
    support_min: int = SUPPORT_MIN,
    labels: Sequence[str] | None = None,
) -> Vocabulary:
    """Every condition that is true of at least two rows and not of all. Order: by fact, stable.

    Of conditions on different facts that say the same of every row, each is kept: the learner
    weighs them by cost. With the rows' `labels`, thresholds and words are those that tell them
    apart, and gaps and codes can be asked for.
    """
    facts = sorted({fact for row in rows for fact in row} - ignored)
    columns = [_Column.of(fact, rows) for fact in facts]
    told = [pair for one in columns for pair in _telling(one, support_min, labels)]
    useful = len({one.fact for one, _ in told})
    choices = Counter(one.fact for one, _ in told)
    bits = [log2(max(useful, 1)) + log2(choices[c.fact]) + _extra_bits(c) for c, _ in told]
    truths = np.array([truth for _, truth in told], dtype=bool).reshape(len(told), len(rows))
    optional = frozenset(one.fact for one in columns if any(v is None for v in one.values))
    return Vocabulary(tuple(c for c, _ in told), truths, np.array(bits), optional)


def _extra_bits(condition: Condition) -> float:
    is_word = condition.op == "contains" and not condition.of_list
    return BITS_FREE_TEXT if is_word else 0.0


@dataclass(frozen=True)
class _Column:
    """One fact of all rows; each different value is looked at once."""

    fact: str
    values: Sequence[object]
    different: Sequence[object]
    places: NDArray[np.int64]
    numbers: NDArray[np.float64]
    """Not a number where the value is none."""
    known: Bools
    everywhere: bool

    @staticmethod
    def of(fact: str, rows: Sequence[Flat]) -> "_Column":
        values = [row.get(fact) for row in rows]
        known: dict[object, int] = {}
        # Of CEL's values: `true` is not 1, nor is an entry of a list.
        keys = [(type(v).__name__, repr(v) if isinstance(v, tuple) else v) for v in values]
        places = [known.setdefault(key, len(known)) for key in keys]
        first = dict(zip(reversed(places), reversed(values), strict=True))
        numbers = [float(one) if is_number(one) else float("nan") for one in values]
        return _Column(
            fact=fact,
            values=values,
            different=[first[place] for place in range(len(known))],
            places=np.array(places, dtype=np.int64),
            numbers=np.array(numbers),
            known=np.array([one is not None for one in values], dtype=bool),
            everywhere="." in fact or all(fact in row for row in rows),
        )

    def where(self, condition: Condition) -> Bools:
        """The rows of which it is true."""
        if condition.op in ("ge", "lt"):
            limit = float(condition.value)  # type: ignore[arg-type]
            found = self.numbers >= limit if condition.op == "ge" else self.numbers < limit
            return np.asarray(found, dtype=bool)
        if condition.op in ("eq", "ne") and isinstance(condition.value, str):
            equal = self.places == self.different.index(condition.value)
            return np.asarray(equal if condition.op == "eq" else ~equal & self.known, dtype=bool)
        truths = [holds(condition, {self.fact: one}) for one in self.different]  # type: ignore[dict-item]
        return np.array(truths, dtype=bool)[self.places]


def _telling(
    column: _Column, support_min: int, labels: Sequence[str] | None
) -> Iterator[tuple[Condition, Bools]]:
    seen: set[bytes] = set()
    for condition in _conditions_of(column, support_min, labels):
        truth = column.where(condition)
        if support_min <= truth.sum() < len(truth) and truth.tobytes() not in seen:
            seen.add(truth.tobytes())
            yield condition, truth


def _conditions_of(
    column: _Column, support_min: int, labels: Sequence[str] | None
) -> Iterator[Condition]:
    fact, values = column.fact, column.values
    lists = [value for value in values if isinstance(value, tuple)]
    texts = [value for value in values if isinstance(value, str)]
    if lists:
        yield from _of_lists(fact, lists, labels is not None)
    if any(isinstance(value, bool) for value in values):
        yield from (Condition(fact=fact, op="eq", value=one) for one in (True, False))
    yield from _of_numbers(column, labels)
    if texts:
        yield from _of_texts(fact, texts, support_min)
        yield from _of_words(column, labels)
    if labels is not None and column.everywhere and any(value is None for value in values):
        yield from (Condition(fact=fact, op="missing", value=one) for one in (True, False))


def _of_lists(
    fact: str, lists: Sequence[tuple[object, ...]], emptiness: bool
) -> Iterator[Condition]:
    counts = Counter(one for value in lists for one in set(value) if isinstance(one, str))
    often = sorted(counts, key=lambda entry: (-counts[entry], entry))[:VALUES_MAX]
    for entry in sorted(often):
        yield Condition(fact=fact, op="contains", value=entry, of_list=True)
    for size in sorted({len(value) for value in lists})[1:4]:
        yield Condition(fact=fact, op="size_ge", value=size)
    if emptiness and not all(lists):
        yield Condition(fact=fact, op="size_lt", value=1)


def _of_numbers(column: _Column, labels: Sequence[str] | None) -> Iterator[Condition]:
    told = np.abs(column.numbers) <= NUMBER_MAX
    numbers = [float(one) for one in column.numbers[told]]
    different = sorted(set(numbers))
    if len(different) < 2:
        return
    if labels is None:
        limits = thresholds(numbers)
    else:
        limits = cuts(numbers, [labels[row] for row in np.nonzero(told)[0].tolist()])
        if 2 < len(different) <= NUMBERS_MAX:
            codes = [int(one) if one == int(one) else one for one in different]
            yield from (Condition(fact=column.fact, op="eq", value=one) for one in codes)
    for threshold in limits:
        yield Condition(fact=column.fact, op="ge", value=threshold)
        yield Condition(fact=column.fact, op="lt", value=threshold)


def _of_texts(fact: str, texts: Sequence[str], support_min: int) -> Iterator[Condition]:
    counts = Counter(texts)
    often = [value for value, count in counts.items() if count >= support_min]
    for value in sorted(sorted(often, key=lambda one: (-counts[one], one))[:VALUES_MAX]):
        yield Condition(fact=fact, op="eq", value=value)
        if len(counts) > 2:
            yield Condition(fact=fact, op="ne", value=value)


def _of_words(column: _Column, labels: Sequence[str] | None) -> Iterator[Condition]:
    texts = [one if isinstance(one, str) else "" for one in column.different]
    if sum(map(bool, texts)) <= 8 or not any(" " in text for text in texts):
        return
    rows_of: dict[str, list[int]] = defaultdict(list)
    said = [set(words_of(text)) for text in texts]
    for row, place in enumerate(column.places):
        for word in said[place]:
            rows_of[word].append(row)
    often = [word for word, rows in rows_of.items() if len(rows) >= SUPPORT_MIN]
    worth = {word: _worth(rows_of[word], labels) for word in often}
    for word in sorted(often, key=lambda word: (-round(worth[word], 9), word))[:WORDS_MAX]:
        yield Condition(fact=column.fact, op="contains", value=word)
    named = sorted({number for text in texts for number in percents_of(text)})
    for number in thresholds([float(one) for one in named]):
        yield Condition(fact=column.fact, op="percent_ge", value=int(number) or 1)


def _worth(rows: Sequence[int], labels: Sequence[str] | None) -> float:
    """How often a word is said; with labels, how much more it is said with one of them."""
    if labels is None:
        return float(len(rows))
    total = Counter(labels)
    counts = Counter(labels[row] for row in rows)
    expected = {label: len(rows) * total[label] / len(labels) for label in counts}
    return max((count - expected[one]) / sqrt(expected[one]) for one, count in counts.items())
