"""The command `pawl`: questions to a running platform, and whatever else is installed."""

from pawl_sdk.cli.entry import main

__all__ = ["main"]
