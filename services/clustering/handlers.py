"""What was said of runs in, clusters out."""

import asyncio
from collections.abc import Sequence

from libs.clients import DatasetsClient, TracesClient
from libs.contracts.events import EvaluationRecorded, ExampleRecorded
from libs.contracts.topics import EVALUATION_RECORDED
from libs.eventlog import Record
from libs.facts import TooDeep, facts_of, flatten, storable
from libs.runtime import App, TransientError
from libs.runtime.batch_consumer import Refused, parsed
from libs.runtime.outage import why
from libs.runtime.tracing import cause_of, continuing
from libs.storage import Database
from services.clustering.adapters.clusters_sql import ClusterStore
from services.clustering.domain.find import Terms, find_clusters
from services.clustering.domain.lifecycle import advance
from services.clustering.domain.runs import last_runs

AGENT_CHARS_MAX = 200
EVALUATIONS_MAX = 500
"""Looked up with one query; SQL has a limit on parameters."""


class Handlers:
    """Each event only says that an agent changed; failed evaluations are kept with their facts."""

    def __init__(
        self, app: App, database: Database, store: ClusterStore, traces: TracesClient
    ) -> None:
        self._app = app
        self._database = database
        self._store = store
        self._traces = traces

    def subscribe(self) -> None:
        self._app.subscribe(ExampleRecorded, self.hear_example)
        self._app.subscribe_batch(
            EVALUATION_RECORDED,
            self.keep_failures,
            batch_max=EVALUATIONS_MAX,
            batch_wait_seconds=0.05,
        )

    async def hear_example(self, event: ExampleRecorded) -> None:
        """The review can be read already, and all before it."""
        async with self._database.transaction() as tx:
            await self._store.heard(tx, event.agent)
            await tx.remember(event.agent)

    async def keep_failures(self, records: Sequence[Record]) -> Sequence[Refused]:
        """Most evaluations passed and never failed: all of these cost one query together."""
        events, refused = parsed(records, EvaluationRecorded)
        told = [(cause_of(record), event) for record, event in events if _tells(event)]
        passed = [event.evaluation_id for _, event in told if event.passed is not False]
        known = await self._store.known_failures(passed)
        for cause, event in told:
            if event.passed is False or event.evaluation_id in known:
                await self._keep_failure(event, event.agent or "", cause)
                known.add(event.evaluation_id)  # a later revision of this batch may pass
        return refused

    async def _keep_failure(self, event: EvaluationRecorded, agent: str, cause: str) -> None:
        values = None
        if event.passed is False:
            values = await self._failure(event, agent)
        async with self._database.transaction() as tx:
            if values is not None:
                await self._store.save_failure(tx, values)
            elif not await self._store.drop_failure(tx, event.evaluation_id):
                return
            await self._store.heard(tx, agent)
            await tx.remember(agent, cause)

    async def _failure(self, event: EvaluationRecorded, agent: str) -> dict[str, object] | None:
        tree = await self._traces.tree(event.project, event.trace_id)
        if tree is None:
            raise TransientError(f"trace {event.trace_id} is not stored yet")
        try:
            facts = flatten(facts_of(tree))
        except TooDeep as error:  # no rule could name what it knew
            self._app.logger.warning("not kept", trace_id=event.trace_id, why=str(error))
            return None
        return {
            "evaluation_id": event.evaluation_id,
            "agent": agent,
            "trace_id": event.trace_id,
            "evaluator": event.evaluator,
            "explanation": storable(event.explanation),
            "facts": facts,
            "failed_at": event.evaluated_at.isoformat(),
        }


def _tells(event: EvaluationRecorded) -> bool:
    return event.status == "ok" and event.agent is not None and can_be_kept(event.agent)


class Refresher:
    """Finds the clusters of agents that changed, one agent at a time."""

    def __init__(
        self,
        app: App,
        store: ClusterStore,
        datasets: DatasetsClient,
        terms: Terms,
        trend_days: float,
    ) -> None:
        self._app = app
        self._store = store
        self._datasets = datasets
        self._terms = terms
        self._trend_days = trend_days
        self._turn = asyncio.Lock()

    async def refresh_waiting(self) -> None:
        """One agent that cannot be clustered now keeps no other waiting."""
        for agent in sorted(await self._store.waiting()):
            try:
                await self.refresh(agent)
            except Exception as error:
                self._app.logger.warning("not clustered", agent=agent, **why(error))

    async def refresh(self, agent: str) -> int:
        """Cluster everything heard so far; returns the number of runs that were looked at."""
        cause = await self._store.cause(agent)
        async with self._turn:
            with continuing(cause, "clustering refresh"):
                return await self._refresh(agent)

    async def _refresh(self, agent: str) -> int:
        changes = await self._store.changes(agent)
        runs = last_runs(await self._datasets.examples(agent))
        runs += await self._store.failures(agent)
        found = await asyncio.to_thread(find_clusters, agent, runs, self._terms)
        known = await self._store.known(agent)
        now = self._app.clock.now()
        changed = advance(agent, known, found, now, self._trend_days)
        await self._store.save(agent, changed, changes)
        return len(runs)


def can_be_kept(agent: str) -> bool:
    """Whether the text that spans give as an agent's name fits into the tables."""
    return 0 < len(agent) <= AGENT_CHARS_MAX and agent.isprintable()
