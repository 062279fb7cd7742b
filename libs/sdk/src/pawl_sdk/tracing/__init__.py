"""Traces that say which config a run had, what its rules could read and what it answered."""

from pawl_sdk.tracing.run import AgentRun, agent_run

__all__ = ["AgentRun", "ConfigSpanProcessor", "agent_run", "setup_tracing"]


def __getattr__(name: str) -> object:
    if name in ("ConfigSpanProcessor", "setup_tracing"):  # needs the extra `pawl-sdk[otel]`
        try:
            from pawl_sdk.tracing import setup
        except ImportError as error:
            raise ImportError(f"{name} needs pip install 'pawl-sdk[otel]': {error}") from error
        return getattr(setup, name)
    raise AttributeError(f"module 'pawl_sdk.tracing' has no attribute {name!r}")
