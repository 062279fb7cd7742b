"""What came of a played log, as figures."""

import itertools
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import log

from libs.acceptance.played import OpenTest, Played, Promotion
from libs.facts import holds
from libs.learning import Case, LearnedRule
from libs.stats.clusters import design_effect
from libs.stats.intervals import Interval, wilson
from libs.stats.paired import Pair, compare
from pawl.trying.log import Log
from pawl.trying.outlook import further_by_betting, further_by_winning, rates
from pawl.trying.told import Speaker

WINDOWS_MAX = 12
WINDOW_ROWS_MIN = 25
QUOTES_MAX = 2
QUOTE_CHARS_MAX = 160


@dataclass(frozen=True)
class Share:
    """Right answers among `n`, with a Wilson interval of 95 %; near-copies count once in it."""

    right: int
    n: int
    interval: Interval

    @property
    def rate(self) -> float:
        return self.right / self.n if self.n else 0.0


@dataclass(frozen=True)
class Span:
    """Rows `first` to `last`, counted from 1 in the order they were played."""

    first: int
    last: int
    recorded: Share
    served: Share
    learner: Share | None
    """Of the rows for which a draft existed; None where most had none."""
    gain: float
    gain_interval: Interval


@dataclass(frozen=True)
class ToldRule:
    """`wins` and `losses` over all rows, also those that it was learned from."""

    rule: LearnedRule
    words: str
    wins: int
    losses: int
    quotes: tuple[str, ...]


@dataclass(frozen=True)
class Waiting:
    """An open test; `further` is about how many reviews it needs at its rates so far."""

    test: OpenTest
    further: int | None


@dataclass(frozen=True)
class Result:
    """`rules` are served, proved; `candidate` is the newest draft, which nothing has proved."""

    log: Log
    whole: Span
    half: Span
    third: Span
    windows: tuple[Span, ...]
    rules: tuple[ToldRule, ...]
    candidate: tuple[ToldRule, ...]
    promotions: tuple[Promotion, ...]
    waiting: tuple[Waiting, ...]
    speaker: Speaker

    @property
    def n(self) -> int:
        return self.whole.recorded.n


def result_of(log: Log, played: Played) -> Result:
    """All figures of the report."""
    n = len(log.cases)
    spans = _Spans(log, played)
    count = max(1, min(WINDOWS_MAX, n // WINDOW_ROWS_MIN))
    edges = [round(place * n / count) for place in range(count + 1)]
    speaker = Speaker(log)
    return Result(
        log=log,
        whole=spans.of(0, n),
        half=spans.of(n // 2, n),
        third=spans.of(n - max(1, n // 3), n),
        windows=tuple(spans.of(low, high) for low, high in itertools.pairwise(edges) if high > low),
        rules=told_rules(played.rules, log.cases, speaker),
        candidate=told_rules(played.candidate, log.cases, speaker),
        promotions=tuple(played.promotions),
        waiting=tuple(Waiting(one, _further(one)) for one in played.waiting),
        speaker=speaker,
    )


class _Spans:
    def __init__(self, log: Log, played: Played) -> None:
        self._groups, self._played = log.groups, played

    def of(self, low: int, high: int) -> Span:
        played, groups = self._played, self._groups[low:high]
        recorded, served = played.recorded[low:high], played.served[low:high]
        learner = [
            (group, one)
            for group, one in zip(groups, played.learner[low:high], strict=True)
            if one is not None
        ]
        figures = compare(
            Pair(group, before, after)
            for group, before, after in zip(groups, recorded, served, strict=True)
        )
        drafted = share_of([one for _, one in learner], [group for group, _ in learner])
        return Span(
            first=low + 1,
            last=high,
            recorded=share_of(recorded, groups),
            served=share_of(served, groups),
            learner=drafted if learner and 2 * len(learner) >= high - low else None,
            gain=figures.gain,
            gain_interval=figures.interval,
        )


def share_of(right: Sequence[bool], groups: Sequence[Hashable]) -> Share:
    """The interval is that of a sample without near-copies that is worth as much."""
    by_group: dict[Hashable, list[float]] = {}
    for group, one in zip(groups, right, strict=True):
        by_group.setdefault(group, []).append(float(one))
    effect = design_effect(list(by_group.values()))
    count, n = sum(right), len(right)
    return Share(count, n, wilson(min(count, n) / effect, n / effect))


def told_rules(
    rules: Sequence[LearnedRule], cases: Sequence[Case], speaker: Speaker
) -> tuple[ToldRule, ...]:
    """In the order of the list: the first rule that holds decides a case."""
    won: list[list[Case]] = [[] for _ in rules]
    lost = [0 for _ in rules]
    for case in cases:
        place = next((n for n, one in enumerate(rules) if _decides(one, case)), None)
        if place is None or rules[place].answer == case.answered:
            continue
        if rules[place].answer == case.expected:
            won[place].append(case)
        elif not case.wrong:
            lost[place] += 1
    return tuple(
        ToldRule(rule, speaker.rule(rule), len(won[place]), lost[place], _quotes(won[place]))
        for place, rule in enumerate(rules)
    )


def _decides(rule: LearnedRule, case: Case) -> bool:
    return all(holds(condition, case.facts) for condition in rule.conditions)


def _quotes(cases: Sequence[Case]) -> tuple[str, ...]:
    """Different reasons of cases that the rule puts right."""
    reasons = dict.fromkeys(case.reason[:QUOTE_CHARS_MAX] for case in cases if case.reason)
    return tuple(list(reasons)[:QUOTES_MAX])


def _further(test: OpenTest) -> int | None:
    if not test.n or not test.wins:
        return None
    seen = rates(test.wins, test.losses, test.n)
    if test.wins_more is not None:
        return further_by_winning(seen, test.wins_more)
    log_e = log(max(test.e_value, 1e-300)) if test.e_value is not None else 0.0
    return further_by_betting(seen, log_e, test.level)
