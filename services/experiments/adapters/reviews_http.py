"""The agent's log of reviews, as far as it was read: positions never change what they hold."""

from collections import OrderedDict
from dataclasses import dataclass, field

from libs.clients.datasets import DatasetsClient
from libs.contracts.api import ExampleView

AGENTS_MAX = 16
"""Logs kept in memory; those of other agents are read again."""


@dataclass
class _Read:
    views: list[ExampleView] = field(default_factory=list)

    @property
    def head(self) -> int:
        return self.views[-1].position if self.views else 0


class ReviewLog:
    """Reads on from where it stopped."""

    def __init__(self, datasets: DatasetsClient) -> None:
        self._datasets = datasets
        self._read: OrderedDict[str, _Read] = OrderedDict()

    async def reviews(self, agent: str) -> tuple[ExampleView, ...]:
        """Every review so far, in the order of the log; what comes later has larger positions."""
        known = self._read.setdefault(agent, _Read())
        self._read.move_to_end(agent)
        while len(self._read) > AGENTS_MAX:
            self._read.popitem(last=False)
        head = await self._datasets.head(agent)
        if head > known.head:
            fresh = await self._datasets.examples(agent, known.head, head)
            known.views += [view for view in fresh if view.position > known.head]
        return tuple(known.views)
