"""The platform's commands, added to the SDK's `pawl` command line."""

import typer

from pawl.commands import demo, up


def register(app: typer.Typer) -> None:
    """Called by `pawl_sdk.cli` through the entry point group `pawl.commands`."""
    app.command("up")(up.up)
    app.command("demo")(demo.demo)
