"""Revisions of traces that the working table has forgotten."""

from collections.abc import Sequence
from dataclasses import replace

from libs.storage.clickhouse import ClickHouse
from services.traces.domain.completion import TraceKey, Tracked

SQL = """
    SELECT project, lower(hex(trace_id)), revision, fingerprint FROM completions FINAL
    WHERE project IN {projects:Array(String)}
      AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({ids:Array(String)})), 16))"""


async def past_revisions(store: ClickHouse, tracked: Sequence[Tracked]) -> list[Tracked]:
    """The same traces; those without a revision get the last one published long ago."""
    unknown = [one.key for one in tracked if not one.revision]
    if not unknown:
        return list(tracked)
    parameters = {
        "projects": sorted({key.project for key in unknown}),
        "ids": [key.trace_id for key in unknown],
    }
    past = {
        TraceKey(project, trace_id): (revision, fingerprint)
        for project, trace_id, revision, fingerprint in await store.rows(SQL, parameters)
    }
    return [
        replace(one, revision=past[one.key][0], fingerprint=past[one.key][1])
        if not one.revision and one.key in past
        else one
        for one in tracked
    ]
