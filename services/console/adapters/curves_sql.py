"""The console's own tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from libs.contracts.api import ExampleCounts, LoopReport
from libs.storage import Database, upsert
from services.console.domain.agreement import Counted
from services.console.tables import AGREEMENT, LOOP_REPORTS


@dataclass(frozen=True)
class StoredReport:
    """A report and when it was put last."""

    run: str
    agent: str
    report: LoopReport
    updated_at: datetime


class Curves:
    """Agreement under each config, and reports of runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def remember(self, counts: ExampleCounts, now: datetime) -> None:
        """Keep the fullest count of each config: examples move on to the next one."""
        row = _row(counts, now)
        if row is None:
            return
        known = {one.digest: one for one in await self.counted(counts.agent)}
        if not _is_news(row, known.get(row["digest"])):
            return  # nothing is written, and so nothing synced to disk, while nothing changes
        async with self._database.transaction() as tx:
            await tx.execute(upsert(tx.connection, AGREEMENT, **row))

    async def counted(self, agent: str) -> Sequence[Counted]:
        """Everything remembered of an agent."""
        query = select(AGREEMENT).where(AGREEMENT.c.agent == agent)
        async with self._database.read() as connection:
            rows = list(await connection.execute(query))
        return [Counted(row.digest, row.n, row.correct, row.ci_low, row.ci_high) for row in rows]

    async def put_report(self, run: str, agent: str, report: LoopReport, now: datetime) -> None:
        """The newest put of a run replaces the one before."""
        row = {"run": run, "agent": agent, "report": report.model_dump_json(), "updated_at": now}
        async with self._database.transaction() as tx:
            await tx.execute(upsert(tx.connection, LOOP_REPORTS, **row))

    async def report(self, run: str) -> StoredReport | None:
        """One run's report."""
        query = select(LOOP_REPORTS).where(LOOP_REPORTS.c.run == run)
        async with self._database.read() as connection:
            rows = list(await connection.execute(query))
        return _stored(rows[0]) if rows else None

    async def reports(self, agent: str, limit: int = 20) -> Sequence[StoredReport]:
        """Reports of an agent, newest first."""
        query = select(LOOP_REPORTS).where(LOOP_REPORTS.c.agent == agent)
        query = query.order_by(LOOP_REPORTS.c.updated_at.desc()).limit(limit)
        async with self._database.read() as connection:
            rows = list(await connection.execute(query))
        return [_stored(row) for row in rows]


def _row(counts: ExampleCounts, now: datetime) -> dict[str, Any] | None:
    if counts.config_digest is None or not counts.n:
        return None
    return {
        "agent": counts.agent,
        "digest": counts.config_digest,
        "n": counts.n,
        "correct": counts.correct,
        "ci_low": counts.ci_low or 0.0,
        "ci_high": 1.0 if counts.ci_high is None else counts.ci_high,
        "counted_at": now,
    }


def _is_news(row: dict[str, Any], before: Counted | None) -> bool:
    if before is None:
        return True
    return row["n"] >= before.n and (row["n"], row["correct"]) != (before.n, before.correct)


def _stored(row: Any) -> StoredReport:
    at: datetime = row.updated_at
    return StoredReport(
        run=row.run,
        agent=row.agent,
        report=LoopReport.model_validate_json(row.report),
        updated_at=at if at.tzinfo else at.replace(tzinfo=UTC),
    )
