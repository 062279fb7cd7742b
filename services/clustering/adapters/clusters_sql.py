"""Agents, failures and clusters in SQL."""

from collections.abc import Sequence

from sqlalchemy import delete, select

from libs.contracts.api import ClusterView
from libs.facts import Flat
from libs.storage import Database, Transaction, upsert
from services.clustering.domain.lifecycle import Known, to_event
from services.clustering.domain.runs import Run, telling
from services.clustering.tables import AGENTS, CLUSTERS, FAILURES


class ClusterStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def heard(self, tx: Transaction, agent: str) -> None:
        """Something new is known of the agent: its clusters are to be found again."""
        row = (await tx.execute(select(AGENTS).where(AGENTS.c.agent == agent))).first()
        changes, clustered = (row.changes + 1, row.clustered) if row else (1, 0)
        values = {"agent": agent, "changes": changes, "clustered": clustered}
        await tx.execute(upsert(tx.connection, AGENTS, **values))

    async def waiting(self) -> dict[str, int]:
        """Agents whose clusters are behind, with the number of changes heard so far."""
        query = select(AGENTS).where(AGENTS.c.clustered < AGENTS.c.changes)
        async with self._database.read() as connection:
            return {row.agent: row.changes for row in await connection.execute(query)}

    async def changes(self, agent: str) -> int:
        query = select(AGENTS.c.changes).where(AGENTS.c.agent == agent)
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar() or 0

    async def cause(self, agent: str) -> str:
        """The trace in which the agent was heard of last."""
        return await self._database.cause(agent)

    async def save_failure(self, tx: Transaction, values: dict[str, object]) -> None:
        await tx.execute(upsert(tx.connection, FAILURES, **values))

    async def drop_failure(self, tx: Transaction, evaluation_id: str) -> bool:
        """True when it was known: a later revision of the trace no longer fails."""
        gone = delete(FAILURES).where(FAILURES.c.evaluation_id == evaluation_id)
        return (await tx.execute(gone)).rowcount > 0

    async def known_failures(self, evaluation_ids: Sequence[str]) -> set[str]:
        """Those of the given evaluations that failed in an earlier revision."""
        query = select(FAILURES.c.evaluation_id).where(FAILURES.c.evaluation_id.in_(evaluation_ids))
        async with self._database.read() as connection:
            return {row.evaluation_id for row in await connection.execute(query)}

    async def failures(self, agent: str) -> list[Run]:
        """Failed evaluations as runs."""
        query = select(FAILURES).where(FAILURES.c.agent == agent)
        async with self._database.read() as connection:
            rows = list(await connection.execute(query))
        return [
            Run(
                key=f"{row.evaluator}:{row.trace_id}",
                trace_id=row.trace_id,
                failure=f"evaluation:{row.evaluator}",
                facts=telling(_flat(row.facts)),
            )
            for row in rows
        ]

    async def known(self, agent: str) -> list[Known]:
        query = select(CLUSTERS).where(CLUSTERS.c.agent == agent)
        async with self._database.read() as connection:
            rows = list(await connection.execute(query.order_by(CLUSTERS.c.cluster_id)))
        return [Known(ClusterView.model_validate(row.view), tuple(row.keys)) for row in rows]

    async def save(self, agent: str, changed: list[Known], changes: int) -> None:
        """The new state, its events, and how much of what was heard it covers: together."""
        async with self._database.transaction() as tx:
            for one in changed:
                view = one.view.model_dump(mode="json")
                values = {"agent": agent, "cluster_id": one.view.cluster_id, "view": view}
                await tx.execute(upsert(tx.connection, CLUSTERS, **values, keys=list(one.keys)))
                await tx.publish(to_event(one))
            done = AGENTS.update().where(AGENTS.c.agent == agent).values(clustered=changes)
            await tx.execute(done)
            await tx.forget_causes([agent])

    async def list(self, agent: str | None) -> list[ClusterView]:
        """Open ones first, then by size."""
        query = select(CLUSTERS.c.view)
        if agent is not None:
            query = query.where(CLUSTERS.c.agent == agent)
        async with self._database.read() as connection:
            views = [
                ClusterView.model_validate(row.view) for row in await connection.execute(query)
            ]
        return sorted(views, key=lambda one: (one.status != "open", -one.size, one.cluster_id))

    async def get(self, cluster_id: str) -> ClusterView | None:
        query = select(CLUSTERS.c.view).where(CLUSTERS.c.cluster_id == cluster_id)
        async with self._database.read() as connection:
            view = (await connection.execute(query)).scalar()
        return ClusterView.model_validate(view) if view else None


def _flat(facts: dict[str, object]) -> Flat:
    """JSON has no tuples: lists were tuples before they were stored."""
    return {
        key: tuple(value) if isinstance(value, list) else value  # type: ignore[misc]
        for key, value in facts.items()
    }
