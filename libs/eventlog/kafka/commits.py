"""What a group has committed, and a coordinator that cannot tell.

A coordinator that loads, or has moved, answers a question for offsets with an error for the whole
answer and no partitions. aiokafka 0.14 reads the partitions only: it takes each for one that the
group has never committed, starts it at its oldest record and commits there. A member whose
partitions changed while the broker restarted got everything again that the topic still held.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    NotCoordinatorForGroupError,
    for_code,
)
from aiokafka.protocol.commit import OffsetFetchRequest

from libs.eventlog.kafka.mending import wrap_once

MOVED = (GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError)
Send = Callable[[GroupCoordinator, Any], Awaitable[Any]]


def _heeding(send: Send) -> Send:
    async def send_and_check(coordinator: GroupCoordinator, request: Any) -> Any:
        answer = await send(coordinator, request)
        code = getattr(answer, "error_code", 0) if isinstance(request, OffsetFetchRequest) else 0
        if code:
            error = for_code(code)(f"the coordinator of {coordinator.group_id} tells no offsets")
            if isinstance(error, MOVED):
                coordinator.coordinator_dead()
            raise error
        return answer

    return send_and_check


def heed_coordinators() -> None:
    """For every consumer of this process; once is enough."""
    wrap_once(GroupCoordinator, "_send_req", _heeding)
