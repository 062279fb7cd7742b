"""The newest status of each running agent."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.contracts.api import InstanceView
from libs.contracts.events import AgentStatusReported
from libs.storage import Transaction, upsert
from services.runtime_config.adapters import rows
from services.runtime_config.tables import INSTANCES


async def write_status(tx: Transaction, status: AgentStatusReported) -> None:
    """Keep it and tell the others."""
    fields = {name: getattr(status, name) for name in InstanceView.model_fields}
    await tx.execute(upsert(tx.connection, INSTANCES, **fields))
    await tx.publish(status)


async def read_instances(
    connection: AsyncConnection, agent: str, after: str | None, limit: int
) -> list[InstanceView]:
    query = select(INSTANCES).where(INSTANCES.c.agent == agent)
    if after is not None:
        query = query.where(INSTANCES.c.instance_id > after)
    query = query.order_by(INSTANCES.c.instance_id).limit(limit)
    return [rows.instance(row) for row in await connection.execute(query)]


async def forget_silent(tx: Transaction, before: datetime) -> None:
    """Instances that said nothing since: ids are seldom used twice."""
    await tx.execute(delete(INSTANCES).where(INSTANCES.c.reported_at < before))
