"""Files of decisions, and a player that needs no learner."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest

from libs.acceptance.played import OpenTest, Played, PlayTerms, Promotion
from libs.contracts.events import Condition
from libs.learning import Case, LearnedRule
from pawl.trying.log import Log, Terms, log_of
from pawl.trying.reading import read_rows
from pawl.trying.run import Outputs, Request, run_try

Write = Callable[[str | bytes, str], Path]
TODAY = date(2026, 1, 31)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Text or bytes as a file of this name."""

    def make(content: str | bytes, name: str = "decisions.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


@pytest.fixture
def read(write: Write) -> Callable[..., Log]:
    """The log of a file with this content."""

    def make(content: str | bytes, name: str = "decisions.csv", terms: Terms | None = None) -> Log:
        return log_of(read_rows(write(content, name)), terms or Terms())

    return make


class FakePlayer:
    """Serves one rule from the middle on; remembers what it was given."""

    def __init__(self, rule: LearnedRule | None = None, promotes: bool = True) -> None:
        self.rules = (rule,) if rule else ()
        self.promotes = promotes and bool(rule)
        self.cases: Sequence[Case] = ()
        self.terms = PlayTerms()

    def __call__(
        self,
        cases: Sequence[Case],
        terms: PlayTerms,
        tick: Callable[[int], None] | None = None,
    ) -> Played:
        self.cases, self.terms = cases, terms
        half = len(cases) // 2
        recorded = tuple(not case.wrong for case in cases)
        served = recorded[:half] + tuple(True for _ in cases[half:])
        rules = self.rules if self.promotes else ()
        return Played(
            recorded=recorded,
            served=served if self.promotes else recorded,
            learner=tuple(None if n < 2 else True for n in range(len(cases))),
            promotions=self._promotions(half),
            rules=rules,
            candidate=self.rules,
            waiting=(OpenTest("procedure", 0.004, 9, 1, 40, 12.5, None, None),),
        )

    def _promotions(self, half: int) -> tuple[Promotion, ...]:
        if not self.promotes:
            return ()
        figures = (16, 2, 60, 140.0, None, 0.008)
        return (Promotion(half, "procedure", *figures, self.rules, self.rules, ()),)


@pytest.fixture
def rule() -> Callable[..., LearnedRule]:
    """A rule with one condition."""

    def make(
        fact: str = "amount", op: str = "ge", value: object = 100, answer: str = "reject"
    ) -> LearnedRule:
        condition = Condition.model_validate({"fact": fact, "op": op, "value": value})
        return LearnedRule((condition,), answer, frozenset({fact}))

    return make


@pytest.fixture
def player() -> type[FakePlayer]:
    return FakePlayer


@pytest.fixture
def tried(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Exit code, stdout and stderr of a try; a player that learns nothing unless one is given."""

    def run(
        path: Path,
        terms: Terms | None = None,
        outputs: Outputs | None = None,
        played_by: FakePlayer | None = None,
    ) -> tuple[int, str, str]:
        request = Request(path, terms or Terms(), outputs or Outputs())
        code = run_try(request, TODAY, played_by or FakePlayer())
        said = capsys.readouterr()
        return code, said.out, said.err

    return run
