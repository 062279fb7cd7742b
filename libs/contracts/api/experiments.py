"""`/api/v1/experiments` and `/api/v1/ledger` on experiments."""

from typing import Literal

from libs.contracts.base import Model, Timestamp
from libs.contracts.events.experiments import EvidenceKind, EvidenceResult, ExperimentFinished

ExperimentState = Literal["queued", "running", "gathering", "finished"]


class ExperimentView(Model):
    """gathering: the candidate is frozen and is judged by the reviews that come from now on."""

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
    evidence: EvidenceResult | None = None
    """How far a test that gathers evidence has come."""
    result: ExperimentFinished | None = None


TestOutcome = Literal["open", "promoted", "confirmed", "refused", "ended"]


class LedgerEntry(Model):
    """One sequential test, written down with its level before anything was compared.

    confirmed: what was promoted on procedure evidence has passed its exact test on live traffic;
    it is the same promotion, counted once. ended: neither passed nor refused, as when what it
    compared with was no longer served; its level is spent all the same, unless no review counted.
    """

    test_number: int
    kind: EvidenceKind
    experiment_id: str | None
    baseline_digest: str
    candidate_digest: str | None
    """None for the procedure of an era: it has many candidates."""
    level: float
    promoted_before: int
    outcome: TestOutcome
    evidence: EvidenceResult | None = None
    opened_at: Timestamp
    closed_at: Timestamp | None = None


class LedgerView(Model):
    """`GET /api/v1/ledger?agent=`: every test of the agent's life, and what the next is held to."""

    agent: str
    budget: float
    promotions: int
    level_next_exact: float
    level_next_procedure: float
    entries: tuple[LedgerEntry, ...]
