"""Hot-loaded config: a signed bundle per agent and channel, swapped under running agents."""

from pawl_sdk.config.client import ConfigClient
from pawl_sdk.config.errors import ConfigUnavailable
from pawl_sdk.config.options import ConfigOptions
from pawl_sdk.config.pointer import Canary, Pointer, in_canary
from pawl_sdk.config.snapshot import Snapshot

__all__ = [
    "Canary",
    "ConfigClient",
    "ConfigOptions",
    "ConfigUnavailable",
    "Pointer",
    "Snapshot",
    "in_canary",
]
