"""A store under load, to be killed: `python -m tests.services.traces.crash_child HOME FIRST`.

Prints the number of each trace whose spans the log has acknowledged.
"""

import asyncio
import os
import sys
from itertools import count
from pathlib import Path

from tests.services.traces.harness import Service, make_span, open_service

SPANS_A_TRACE = 4


async def send_trace(service: Service, number: int) -> None:
    """Two records: the children, then the root with one child again."""
    base = number * SPANS_A_TRACE
    children = [
        make_span(base + n, trace=number, parent=base, name=f"step{n}", start_ms=n)
        for n in range(1, SPANS_A_TRACE)
    ]
    await service.send(*children)
    await service.send(make_span(base, trace=number, name="root", duration_ms=9), children[0])


async def main(home: Path, first: int) -> None:
    os.environ["PAWL_TRACES_QUIET_SECONDS"] = "0.2"
    os.environ["PAWL_TRACES_BATCH_RECORDS_MAX"] = "40"
    async with open_service(home) as service:
        for number in count(first):
            await send_trace(service, number)
            print(number, flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
