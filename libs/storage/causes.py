"""What caused work that waits in a table: the trace context between one event and the next.

A row a subject, e.g. an agent whose clusters are to be found again. Without an exporter of Pawl's
own spans nothing is written or read.
"""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import ColumnElement, and_, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.runtime.tracing import exports, is_sampled
from libs.storage.tables import CAUSES
from libs.storage.upsert import upsert_each

SUBJECTS_MAX = 500
"""In one query."""


class Causes:
    """Of one service."""

    def __init__(self, service: str) -> None:
        self._service = service

    async def remember(self, connection: AsyncConnection, by_subject: Mapping[str, str]) -> None:
        """One that is not sampled is not kept."""
        if not exports():
            return
        rows = [
            {"service": self._service, "subject": subject, "traceparent": cause}
            for subject, cause in sorted(by_subject.items())
            if is_sampled(cause)
        ]
        if rows:
            await connection.execute(upsert_each(connection, CAUSES), rows)

    async def read(self, connection: AsyncConnection, subjects: Collection[str]) -> dict[str, str]:
        """Of those subjects that have a cause."""
        found: dict[str, str] = {}
        for part in _parts(subjects):
            query = select(CAUSES.c.subject, CAUSES.c.traceparent).where(self._are(part))
            found |= {row.subject: row.traceparent for row in await connection.execute(query)}
        return found

    async def forget(self, connection: AsyncConnection, subjects: Collection[str]) -> None:
        """What they waited for is done."""
        for part in _parts(subjects):
            await connection.execute(delete(CAUSES).where(self._are(part)))

    def _are(self, subjects: Sequence[str]) -> ColumnElement[bool]:
        return and_(CAUSES.c.service == self._service, CAUSES.c.subject.in_(subjects))


def _parts(subjects: Collection[str]) -> list[list[str]]:
    """In a fixed order, so that no two writers deadlock; none at all without an exporter."""
    ordered = sorted(subjects) if exports() else []
    return [ordered[at : at + SUBJECTS_MAX] for at in range(0, len(ordered), SUBJECTS_MAX)]
