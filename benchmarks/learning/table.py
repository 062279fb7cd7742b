"""One problem measured, and a line of the table."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from benchmarks.learning.models import boosting_agreement, tree_agreement
from benchmarks.learning.problem import Problem, agreement, conditions_in
from libs.learning import learn_best

HEADER = (
    f"{'domain':14}{'reviews':>8}{'ours':>8}{'lowest':>8}{'agent':>8}{'tree':>8}{'boost':>8}"
    f"{'gain min':>10}{'conditions':>12}{'seconds':>9}"
)


@dataclass(frozen=True)
class Figures:
    """Agreement on fresh cases; None where a rival was not asked."""

    ours: float
    agent: float
    tree: float | None
    boosting: float | None
    conditions: int
    cpu_seconds: float


def measure(problem: Problem, count: int | None, rivals: bool) -> Figures:
    """Learn on the first `count` cases of the log, count on the fresh ones."""
    learn, fresh = problem.stream[:count], problem.fresh
    started = time.process_time()
    rules = learn_best(learn).rules
    cpu_seconds = time.process_time() - started
    return Figures(
        ours=agreement(rules, fresh),
        agent=agreement([], fresh),
        tree=tree_agreement(learn, fresh) if rivals else None,
        boosting=boosting_agreement(learn, fresh) if rivals else None,
        conditions=conditions_in(rules),
        cpu_seconds=cpu_seconds,
    )


def line_of(name: str, count: int | None, figures: Sequence[Figures]) -> str:
    """Means; the lowest of ours, and the smallest gain over the agent."""
    ours = [one.ours for one in figures]
    gain = min(one.ours - one.agent for one in figures)
    return (
        f"{name:14}{count or 'half':>8}{mean(ours):8.3f}{min(ours):8.3f}"
        f"{mean(one.agent for one in figures):8.3f}"
        f"{_mean([one.tree for one in figures])}{_mean([one.boosting for one in figures])}"
        f"{gain:+10.3f}{mean(one.conditions for one in figures):12.1f}"
        f"{mean(one.cpu_seconds for one in figures):9.2f}"
    )


def _mean(values: Sequence[float | None]) -> str:
    told = [one for one in values if one is not None]
    return f"{mean(told):8.3f}" if told else f"{'-':>8}"
