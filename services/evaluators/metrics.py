"""How many evaluations were made, by evaluator and label."""

from collections import Counter as Tally
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter

from libs.contracts.events import EvaluationRecorded


class EvaluatorsMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._made = Counter(
            "pawl_evaluations", "Evaluations made", ("evaluator", "label"), registry=registry
        )
        self.tally: Tally[tuple[str, str]] = Tally()

    def count(self, made: Iterable[EvaluationRecorded]) -> None:
        for one in made:
            label = one.label or one.status
            self._made.labels(one.evaluator, label).inc()
            self.tally[(one.evaluator, label)] += 1
