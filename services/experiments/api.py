"""`/api/v1/examples`, `/api/v1/experiments` and `/api/v1/ledger`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.exceptions import HTTPException

from libs.contracts.api import (
    ExampleCounts,
    ExampleView,
    ExperimentView,
    LedgerEntry,
    LedgerView,
    Page,
)
from libs.contracts.api.examples import SplitCount
from libs.contracts.sealed import without_sealed
from libs.runtime.auth import Principal, check_agent, require
from libs.runtime.problems import problem_responses
from libs.stats.intervals import wilson
from services.experiments.adapters.examples_sql import ExampleStore, SplitTotal
from services.experiments.adapters.ledger_sql import LedgerStore
from services.experiments.adapters.pending_sql import PendingStore
from services.experiments.adapters.queue_sql import QueueStore

Reader = Annotated[Principal, Depends(require("read"))]
Agent = Annotated[str, Query(min_length=1, max_length=100)]
Limit = Annotated[int, Query(ge=1, le=1000)]
Cursor = Annotated[str, Query(max_length=200)]


def build_router(
    examples: ExampleStore, pending: PendingStore, queue: QueueStore, ledger: LedgerStore
) -> APIRouter:
    """Every answer holds only what the caller's agents and projects allow."""
    router = APIRouter(prefix="/api/v1", tags=["experiments"])
    _add_examples(router, examples, pending)
    _add_experiments(router, queue)
    _add_ledger(router, examples, ledger)
    return router


def _add_examples(router: APIRouter, examples: ExampleStore, pending: PendingStore) -> None:
    @router.get("/examples", responses=problem_responses(422))
    async def list_examples(
        caller: Reader, agent: Agent, cursor: Cursor = "", limit: Limit = 200
    ) -> Page[ExampleView]:
        """Labelled examples of the mine split; the other splits are never listed."""
        check_agent(caller, agent)
        found = await examples.mined(agent, caller.projects, cursor, limit + 1)
        more = len(found) > limit
        page = tuple(found[:limit])
        return Page(items=page, next_cursor=page[-1].example_key if more else None)

    @router.get("/examples/counts", responses=problem_responses(422))
    async def count_examples(
        caller: Reader, agent: Agent, config_digest: str | None = None
    ) -> ExampleCounts:
        """Agreement per split with 95 % intervals (Wilson). Sealed figures take scope `review`."""
        check_agent(caller, agent)
        totals = await examples.totals(agent, config_digest, caller.projects)
        return ExampleCounts(
            agent=agent,
            config_digest=config_digest,
            pending=await pending.count(agent, caller.projects),
            pending_because=await pending.reasons(agent, caller.projects),
            splits=tuple(_split_count(total, caller) for total in totals),
        )


def _split_count(total: SplitTotal, caller: Principal) -> SplitCount:
    hidden = total.split == "sealed" and not caller.may("review")
    if hidden or total.n == 0:
        correct = None if hidden else 0
        return SplitCount(
            split=total.split, n=total.n, correct=correct, agreement=None, ci_low=None, ci_high=None
        )
    interval = wilson(total.correct, total.n)
    return SplitCount(
        split=total.split,
        n=total.n,
        correct=total.correct,
        agreement=total.correct / total.n,
        ci_low=interval.low,
        ci_high=interval.high,
    )


def _add_experiments(router: APIRouter, queue: QueueStore) -> None:
    @router.get("/experiments", responses=problem_responses(422))
    async def list_experiments(
        caller: Reader,
        agent: Annotated[str | None, Query(max_length=100)] = None,
        mining_run_id: Annotated[str | None, Query(max_length=200)] = None,
        cursor: Annotated[int, Query(ge=0, le=2**53)] = 0,
        limit: Limit = 100,
    ) -> Page[ExperimentView]:
        """Experiments in the order in which they were queued."""
        found = await queue.list(caller.agents_of(agent), mining_run_id, cursor, limit + 1)
        page = found[:limit]
        return Page(
            items=tuple(_visible(view, caller) for _, view in page),
            next_cursor=str(page[-1][0]) if len(found) > limit else None,
        )

    @router.get("/experiments/{experiment_id}", responses=problem_responses(404, 422))
    async def get_experiment(caller: Reader, experiment_id: str) -> ExperimentView:
        """One experiment with its whole report."""
        view = await queue.get(experiment_id)
        if view is None or not caller.allows_agent(view.agent):
            raise HTTPException(404, f"there is no experiment {experiment_id}")
        return _visible(view, caller)


def _visible(view: ExperimentView, caller: Principal) -> ExperimentView:
    if view.result is None or caller.may("review"):
        return view
    return view.model_copy(update={"result": without_sealed(view.result)})


def _add_ledger(router: APIRouter, examples: ExampleStore, ledger: LedgerStore) -> None:
    @router.get("/ledger", responses=problem_responses(404, 422))
    async def read_ledger(caller: Reader, agent: Agent) -> LedgerView:
        """What is left of the alpha budget, and every use of the sealed split."""
        check_agent(caller, agent)
        account = await ledger.account(agent)
        size = await examples.sealed_size(agent, account.epoch)
        level = account.next_level
        return LedgerView(
            agent=agent,
            epoch=account.epoch,
            policy=account.budget.policy,
            budget=account.budget.budget,
            spent=account.budget.spent_after(account.history),
            tests_used=len(account.history),
            tests_max=account.budget.tests_max,
            level_next=level.level if level else None,
            sealed_n=size.n,
            sealed_groups=size.groups,
            entries=tuple(_shown(entry, caller) for entry in await ledger.entries(agent)),
        )


def _shown(entry: LedgerEntry, caller: Principal) -> LedgerEntry:
    """A miner's key sees the bit that the alpha budget allows for, and no more."""
    if caller.may("review"):
        return entry
    return entry.model_copy(update={"wins": None, "losses": None, "p_value": None})
