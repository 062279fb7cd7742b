"""What must not get worse, whatever is won elsewhere. Guardrails can only refuse.

The policy, for every share of runs that are well:

- *shown*: the bound of the difference (Tango, one-sided, 5 %) lies above minus the margin;
- *not yet shown*: so few examples cannot tell. It is reported and refuses nothing, else every
  agent with a rare label would wait for ever;
- *broken*: the plain figures are past the margin, and for labels that nobody declared a chance of
  at most 10 % says that this is no accident. Of what a person declared the figures are enough.

A margin of 0 cannot be shown by any sample: it means that no share may fall at all.
"""

from collections.abc import Callable, Sequence

from pawl_sdk.bundle import Guardrail

from libs.contracts.events import GuardrailResult
from libs.stats.noninferiority import NonInferiority, non_inferiority
from libs.stats.paired import Pair, compare, mcnemar_one_sided
from services.experiments.domain.cases import Case
from services.experiments.domain.replayed import Replays

ERRORS = "runs without an error"
LABEL_MARGIN = 0.05
"""How much of the right answers of one label may be lost, where nobody declared it."""
LABEL_GROUPS_MIN = 10
ACCIDENT_MAX = 0.10
IsWell = Callable[[Case, Replays], bool]


def error_guardrail(
    cases: Sequence[Case], baseline: Replays, candidate: Replays, margin: float
) -> GuardrailResult:
    """The agent must not fail more often than before."""

    def is_well(case: Case, replays: Replays) -> bool:
        return not replays[case.example_key].failed

    return _result(ERRORS, _pairs(cases, baseline, candidate, is_well), margin)


def label_guardrail(
    guardrail: Guardrail, label: str, cases: Sequence[Case], baseline: Replays, candidate: Replays
) -> GuardrailResult:
    """Of all runs, those that should answer this label and do not may grow by the margin."""

    def is_well(case: Case, replays: Replays) -> bool:
        if case.expected != guardrail.label:
            return True
        return replays[case.example_key].answer(label) == guardrail.label

    pairs = _pairs(cases, baseline, candidate, is_well)
    return _result(guardrail.name, pairs, guardrail.margin)


def recall_guardrails(
    label: str,
    cases: Sequence[Case],
    baseline: Replays,
    candidate: Replays,
    margin: float = LABEL_MARGIN,
) -> tuple[GuardrailResult, ...]:
    """One for every label that enough independent reviews expect, declared or not.

    Of the runs that should answer it, those that do.
    """
    found = []
    for wanted in sorted({str(case.expected) for case in cases}):
        mine = [case for case in cases if str(case.expected) == wanted]
        if len({case.group for case in mine}) < LABEL_GROUPS_MIN:
            continue

        def is_well(case: Case, replays: Replays) -> bool:
            return replays[case.example_key].answer(label) == case.expected

        pairs = _pairs(mine, baseline, candidate, is_well)
        found.append(_result(recall_name(wanted), pairs, margin, declared=False))
    return tuple(found)


def recall_name(label: str) -> str:
    return f"right answers where {label} is expected"


def broken(results: Sequence[GuardrailResult]) -> tuple[str, ...]:
    """A reason for each guardrail that is past its margin."""
    return tuple(
        f"guardrail {one.name}: {one.baseline:.1%} before, {one.candidate:.1%} after on {one.n} "
        f"examples; the change may be {one.ci_low:+.1%}, allowed is {-one.margin:.1%}"
        for one in results
        if not one.passed
    )


def not_yet_shown(results: Sequence[GuardrailResult]) -> tuple[str, ...]:
    """What the reviewer has to know: guardrails that hold as far as can be seen, and no further."""
    return tuple(
        f"guardrail {one.name}: not yet shown, {one.baseline:.1%} before and {one.candidate:.1%} "
        f"after on {one.n} examples; the change may still be {one.ci_low:+.1%}"
        for one in results
        if one.passed and one.shown is False and one.rate_max is None
    )


def _pairs(
    cases: Sequence[Case], baseline: Replays, candidate: Replays, is_well: IsWell
) -> list[Pair]:
    return [Pair(c.group, is_well(c, baseline), is_well(c, candidate)) for c in cases]


def _result(
    name: str, pairs: Sequence[Pair], margin: float, declared: bool = True
) -> GuardrailResult:
    figures = non_inferiority(pairs, margin)
    past = figures.difference < -margin - 1e-12
    if past and not declared:
        counted = compare(pairs)
        past = mcnemar_one_sided(counted.group_losses, counted.group_wins) <= ACCIDENT_MAX
    return GuardrailResult(
        name=name,
        n=figures.n,
        margin=margin,
        baseline=figures.baseline,
        candidate=figures.candidate,
        ci_low=figures.low,
        passed=not past,
        shown=_shown(figures),
    )


def _shown(figures: NonInferiority) -> bool:
    if figures.margin == 0:
        return figures.n > 0 and figures.candidate >= figures.baseline
    return figures.shown
