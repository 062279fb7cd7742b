"""The agent in service: each request is one run, one session, one trace."""

from typing import Any

from pawl_sdk.config import ConfigClient
from pydantic import BaseModel

from examples.procurement.agent.ids import run_ids, trace_id_of
from examples.procurement.agent.ledger import Ledger
from examples.procurement.agent.runner import RunInput, Runner
from examples.procurement.data.model import PurchaseRequest


class Answer(BaseModel):
    """`POST /requests`: the answer, what it was given and under which config."""

    run_id: str
    trace_id: str
    session_id: str
    answer: dict[str, Any]
    rule: str | None
    config_digest: str
    config_generation: int
    input: dict[str, Any]
    latency_ms: float


class Service:
    """Runs requests and keeps the departments' spend."""

    def __init__(self, runner: Runner, config: ConfigClient, ledger: Ledger) -> None:
        self._runner = runner
        self._config = config
        self._ledger = ledger

    async def answer(self, request: PurchaseRequest, run_id: str, period: str) -> Answer:
        """Run a request; an approval counts against the department's budget in this period."""
        committed = self._ledger.committed(period, request.department, request.id)
        asked = RunInput(**request.model_dump(), budget_committed=committed)
        session_id = f"session-{run_id}"
        with self._config.run(session_id) as snapshot, run_ids(run_id):
            ran = await self._runner.run(asked, snapshot, session_id)
        approved = request.amount if ran.answer["decision"] == "approve" else 0.0
        self._ledger.settle(period, request.department, request.id, approved)
        return Answer(
            run_id=run_id,
            trace_id=trace_id_of(run_id),
            session_id=session_id,
            answer=ran.answer,
            rule=ran.fired,
            config_digest=snapshot.digest,
            config_generation=snapshot.generation,
            input=asked.model_dump(mode="json"),
            latency_ms=ran.latency_ms,
        )
