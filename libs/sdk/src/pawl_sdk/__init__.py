"""Hot-loaded, signed runtime config for agents, with tracing, replay, a client and a command line.

Importing this costs nothing: names are loaded when they are first used, so that `pawl_sdk.bundle`
stays usable where neither HTTP nor OpenTelemetry belongs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pawl_sdk.client import PawlClient as PawlClient
    from pawl_sdk.config import ConfigClient as ConfigClient
    from pawl_sdk.config import ConfigOptions as ConfigOptions
    from pawl_sdk.config import ConfigUnavailable as ConfigUnavailable
    from pawl_sdk.config import Snapshot as Snapshot
    from pawl_sdk.replay import ReplayApp as ReplayApp
    from pawl_sdk.replay import Replayed as Replayed
    from pawl_sdk.tracing import agent_run as agent_run
    from pawl_sdk.tracing import setup_tracing as setup_tracing

_HOMES = {
    "PawlClient": "client",
    "ConfigClient": "config",
    "ConfigOptions": "config",
    "ConfigUnavailable": "config",
    "Snapshot": "config",
    "ReplayApp": "replay",
    "Replayed": "replay",
    "agent_run": "tracing",
    "setup_tracing": "tracing",
}

__all__ = [*_HOMES, "__version__"]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("pawl_sdk.version").VERSION
    if name in _HOMES:
        return getattr(import_module(f"pawl_sdk.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'pawl_sdk' has no attribute {name!r}")
