"""`/api/v1/mining-runs` on miner."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from libs.contracts.base import Model, Timestamp


class MiningRunStarted(Model):
    """`POST /api/v1/mining-runs`: mine this agent's open clusters now. Same id twice: one run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agent: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
    mining_run_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,200}$")] | None = None


class MiningRunView(Model):
    """`settled` once every proposal of the run has a verdict and every accepted one a decision."""

    mining_run_id: str
    agent: str
    state: Literal["running", "drafted", "settled", "failed"]
    author: Literal["statistical", "claude"]
    base_digest: str | None
    proposal_ids: tuple[str, ...]
    note: str = ""
    started_at: Timestamp
    finished_at: Timestamp | None = None
