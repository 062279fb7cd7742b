"""What one run of one config on one input gave."""

from collections.abc import Mapping

from pydantic import JsonValue

from libs.contracts.base import Model
from libs.contracts.labels import label_of
from services.experiments.domain.cases import Case


class Replayed(Model):
    """An answer or an error, and what it cost."""

    output: JsonValue = None
    error: str | None = None
    latency_ms: float = 0.0
    tokens: int = 0
    tool_calls: int = 0

    @property
    def failed(self) -> bool:
        """A run that raised, or that ended without an answer."""
        return self.error is not None or self.output is None

    def answer(self, label: str) -> JsonValue:
        """The bare label; None when the run failed."""
        answer: JsonValue = None if self.failed else label_of(self.output, label)
        return answer


Replays = Mapping[str, Replayed]
"""By example key. Complete for the cases they are asked about: what is missing ended before."""


def is_correct(case: Case, replays: Replays, label: str) -> bool:
    """Whether the answer is the one that the person wanted. A failed run is not."""
    replayed = replays[case.example_key]
    return not replayed.failed and replayed.answer(label) == case.expected
