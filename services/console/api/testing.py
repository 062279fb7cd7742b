"""How far the tests of proposals are that have no verdict yet."""

import asyncio
from collections.abc import Mapping, Sequence

from libs.contracts.api import ExperimentView, ProposalView
from services.console.adapters.views import Experiments
from services.console.api.door import Viewer

RUNS_MAX = 8


async def tests_of(viewer: Viewer, views: Sequence[ProposalView]) -> Mapping[str, ExperimentView]:
    """By proposal its newest experiment; nothing while `experiments` does not answer."""
    waiting = [view.proposal for view in views if view.experiment is None]
    runs = list(dict.fromkeys((one.agent, one.mining_run_id) for one in waiting))[:RUNS_MAX]
    found = await asyncio.gather(*(_of_run(viewer, agent, run) for agent, run in runs))
    return {one.proposal_id: one for those in found for one in those}


async def _of_run(viewer: Viewer, agent: str, run: str) -> Sequence[ExperimentView]:
    got = await viewer.platform.get(
        "experiments",
        "/api/v1/experiments",
        Experiments,
        agent=agent,
        mining_run_id=run,
        limit=1000,
    )
    return got.value.items if got.value else ()
