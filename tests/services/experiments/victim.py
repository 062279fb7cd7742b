"""A process that runs an experiment up to a point, says so, and waits to be killed.

`python -m tests.services.experiments.victim HOME REPLAY_REQUEST`
"""

import asyncio
import sys
from pathlib import Path

from libs.contracts.events import ProposalDrafted
from tests.services.experiments.bench import Bench, gathering
from tests.services.experiments.world import MARKETING, SECURITY, USELESS, World, proposal

EDITS = [SECURITY, USELESS, MARKETING]
REQUESTS = range(60)
FRESH = [number for number in range(1000, 1018) if number % 2]
"""Nine reviews on which the candidate is right and the incumbent is not."""
GATHERING = 0
"""Instead of the number of a replay request: while the reviews are judged that came later."""


class Gate:
    """Stops the agent at its nth replay request and says so."""

    def __init__(self, world: World, at: int) -> None:
        self.reached = asyncio.Event()
        self._left = at
        world.before_replay = self._wait

    async def _wait(self, digest: str) -> None:
        self._left -= 1
        if self._left <= 0:
            self.reached.set()
            await asyncio.Event().wait()


async def begin(bench: Bench, at: int) -> tuple[Gate, ProposalDrafted]:
    """An experiment of a proposal that is worth it, which stops where it is told."""
    await bench.announce()
    await bench.learn(REQUESTS)
    drafted = proposal(bench.world, EDITS, author="claude")
    if at == GATHERING:
        await gathering(bench, EDITS)
        gate = Gate(bench.world, 1)
        await bench.learn(FRESH)
    else:
        gate = Gate(bench.world, at)
        await bench.publish(drafted)
    return gate, drafted


async def main(home: Path, at: int) -> None:
    bench = Bench(home, World())
    await bench.start()
    gate, _ = await begin(bench, at)
    await gate.reached.wait()
    sys.stdout.write("\nREACHED\n")
    sys.stdout.flush()
    await asyncio.sleep(600)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
