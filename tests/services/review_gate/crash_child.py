"""Runs the whole way of one proposal and dies by SIGKILL at one write to the gate's record."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from libs.testkit.proposals import drafted, finished
from services.review_gate.adapters.reviews_sql import SqlReviews
from tests.services.review_gate.gatehouse import gatehouse


def die_at(point: str, record: type = SqlReviews) -> None:
    """`before:settle` dies instead of the write, `after:claim` right after it."""
    when, _, name = point.partition(":")
    real = getattr(record, name)

    async def deadly(self: Any, *arguments: Any) -> Any:
        if when == "after":
            await real(self, *arguments)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(record, name, deadly)


async def whole_way(home: Path, listener: str) -> tuple[dict[str, Any], list[str]]:
    """Import, draft, verdict, approval; safe to run again. The proposal and all decisions."""
    async with gatehouse(home, listener=listener) as gate:
        first = await gate.import_config()
        first.raise_for_status()
        root = await gate.api.get("/api/v1/proposals")
        known = root.json()["items"]
        base = known[0]["proposal"]["base_commit"] if known else first.json()["commit"]
        draft = drafted(base)
        await gate.send(draft)
        await gate.send(finished(draft))
        view = await gate.in_state(draft.proposal_id, "open", "approved")
        answer = await gate.decide(view, "approve")
        answer.raise_for_status()
        said = [event.natural_id() for event in await gate.said(2)]
        return answer.json(), said


if __name__ == "__main__":
    die_at(sys.argv[2])
    asyncio.run(whole_way(Path(sys.argv[1]), "before-the-crash"))
    sys.exit("the deadly write was never reached")
