"""`/api/v1/experiments` and `/api/v1/ledger` on experiments."""

from typing import Literal

from libs.contracts.base import Model, Timestamp
from libs.contracts.events.experiments import ExperimentFinished

ExperimentState = Literal["queued", "running", "sealed", "finished"]


class ExperimentView(Model):
    """sealed: the ledger row is written and the sealed split is being used."""

    experiment_id: str
    proposal_id: str
    agent: str
    mining_run_id: str
    state: ExperimentState
    note: str = ""
    """Why it waits or was tried again."""
    queued_at: Timestamp
    started_at: Timestamp | None = None
    finished_at: Timestamp | None = None
    result: ExperimentFinished | None = None


class LedgerEntry(Model):
    """One use of the sealed split, written before its outcome was computed.

    void: replays were missing, so no outcome was computed and the level went back.
    Counts and p value are None for a caller without the scope `review`.
    """

    epoch: int
    test_number: int
    experiment_id: str
    proposal_id: str
    baseline_digest: str
    candidate_digest: str
    level: float
    n: int
    outcome: Literal["open", "accepted", "refused", "void"]
    wins: int | None = None
    losses: int | None = None
    p_value: float | None = None
    opened_at: Timestamp
    closed_at: Timestamp | None = None


class LedgerView(Model):
    """`GET /api/v1/ledger?agent=`: the sealed split in use now, and every use of it before.

    `level_next` is what the next test will be held to; None when the budget is used up, until
    enough fresh sealed examples came for a new epoch.
    """

    agent: str
    epoch: int
    policy: Literal["adaptive", "fallback"]
    budget: float
    spent: float
    tests_used: int
    tests_max: int
    level_next: float | None
    sealed_n: int
    sealed_groups: int
    entries: tuple[LedgerEntry, ...]
