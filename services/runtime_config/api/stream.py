"""Server-sent events: the current pointer first, then each move, heartbeats in between."""

from collections.abc import AsyncIterator

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from libs.contracts.api import ChannelPointer
from libs.runtime.problems import problem_responses
from services.runtime_config.adapters.channels import Channels
from services.runtime_config.adapters.hub import Hub
from services.runtime_config.api.parameters import Agent, Channel, Reader
from services.runtime_config.api.problems import as_http
from services.runtime_config.metrics import RegistryMetrics

HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
HEARTBEAT = b": alive\n\n"


def stream_router(
    channels: Channels, hub: Hub, metrics: RegistryMetrics, heartbeat_seconds: float
) -> APIRouter:
    router = APIRouter(prefix="/api/v1/agents/{agent}/channels", tags=["channels"])

    @router.get(
        "/{channel}/stream",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {}}}, **problem_responses(404, 422)},
    )
    async def stream(reader: Reader, agent: Agent, channel: Channel) -> StreamingResponse:
        """Events `pointer`, each with the channel pointer as JSON."""
        with as_http():
            await channels.current(agent, channel)
        return StreamingResponse(
            _events(agent, channel), media_type="text/event-stream", headers=HEADERS
        )

    async def _events(agent: str, channel: str) -> AsyncIterator[bytes]:
        key, generation = (agent, channel), 0
        pointer = await hub.join(key)
        metrics.streams.inc()
        try:
            while not hub.closed:
                if pointer is not None:
                    generation = pointer.generation
                yield _event(pointer) if pointer else HEARTBEAT
                pointer = await hub.next(key, generation, heartbeat_seconds)
        finally:
            hub.leave(key)
            metrics.streams.dec()

    return router


def _event(pointer: ChannelPointer) -> bytes:
    return (
        f"id: {pointer.generation}\nevent: pointer\ndata: {pointer.model_dump_json()}\n\n".encode()
    )
