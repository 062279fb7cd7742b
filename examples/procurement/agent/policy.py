"""The written policy as figures: read from `reference.json`, whether prose or objects."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from examples.procurement.agent.amounts import amounts_in
from examples.procurement.data.model import Policy

_CLAUSE_ENDS = re.compile(r"[;()\n]|,(?!\d{3})|\.(?!\d)|\bthen\b|\bbut\b")
_FROM = re.compile(r"\b(?:over|above|exceed\w*|more than|greater than|beyond|from|min)\b|>")
_AUTOMATIC = re.compile(r"\bauto|\bno approval|\bwithout (?:an? )?approval|\bself[- ]approv")
_MANAGER = re.compile(r"\bmanager")
_VP = re.compile(r"\bvp\b|vice[- ]president|\bexecutive|\bdirector|\bcfo\b")


@dataclass(frozen=True)
class PolicyBook:
    """Amounts up to which a purchase needs nobody, a manager; consulting has its own line."""

    auto_max: float = 5_000.0
    manager_max: float = 25_000.0
    consulting_manager_max: float = 50_000.0
    emergency_bypass: bool = True

    @staticmethod
    def read(policies: Iterable[Policy]) -> "PolicyBook":
        """Figures that no policy states keep the defaults above."""
        found = _Figures()
        for policy in policies:
            for consulting, clause in _clauses(policy):
                found.take(clause, consulting)
        return found.book()

    def tier(self, amount: float, consulting: bool) -> str:
        """Who decides: `auto`, `manager` or `vp`."""
        if consulting:
            return "vp" if amount > self.consulting_manager_max else "manager"
        if amount <= self.auto_max:
            return "auto"
        return "manager" if amount <= self.manager_max else "vp"


@dataclass
class _Figures:
    auto: float | None = None
    manager: float | None = None
    vp_from: float | None = None
    consulting_vp_from: float | None = None

    def take(self, clause: str, consulting: bool) -> None:
        amounts = amounts_in(clause)
        if not amounts:
            return
        starts_there = bool(_FROM.search(clause)) and len(amounts) == 1
        if consulting:
            if _VP.search(clause):
                self.consulting_vp_from = min(amounts)
        elif _VP.search(clause):
            self.vp_from = self.vp_from or min(amounts)
        elif _MANAGER.search(clause):
            if starts_there:
                self.auto = self.auto or amounts[0]
            else:
                self.manager = self.manager or max(amounts)
        elif _AUTOMATIC.search(clause):
            self.auto = self.auto or max(amounts)

    def book(self) -> PolicyBook:
        auto, manager = self.auto, self.manager
        if manager is not None and self.vp_from is not None and manager < self.vp_from:
            auto, manager = auto or manager, self.vp_from  # each figure is where a tier begins
        manager = manager or self.vp_from
        default = PolicyBook()
        return PolicyBook(
            auto_max=default.auto_max if auto is None else auto,
            manager_max=max(manager or default.manager_max, auto or 0),
            consulting_manager_max=self.consulting_vp_from or default.consulting_manager_max,
        )


def _clauses(policy: Policy) -> Iterator[tuple[bool, str]]:
    """Each clause in lower case, and whether it speaks of consulting."""
    named = "consult" in policy.name.lower()
    for sentence in (policy.description, *_sentences(policy.rules)):
        lowered = sentence.lower()
        since = named
        for clause in _CLAUSE_ENDS.split(lowered):
            since = since or "consult" in clause
            yield since, clause


def _sentences(rules: Any) -> Iterator[str]:
    """Prose as it is; an object as `key value` pairs, and whole when it states one tier."""
    if isinstance(rules, str):
        yield rules
    elif isinstance(rules, list):
        for rule in rules:
            yield from _sentences(rule)
    elif isinstance(rules, dict):
        yield from _of_object(rules)


def _of_object(rules: dict[str, Any]) -> Iterator[str]:
    plain = {k: v for k, v in rules.items() if not isinstance(v, dict | list) and v is not None}
    pairs = [f"{key.replace('_', ' ')} {value}" for key, value in plain.items()]
    yield (
        " ".join(pairs)
        if any(isinstance(value, str) for value in plain.values())
        else ";".join(pairs)
    )
    for key, value in rules.items():
        if isinstance(value, dict):
            inner = [f"{key} {text}" for text in _of_object(value)]
            yield from (text.replace("_", " ") for text in inner)
        elif isinstance(value, list):
            for text in _sentences(value):
                yield f"{key.replace('_', ' ')} {text}"
