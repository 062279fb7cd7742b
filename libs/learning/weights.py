"""How likely each condition is as a cause, as bits: from its kind, and from what reviewers name."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log2

import numpy as np

from libs.contracts.events import Condition
from libs.facts import Flat, Vocabulary
from libs.facts.words import words_of
from libs.learning.case import Case
from libs.learning.prior import Prior

ENTRIES_MAX = 40
LONG_TEXT_WORDS = 3.5
NAMED_MIN = 0.03


def weighed(vocabulary: Vocabulary, cases: Sequence[Case], prior: Prior) -> Vocabulary:
    """The vocabulary without duplicates and oddities, with the cost of each condition in bits."""
    weigher = _Weigher(vocabulary, cases, prior)
    keep = [i for i, one in enumerate(vocabulary.conditions) if weigher.keeps(i, one)]
    kinds = [(c.fact, weigher.kind(c)) for c in (vocabulary.conditions[i] for i in keep)]
    choices = Counter(kinds)
    weights = {one: weigher.weight(*one) for one in choices}
    total = sum(weights.values())
    bits = [-log2(max(weights[one], 1e-6) / total) + log2(choices[one]) for one in kinds]
    conditions = tuple(vocabulary.conditions[i] for i in keep)
    return Vocabulary(conditions, vocabulary.columns[keep], np.array(bits), vocabulary.optional)


def named_by_reviewers(cases: Sequence[Case]) -> dict[str, float]:
    """By fact: how often reviewers name its value, relative to the fact named most."""
    said = [case.words() for case in cases]
    share: dict[str, float] = {}
    for fact in sorted({fact for case in cases for fact in case.facts}):
        named = asked = 0
        for case, words in zip(cases, said, strict=True):
            value = case.facts.get(fact)
            parts = set(words_of(value.replace("-", " "))) if isinstance(value, str) else set()
            if words and parts:
                asked += 1
                named += parts <= words
        if asked:
            share[fact] = named / asked
    top = max(share.values(), default=0.0)
    if top <= NAMED_MIN:
        return dict.fromkeys(share, 1.0)
    return {fact: min(1.0, 3 * one / top) for fact, one in share.items()}


@dataclass
class _Weigher:
    vocabulary: Vocabulary
    cases: Sequence[Case]
    prior: Prior
    values: dict[str, list[object]] = field(init=False)

    def __post_init__(self) -> None:
        facts = sorted({one.fact for one in self.vocabulary.conditions})
        flats: list[Flat] = [case.facts for case in self.cases]
        self.values = {fact: [flat.get(fact) for flat in flats] for fact in facts}
        self.of_input = {fact: self._is_input(fact) for fact in facts}
        self.kept = self._without_copies(facts)
        self.named = named_by_reviewers(self.cases)
        self.determined = {fact: self._is_determined(fact) for fact in self.kept}

    def _is_input(self, fact: str) -> bool:
        name = fact.rsplit(".", 1)[-1]
        return self.values[fact] == [case.inputs.get(name) for case in self.cases]

    def _without_copies(self, facts: Sequence[str]) -> list[str]:
        """Of facts that say the same of every case, the one nearest the input."""
        rooms = Counter(fact.split(".")[0] for fact in facts if self.of_input[fact])

        def rank(fact: str) -> tuple[bool, int, int, str]:
            room = fact.split(".")[0]
            return (not self.of_input[fact], -rooms[room], fact.count("."), fact)

        kept: list[str] = []
        for fact in sorted(facts, key=rank):
            if all(self.values[fact] != self.values[one] for one in kept):
                kept.append(fact)
        return kept

    def _is_determined(self, fact: str) -> bool:
        """Whether some other text fact fixes it: a vendor's status says no more than the vendor."""
        count = len(self.cases)
        for other in self.kept:
            texts = self.values[other]
            if other == fact or not all(isinstance(one, str) for one in texts):
                continue
            if len(set(texts)) >= count / 2:
                continue
            seen: dict[object, object] = {}
            pairs = zip(texts, self.values[fact], strict=True)
            if all(seen.setdefault(text, value) == value for text, value in pairs):
                return True
        return False

    def keeps(self, index: int, condition: Condition) -> bool:
        distinct = len(set(self.values[condition.fact]))
        if condition.fact not in self.determined:
            return False
        if condition.op == "ne" and distinct > self.prior.not_equal_values_max:
            return False
        alone = self.vocabulary.columns[index].sum() < 2
        return not alone or condition.op in ("eq", "contains")

    def kind(self, condition: Condition) -> str:
        match condition.op:
            case "ge" | "lt":
                return "number"
            case "percent_ge":
                return "percent"
            case "size_ge":
                return "size"
            case "contains" if condition.of_list:
                lists = [one for one in self.values[condition.fact] if isinstance(one, tuple)]
                few = len({entry for one in lists for entry in one}) <= ENTRIES_MAX
                return "entry" if few else "word"
            case "contains":
                return "word"
        return "equal"

    def weight(self, fact: str, kind: str) -> float:
        prior = self.prior
        if kind == "number":
            if fact.startswith("draft."):
                return prior.number_determined
            if self.of_input[fact]:
                return prior.number_of_input
            return prior.number_determined if self.determined[fact] else prior.number
        if kind == "word":
            return prior.word_determined if self.determined[fact] else prior.word
        if kind in ("percent", "size"):
            return prior.percent if kind == "percent" else prior.size
        named = (1 - prior.named_share) + prior.named_share * self.named.get(fact, 1.0)
        if kind == "entry":
            return prior.entry_or_tool * named
        texts = [one for one in self.values[fact] if isinstance(one, str)]
        words = sum(len(one.split()) for one in texts)
        if texts and words / len(texts) > LONG_TEXT_WORDS:
            return prior.long_text
        return (1.0 if self.of_input[fact] else prior.entry_or_tool) * named
