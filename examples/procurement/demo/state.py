"""How far a demo has come: kept on disk, so that it goes on after any kind of death."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ValidationError

from examples.procurement.data import Skipped
from examples.procurement.demo.errors import DemoError
from examples.procurement.demo.figures import Rate
from libs.contracts.events import EvidenceResult


class Learned(BaseModel):
    """One edit of a proposal in plain words, with its figures on the lessons."""

    plain: str
    support: int
    wins: int
    losses: int
    quotes: tuple[str, ...] = ()


class Outcome(BaseModel):
    """What became of one proposal; `waiting` while reviews still judge it."""

    proposal_id: str
    name: str
    """`proposal 2.1` is the first one that cycle 2 drafted."""
    experiment_id: str | None = None
    state: Literal["waiting", "approved", "rejected", "refused", "inconclusive", "superseded"]
    title: str
    learned: tuple[Learned, ...]
    reasons: tuple[str, ...]
    evidence: EvidenceResult | None = None
    candidate_digest: str | None = None
    released: bool = False
    """Whether the running agent has it."""


class Cycle(BaseModel):
    """New requests under one config, each review scored before it is learned from; then mining."""

    n: int
    digest: str
    generation: int
    attempts: int = 0
    """Starts of the run: each has a budget period of its own."""
    agreement: Rate | None = None
    """With the reviewer, of what was served, on this cycle's requests."""
    reviews: int = 0
    """So far, this cycle's included."""
    judged: bool = False
    """Whether these reviews have told what they can about what was under test before."""
    mined: bool = False
    outcomes: list[Outcome] = []
    """Decided in this cycle, whenever they were drafted."""
    waiting: list[Outcome] = []
    """Under test when it ended."""
    note: str = ""
    """What the miner said of its run."""

    @property
    def accepted(self) -> list[Outcome]:
        return [one for one in self.outcomes if one.state == "approved"]


class Rivals(BaseModel):
    """What learners of the shelf reach on the fresh requests, with the same reviews."""

    reviews: int
    tree: Rate
    boosting: Rate


class DemoState(BaseModel):
    """Everything a restart has to know."""

    case_id: str
    cycles: list[Cycle] = []
    fresh_attempts: int = 0
    fresh_digest: str | None = None
    fresh_final: Rate | None = None
    fresh_baseline: Rate | None = None
    fresh_after_first: Rate | None = None
    rivals_after_first: Rivals | None = None
    rivals_final: Rivals | None = None
    skipped_rows: tuple[Skipped, ...] = ()
    seconds: float = 0.0
    done: bool = False

    @property
    def reviews_used(self) -> int:
        return max((one.reviews for one in self.cycles), default=0)

    @property
    def waiting(self) -> list[Outcome]:
        """Under test when the newest cycle that is over ended, or the one that goes on began."""
        over = [one for one in self.cycles if one.mined]
        return list(over[-1].waiting) if over else []


class StateFile:
    """Saved in one step: there is always a whole state on disk."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self, case_id: str) -> DemoState:
        """The state of this case; `DemoError` when the home belongs to another one."""
        if not self._path.exists():
            return DemoState(case_id=case_id)
        try:
            state = DemoState.model_validate_json(self._path.read_bytes())
        except ValidationError as error:
            raise DemoError(f"{self._path} is no state of a demo: delete it") from error
        if state.case_id != case_id:
            raise DemoError(
                f"{self._path.parent} holds the demo of {state.case_id}, not of {case_id}: "
                "choose another --home"
            )
        return state

    def save(self, state: DemoState) -> None:
        fresh = self._path.with_suffix(".new")
        fresh.write_text(state.model_dump_json(indent=1), encoding="utf-8")
        fresh.replace(self._path)
