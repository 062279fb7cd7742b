"""Tests of candidates: `/api/v1/experiments` and `/api/v1/ledger` on experiments."""

import httpx
from pawl_sdk.bundle import is_name

from libs.clients.asking import Asking
from libs.contracts.api import ExperimentView, LedgerView, Page

PAGE = 500


class ExperimentsClient:
    """Verdicts and levels."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._asking = Asking("experiments", client)

    async def ledger(self, agent: str) -> LedgerView | None:
        """Every test of the agent's life, and what the next will be held to."""
        if not is_name(agent):  # a span may say anything
            return None
        return await self._asking.get(LedgerView, "/api/v1/ledger", {"agent": agent})

    async def experiment(self, experiment_id: str) -> ExperimentView | None:
        """One experiment with its report."""
        return await self._asking.get(ExperimentView, f"/api/v1/experiments/{experiment_id}")

    async def experiments(
        self, agent: str, mining_run_id: str | None = None
    ) -> list[ExperimentView]:
        """In the order in which they were queued."""
        found: list[ExperimentView] = []
        cursor: str | None = None
        while True:
            query = {"agent": agent, "mining_run_id": mining_run_id, "limit": PAGE}
            path = "/api/v1/experiments"
            page = await self._asking.get(Page[ExperimentView], path, query | {"cursor": cursor})
            found += page.items if page else ()
            cursor = page.next_cursor if page else None
            if cursor is None:
                return found
