"""What becomes of clusters from one look to the next: kept ids, revisions, resolution."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.contracts.api import ClusterView
from libs.contracts.events import ClusterUpdated
from services.clustering.domain.find import Found

OVERLAP_MIN = 0.5
EXEMPLARS_MAX = 5
SECONDS_PER_DAY = 86_400.0


@dataclass(frozen=True)
class Known:
    """A cluster as remembered; `keys` are its members as examples."""

    view: ClusterView
    keys: tuple[str, ...]


def advance(
    agent: str,
    known: Sequence[Known],
    found: Sequence[Found],
    now: datetime,
    trend_days: float,
) -> list[Known]:
    """Clusters that changed, with their next revision. What is not found any more is resolved."""
    by_id = {one.view.cluster_id: one for one in known}
    matched = _match(by_id, found)
    changed: list[Known] = []
    for one, cluster_id in matched:
        changed += _updated(agent, by_id.get(cluster_id), cluster_id, one, now, trend_days)
    kept = {cluster_id for _, cluster_id in matched}
    for cluster_id, before in by_id.items():
        if cluster_id not in kept and before.view.status == "open":
            fields = {"status": "resolved", "size": 0, "members": (), "updated_at": now}
            revision = {"revision": before.view.revision + 1, "trend_per_day": 0.0}
            changed.append(Known(before.view.model_copy(update=fields | revision), ()))
    return changed


def _match(known: Mapping[str, Known], found: Iterable[Found]) -> list[tuple[Found, str]]:
    """Keep an id while the cause is the same, or most members are and the failure is."""
    found = list(found)
    taken = {one.cluster_id for one in found if one.cluster_id in known}
    matched = []
    for one in found:
        cluster_id = one.cluster_id
        if cluster_id not in known:
            keys = {run.key for run in one.members}
            rivals = [
                (_overlap(keys, before.keys), candidate)
                for candidate, before in known.items()
                if candidate not in taken
                and before.view.status == "open"
                and before.view.failure == one.failure
            ]
            overlap, candidate = max(rivals, default=(0.0, ""))
            if overlap >= OVERLAP_MIN:
                cluster_id = candidate
                taken.add(candidate)
        matched.append((one, cluster_id))
    return matched


def _overlap(left: set[str], right: Sequence[str]) -> float:
    union = left | set(right)
    return len(left & set(right)) / len(union) if union else 0.0


def _updated(
    agent: str,
    before: Known | None,
    cluster_id: str,
    found: Found,
    now: datetime,
    trend_days: float,
) -> list[Known]:
    keys = tuple(run.key for run in found.members)
    members = tuple(run.trace_id for run in reversed(found.members))
    size_before = len(before.keys) if before else 0
    view = ClusterView(
        cluster_id=cluster_id,
        agent=agent,
        name=found.name,
        status="open",
        failure=found.failure,
        conditions=found.conditions,
        size=len(keys),
        trend_per_day=_trend(before, len(keys) - size_before, now, trend_days),
        members=members,
        revision=before.view.revision + 1 if before else 1,
        first_seen_at=before.view.first_seen_at if before else now,
        updated_at=now,
    )
    if before and _same(before.view, view):
        return []
    return [Known(view, keys)]


def _same(before: ClusterView, after: ClusterView) -> bool:
    fields = ("name", "status", "failure", "conditions", "members")
    return all(getattr(before, field) == getattr(after, field) for field in fields)


def _trend(before: Known | None, grown: int, now: datetime, trend_days: float) -> float:
    """Growth a day, smoothed over `trend_days`; the time between two looks is the weight."""
    if before is None:
        return 0.0
    days = (now - before.view.updated_at).total_seconds() / SECONDS_PER_DAY
    weight = min(1.0, days / trend_days)
    rate = grown / max(days, 1.0)
    return round(before.view.trend_per_day * (1 - weight) + rate * weight, 4)


def to_event(known: Known) -> ClusterUpdated:
    """What other services hear of it."""
    view = known.view
    return ClusterUpdated(
        cluster_id=view.cluster_id,
        agent=view.agent,
        name=view.name,
        status=view.status,
        failure=view.failure,
        conditions=view.conditions,
        size=view.size,
        trend_per_day=view.trend_per_day,
        exemplars=view.members[:EXEMPLARS_MAX],
        revision=view.revision,
        updated_at=view.updated_at,
    )
