"""Wires the evaluators."""

from libs.clients import TracesClient
from libs.contracts.topics import TRACE_COMPLETED
from libs.runtime import App, Deps
from libs.runtime.serve import run
from libs.runtime.settings import load_settings
from services.evaluators import checks
from services.evaluators.adapters import Traces
from services.evaluators.api import router
from services.evaluators.domain.check import Check
from services.evaluators.handlers import EvaluateTraces
from services.evaluators.metrics import EvaluatorsMetrics
from services.evaluators.settings import EvaluatorsSettings


def build(deps: Deps) -> App:
    """The service `evaluators`."""
    settings = load_settings(EvaluatorsSettings)
    app = App("evaluators", deps)
    chosen = checks_of(settings)
    metrics = EvaluatorsMetrics(app.metrics.registry)
    traces = Traces(TracesClient(app.client("traces"), settings.read_traces_max))
    handler = EvaluateTraces(app, traces, chosen, settings.sampling_rate, metrics)
    app.subscribe_batch(
        TRACE_COMPLETED,
        handler,
        batch_max=settings.batch_records_max,
        batch_wait_seconds=0.05,
    )
    app.api.include_router(router(chosen, metrics))
    return app


def checks_of(settings: EvaluatorsSettings) -> tuple[Check, ...]:
    """Every check, with the operator's budgets."""
    return (
        checks.ToolError(),
        checks.RepeatedToolCall(settings.repeated_calls_max),
        checks.AnswerFormat(),
        checks.EmptyOutput(),
        checks.TruncatedOutput(),
        checks.LatencyBudget(settings.latency_budget_seconds),
        checks.TokenBudget(settings.token_budget),
    )


if __name__ == "__main__":
    run(build)
