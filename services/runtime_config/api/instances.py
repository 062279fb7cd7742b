"""Running agents: what they report, and who is there."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from libs.contracts.api import InstanceView, Page, StatusReport
from libs.contracts.events import AgentStatusReported
from libs.runtime import Clock
from libs.runtime.problems import problem_responses
from libs.storage import Database
from services.runtime_config.adapters.instances_sql import read_instances, write_status
from services.runtime_config.api.parameters import Agent, InstanceId, Limit, Reader, Sender
from services.runtime_config.metrics import RegistryMetrics

Cursor = Annotated[str | None, Query(max_length=200)]


def instances_router(database: Database, clock: Clock, metrics: RegistryMetrics) -> APIRouter:
    router = APIRouter(
        prefix="/api/v1/agents/{agent}/instances",
        tags=["instances"],
        responses=problem_responses(422),
    )

    @router.post("/{instance_id}/status", status_code=202, response_class=Response)
    async def report_status(
        sender: Sender, agent: Agent, instance_id: InstanceId, report: StatusReport
    ) -> Response:
        """ACK or NACK; stored and on its way to the others when this answers."""
        status = AgentStatusReported(
            agent=agent,
            instance_id=instance_id,
            reported_at=clock.now(),
            **report.model_dump(),
        )
        async with database.transaction() as tx:
            await write_status(tx, status)
        metrics.reports.labels(report.state).inc()
        return Response(status_code=202)

    @router.get("")
    async def list_instances(
        reader: Reader, agent: Agent, cursor: Cursor = None, limit: Limit = 50
    ) -> Page[InstanceView]:
        """By id, each with its newest status."""
        async with database.read() as connection:
            found = await read_instances(connection, agent, cursor, limit + 1)
        more = found[limit - 1].instance_id if len(found) > limit else None
        return Page(items=tuple(found[:limit]), next_cursor=more)

    return router
