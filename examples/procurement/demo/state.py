"""How far a demo has come: kept on disk, so that it goes on after any kind of death."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ValidationError

from examples.procurement.demo.errors import DemoError
from examples.procurement.demo.figures import Rate


class Learned(BaseModel):
    """One edit of a proposal in plain words, with its figures on the mine split."""

    plain: str
    support: int
    wins: int
    losses: int
    quotes: tuple[str, ...] = ()


class Outcome(BaseModel):
    """What became of one proposal."""

    proposal_id: str
    experiment_id: str | None = None
    state: Literal["approved", "rejected", "refused", "inconclusive", "superseded"]
    title: str
    learned: tuple[Learned, ...]
    reasons: tuple[str, ...]
    sealed_n: int | None = None
    sealed_gain: float | None = None
    p_value: float | None = None
    level: float | None = None
    candidate_digest: str | None = None


class Round(BaseModel):
    """All requests run under one config, then mined. Round 0 measures the baseline."""

    n: int
    digest: str
    generation: int
    attempts: int = 0
    """Starts of the run: each has a budget period of its own."""
    splits: dict[str, Rate] = {}
    mined: bool = False
    outcomes: list[Outcome] = []
    note: str = ""
    """What the miner said of its run."""
    moved: bool = False


class DemoState(BaseModel):
    """Everything a restart has to know."""

    case_id: str
    rounds: list[Round] = []
    fresh_attempts: int = 0
    fresh_final: Rate | None = None
    fresh_baseline: Rate | None = None
    seconds: float = 0.0
    done: bool = False


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
