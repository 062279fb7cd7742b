"""Everything a mining run knows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from libs.contracts.api import ClusterView, ConfigFiles, ExampleView


@dataclass(frozen=True)
class Brief:
    """`examples` are every review so far, in the order of the log; all of them are lessons.

    `refused` are the edits of proposals that were tried and refused before.
    """

    agent: str
    mining_run_id: str
    config: ConfigFiles
    clusters: tuple[ClusterView, ...]
    examples: tuple[ExampleView, ...]
    refused: tuple[tuple[dict[str, Any], ...], ...]
    now: datetime

    @property
    def learned_through(self) -> int:
        """The newest review's place in the log; 0 without any."""
        return max((one.position for one in self.examples), default=0)

    @property
    def lessons(self) -> list[ExampleView]:
        """The last word on each example that people judged, in the order of the log."""
        last = {one.example_key: one for one in self.examples if one.expected is not None}
        return sorted(last.values(), key=lambda one: one.position)
