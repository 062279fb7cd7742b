"""`GET /api/v1/evaluators`: which evaluators run, and what they said since the start."""

from typing import Annotated

from fastapi import APIRouter, Depends

from libs.contracts.base import Model
from libs.contracts.events import Target
from libs.runtime.auth import Principal, require
from libs.runtime.problems import problem_responses
from services.evaluators.domain.check import Check
from services.evaluators.metrics import EvaluatorsMetrics

Reading = Annotated[Principal, Depends(require("read"))]


class EvaluatorView(Model):
    """`counts` are since this process started; the trace store has all of them."""

    name: str
    version: str
    kind: str
    target: Target
    labels: dict[str, bool | None]
    about: str
    counts: dict[str, int]


def router(checks: tuple[Check, ...], metrics: EvaluatorsMetrics) -> APIRouter:
    api = APIRouter(prefix="/api/v1/evaluators", tags=["evaluators"])

    @api.get("", responses=problem_responses())
    async def list_evaluators(principal: Reading) -> tuple[EvaluatorView, ...]:
        """Every evaluator that runs here, with its labels; true: passed, false: failed."""
        return tuple(_view(check, metrics) for check in checks)

    return api


def _view(check: Check, metrics: EvaluatorsMetrics) -> EvaluatorView:
    about = (type(check).__doc__ or "").strip().splitlines()
    counts = {label: n for (name, label), n in metrics.tally.items() if name == check.name}
    return EvaluatorView(
        name=check.name,
        version=check.version,
        kind="code",
        target=check.target,
        labels=check.labels,
        about=about[0] if about else "",
        counts=counts,
    )
