"""`GET /api/v1/clusters` on clustering."""

from typing import Literal

from libs.contracts.base import Model, Timestamp
from libs.contracts.events.clusters import Condition


class ClusterView(Model):
    """`members` are trace ids, newest first."""

    cluster_id: str
    agent: str
    name: str
    status: Literal["open", "resolved"]
    failure: str
    conditions: tuple[Condition, ...]
    size: int
    trend_per_day: float
    members: tuple[str, ...]
    revision: int
    first_seen_at: Timestamp
    updated_at: Timestamp
