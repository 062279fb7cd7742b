"""What must not get worse, whatever is won elsewhere."""

from collections.abc import Callable, Sequence

from pawl_sdk.bundle import Guardrail

from libs.contracts.events import GuardrailResult
from libs.stats.noninferiority import NonInferiority, examples_for_margin, non_inferiority
from libs.stats.paired import Pair
from services.experiments.domain.cases import Case
from services.experiments.domain.replayed import Replays

ERRORS = "runs without an error"
IsWell = Callable[[Case, Replays], bool]


def error_guardrail(
    cases: Sequence[Case], baseline: Replays, candidate: Replays, margin: float
) -> GuardrailResult:
    """The agent must not fail more often than before."""

    def is_well(case: Case, replays: Replays) -> bool:
        return not replays[case.example_key].failed

    return _result(ERRORS, _figures(cases, baseline, candidate, is_well, margin))


def label_guardrail(
    guardrail: Guardrail, label: str, cases: Sequence[Case], baseline: Replays, candidate: Replays
) -> GuardrailResult:
    """Of all runs, those that should answer this label and do not may grow by the margin."""

    def is_well(case: Case, replays: Replays) -> bool:
        if case.expected != guardrail.label:
            return True
        return replays[case.example_key].answer(label) == guardrail.label

    figures = _figures(cases, baseline, candidate, is_well, guardrail.margin)
    return _result(guardrail.name, figures)


def cannot_be_shown(name: str, margin: float, n: int) -> str | None:
    """Why this guardrail could not pass even if nothing changed; None when it could."""
    if n == 0:
        return f"guardrail {name}: there are no examples to show it on"
    if margin == 0:
        return None
    needed = examples_for_margin(margin)
    if n >= needed:
        return None
    return f"guardrail {name}: a margin of {margin:g} takes {needed} examples to show, here are {n}"


def broken(results: Sequence[GuardrailResult]) -> tuple[str, ...]:
    """A reason for each guardrail that is not shown to hold."""
    return tuple(
        f"guardrail {one.name}: {one.baseline:.1%} before, {one.candidate:.1%} after on {one.n} "
        f"examples; the change may be {one.ci_low:+.1%}, allowed is {-one.margin:.1%}"
        for one in results
        if not one.passed
    )


def worse_than_margin(results: Sequence[GuardrailResult]) -> tuple[str, ...]:
    """A reason for each guardrail whose plain figures are already past the margin."""
    return tuple(
        f"guardrail {one.name}: {one.baseline:.1%} before, {one.candidate:.1%} after on {one.n} "
        f"examples of mine and select, allowed is {-one.margin:.1%}"
        for one in results
        if one.candidate - one.baseline < -one.margin
    )


def _figures(
    cases: Sequence[Case], baseline: Replays, candidate: Replays, is_well: IsWell, margin: float
) -> NonInferiority:
    pairs = [Pair(c.group, is_well(c, baseline), is_well(c, candidate)) for c in cases]
    return non_inferiority(pairs, margin)


def _result(name: str, figures: NonInferiority) -> GuardrailResult:
    """A margin of 0 cannot be shown by any sample: it means that no share may fall at all."""
    if figures.margin == 0:
        passed = figures.n > 0 and figures.candidate >= figures.baseline
    else:
        passed = figures.shown
    return GuardrailResult(
        name=name,
        n=figures.n,
        margin=figures.margin,
        baseline=figures.baseline,
        candidate=figures.candidate,
        ci_low=figures.low,
        passed=passed,
    )
