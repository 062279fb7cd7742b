"""A log played in order through learning and acceptance: what would have been served, and when.

The same tests at the same levels as on the platform. Each row is first a test of what is served
and of the newest draft, then a lesson. An era's procedure test runs at any time; a draft that has
shown promise is frozen for an exact test beside it. Whatever passes is served from the next row.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from libs.acceptance.exact import ExactTest
from libs.acceptance.learner import GrowingLearner
from libs.acceptance.lifetime import Grant, Lane, Outcome, Spent, next_level
from libs.acceptance.played import Kind, OpenTest, Played, PlayTerms, Promotion, without
from libs.acceptance.procedure import Era, Review, assess
from libs.acceptance.served import Rules, answer_of
from libs.learning import Case, LearnedRule


def play(
    cases: Sequence[Case],
    terms: PlayTerms | None = None,
    tick: Callable[[int], None] | None = None,
) -> Played:
    """Play the rows in order; `tick` is told how many are done after each.

    `Case.answered` is the recorded answer. Raises ValueError when there are groups, but not one
    for each row.
    """
    terms = terms or PlayTerms()
    if terms.groups is not None and len(terms.groups) != len(cases):
        raise ValueError(f"expected {len(cases)} groups, one a row, came {len(terms.groups)}")
    player = _Player(terms)
    for number, case in enumerate(cases):
        player.take(case, terms.groups[number] if terms.groups else case.key)
        if tick:
            tick(number + 1)
    return player.played()


@dataclass
class _Frozen:
    rules: Rules
    test: ExactTest
    place: int
    """Of its test in the ledger."""


class _Player:
    def __init__(self, terms: PlayTerms) -> None:
        self._terms = terms
        self._learner = terms.learn or GrowingLearner()
        self._reviews: list[Review] = []
        self._learned: tuple[int, Rules] = (0, ())
        self._served: Rules = ()
        self._ledger: list[Spent] = []
        self._promotions: list[Promotion] = []
        self._frozen: _Frozen | None = None
        self._rights: list[tuple[bool, bool, bool | None]] = []
        self._begin_era()

    def take(self, case: Case, group: str) -> None:
        """Judge, then learn, then promote what has passed."""
        right = answer_of(self._served, case.facts, case.answered) == case.expected
        self._reviews.append(Review(len(self._reviews), group, case, right))
        learnings = self._era.learnings
        assess(self._reviews, self._learn, self._era, self._terms.schedule)
        drafted = self._answers(self._era.candidate, case) if self._era.learnings else None
        self._rights.append((not case.wrong, right, drafted))
        if self._frozen:
            gain = int(self._answers(self._frozen.rules, case)) - int(right)
            self._frozen.test.observe(group, gain)
        self._settle()
        if self._era.learnings > learnings:
            self._freeze()

    def played(self) -> Played:
        recorded, served, learner = zip(*self._rights, strict=True) if self._rights else ((),) * 3
        return Played(
            recorded=recorded,
            served=served,
            learner=learner,
            promotions=tuple(self._promotions),
            rules=self._served,
            candidate=self._learn([review.case for review in self._reviews]),
            waiting=tuple(self._waiting()),
        )

    def _learn(self, cases: Sequence[Case]) -> Rules:
        """Nothing is learned twice from the same rows."""
        if self._learned[0] != len(cases):
            self._learned = (len(cases), tuple(self._learner(cases)))
        return self._learned[1]

    @staticmethod
    def _answers(rules: Sequence[LearnedRule], case: Case) -> bool:
        return answer_of(rules, case.facts, case.answered) == case.expected

    def _open(self, lane: Lane) -> Grant:
        grant = next_level(lane, self._ledger, self._terms.lifetime)
        self._ledger.append(Spent(lane, grant.share, "open"))
        return grant

    def _close(self, place: int, outcome: Outcome) -> None:
        self._ledger[place] = replace(self._ledger[place], outcome=outcome)

    def _begin_era(self) -> None:
        self._era_place = len(self._ledger)
        last = self._reviews[-1].position if self._reviews else -1
        self._era = Era(self._open("procedure").level, count=len(self._reviews), through=last)

    def _freeze(self) -> None:
        """Take the newest draft for an exact test, unless one is under way."""
        era, terms = self._era, self._terms
        if self._frozen or era.n < terms.freeze_after or era.wins - era.losses < terms.freeze_net:
            return
        if not without(era.candidate, self._served) and not without(self._served, era.candidate):
            return
        place = len(self._ledger)
        level = self._open("exact").level
        test = ExactTest.opened(level, (review.group for review in self._reviews))
        self._frozen = _Frozen(era.candidate, test, place)

    def _settle(self) -> None:
        """End the tests that are decided; an exact acceptance goes first, since it says more."""
        frozen, era = self._frozen, self._era
        if frozen and frozen.test.decision == "accept":
            self._close(frozen.place, "accepted")
            self._close(self._era_place, "refused" if era.used else "unused")
            figures = frozen.test.figures()
            evidence = (figures.wins, figures.losses, figures.n, figures.e_value, figures.p_value)
            self._promote("exact", frozen.rules, figures.level, evidence)
        elif era.passed:
            self._close(self._era_place, "accepted")
            if frozen:
                self._close(frozen.place, "refused" if frozen.test.used else "unused")
            rules = self._learn([review.case for review in self._reviews])
            evidence = (era.wins, era.losses, era.n, era.e_value, None)
            self._promote("procedure", rules, era.level, evidence)
        elif frozen and frozen.test.decision == "refuse":
            self._close(frozen.place, "refused" if frozen.test.used else "unused")
            self._frozen = None

    def _promote(
        self,
        kind: Kind,
        rules: Rules,
        level: float,
        evidence: tuple[int, int, int, float | None, float | None],
    ) -> None:
        wins, losses, n, e_value, p_value = evidence
        self._promotions.append(
            Promotion(
                after=len(self._reviews),
                kind=kind,
                wins=wins,
                losses=losses,
                n=n,
                e_value=e_value,
                p_value=p_value,
                level=level,
                rules=rules,
                added=without(rules, self._served),
                removed=without(self._served, rules),
            )
        )
        self._served, self._frozen = rules, None
        self._begin_era()

    def _waiting(self) -> list[OpenTest]:
        era = self._era
        waits = [
            OpenTest("procedure", era.level, era.wins, era.losses, era.n, era.e_value, None, None)
        ]
        if self._frozen:
            now = self._frozen.test.figures()
            counts = (now.wins, now.losses, now.n)
            waits.append(
                OpenTest("exact", now.level, *counts, now.e_value, now.p_value, now.wins_more)
            )
        return waits
