"""Run this agent on given inputs with a candidate config, for experiments. Nothing is traced."""

from pawl_sdk.replay.app import ReplayApp
from pawl_sdk.replay.runner import Replayed, Runner
from pawl_sdk.replay.server import ReplayServer, serve_replay

__all__ = ["ReplayApp", "ReplayServer", "Replayed", "Runner", "serve_replay"]
