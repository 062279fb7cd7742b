"""Failures with one cause."""

from typing import Literal

from pydantic import JsonValue

from libs.contracts.base import Event, Model, Timestamp


class Condition(Model):
    """One fact that the members share, e.g. request.department eq "Security".

    `contains` asks a text for a word or, with `of_list`, a list for an entry; `percent_ge` asks a
    text for a percentage of at least `value`; `missing` asks whether the fact is absent or null.
    """

    fact: str
    op: Literal[
        "eq", "ne", "ge", "lt", "in", "contains", "percent_ge", "size_ge", "size_lt", "missing"
    ]
    value: JsonValue
    of_list: bool = False


class ClusterUpdated(Event):
    """The state of a cluster after a change. Members come only from the mine split."""

    cluster_id: str
    agent: str
    name: str
    status: Literal["open", "resolved"]
    failure: str
    """What went wrong, in one token, e.g. `override:flag-for-review->approve`."""
    conditions: tuple[Condition, ...] = ()
    size: int
    trend_per_day: float = 0.0
    exemplars: tuple[str, ...] = ()
    revision: int
    updated_at: Timestamp

    def natural_id(self) -> str:
        return f"cluster:{self.cluster_id}:{self.revision}"

    def partition_key(self) -> str:
        return self.cluster_id
