"""`pawl mcp`: for coding agents that speak the Model Context Protocol."""

import sys

import typer

from pawl_sdk.cli.context import client_of
from pawl_sdk.mcp import serve


def mcp(context: typer.Context) -> None:
    """Serve traces, clusters and proposals to a coding agent over stdio; reads only."""
    with client_of(context) as client:
        serve(client, sys.stdin, sys.stdout)
