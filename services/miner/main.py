"""Wires the miner."""

import asyncio
import os
import uuid
from collections.abc import Mapping

from libs.clients.clusters import ClustersClient
from libs.clients.datasets import DatasetsClient
from libs.clients.review_gate import ReviewGateClient
from libs.contracts.events import ProposalDrafted
from libs.llm.settings import LlmSettings, is_configured
from libs.runtime import App, Deps
from libs.runtime.serve import run
from libs.runtime.settings import load_settings
from libs.storage import Database
from services.miner.adapters.platform import Platform
from services.miner.adapters.runs_sql import RunStore
from services.miner.api import build_router
from services.miner.domain.brief import Brief
from services.miner.domain.drafting import draft_statistically
from services.miner.handlers import Drafter, Handlers, Worker
from services.miner.settings import MinerSettings


class StatisticalDrafter:
    """No model: a learner of decision lists, off the event loop."""

    author = "statistical"

    async def draft(self, brief: Brief) -> list[ProposalDrafted]:
        return await asyncio.to_thread(draft_statistically, brief)


def build(deps: Deps) -> App:
    """The service `miner`."""
    settings = load_settings(MinerSettings)
    app = App("miner", deps)
    database = Database.for_service(app, "services.miner.migrations")
    runs = RunStore(database)
    Handlers(app, database, runs).subscribe()
    platform = Platform(
        ClustersClient(app.client("clustering")),
        DatasetsClient(app.client("datasets")),
        ReviewGateClient(app.client("review_gate")),
    )
    worker = Worker(
        app, runs, platform, drafter_for(os.environ), settings, lambda: uuid.uuid4().hex
    )
    app.every(settings.poll_seconds, worker.work)
    app.api.include_router(build_router(runs, worker))
    return app


def drafter_for(environment: Mapping[str, str]) -> Drafter:
    """With a model only where one is configured: the imports are heavy, and an extra."""
    if not is_configured(environment):
        return StatisticalDrafter()
    from libs.llm.client import Claude
    from services.miner.adapters.claude import ClaudeDrafter

    settings = load_settings(LlmSettings)
    return ClaudeDrafter(lambda: Claude(settings))


if __name__ == "__main__":
    run(build)
