"""Rows to models. SQLite gives times without a zone: they are UTC."""

from datetime import UTC, datetime
from typing import Any

from libs.contracts.api import ChannelPointer, DecisionView, InstanceView
from libs.contracts.events import Canary, ConfigChannelMoved, ConfigReleased


def utc(value: datetime) -> datetime:
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _canary(value: Any) -> Canary | None:
    return Canary.model_validate(value) if value else None


def pointer(row: Any) -> ChannelPointer:
    return ChannelPointer(
        agent=row.agent,
        channel=row.channel,
        generation=row.generation,
        digest=row.digest,
        canary=_canary(row.canary),
        moved_at=utc(row.moved_at),
    )


def move(row: Any) -> ConfigChannelMoved:
    return ConfigChannelMoved(
        agent=row.agent,
        channel=row.channel,
        generation=row.generation,
        digest=row.digest,
        previous_digest=row.previous_digest,
        canary=_canary(row.canary),
        moved_by=row.moved_by,
        reason=row.reason,
        moved_at=utc(row.moved_at),
    )


def release(row: Any) -> ConfigReleased:
    return ConfigReleased(
        agent=row.agent,
        sequence=row.sequence,
        digest=row.digest,
        commit=row.commit,
        proposal_id=row.proposal_id,
        experiment_id=row.experiment_id,
        approved_by=row.approved_by,
        released_at=utc(row.released_at),
    )


def instance(row: Any) -> InstanceView:
    fields = {name: getattr(row, name) for name in InstanceView.model_fields}
    return InstanceView(**fields | {"reported_at": utc(row.reported_at)})


def decision(row: Any) -> DecisionView:
    fields = {name: getattr(row, name) for name in DecisionView.model_fields}
    return DecisionView(**fields | {"decided_at": utc(row.decided_at)})
