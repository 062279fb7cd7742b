"""Pawl for coding agents: a Model Context Protocol server over standard input and output."""

from pawl_sdk.mcp.server import serve

__all__ = ["serve"]
