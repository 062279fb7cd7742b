"""Entry point. Exit codes: 0 done, 1 refused or not found, 2 wrong usage, 3 no answer."""

import sys
from importlib.metadata import entry_points
from typing import Annotated

import typer

from pawl_sdk.cli import clusters, config, feedback, mcp, proposals, spans, traces
from pawl_sdk.cli.context import Connection
from pawl_sdk.cli.output import complain
from pawl_sdk.client import PawlError, RefusedByServer
from pawl_sdk.version import VERSION

GROUP = "pawl.commands"
REFUSED, NO_ANSWER = 1, 3


def _show_version(wanted: bool) -> None:
    if wanted:
        print(VERSION)
        raise typer.Exit


def _options(
    context: typer.Context,
    url: Annotated[
        str | None, typer.Option(envvar="PAWL_URL", help="Where the platform answers.")
    ] = None,
    api_key: Annotated[
        str | None, typer.Option(envvar="PAWL_API_KEY", help="Needed beyond loopback.")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Pawl: the improvement loop for production agents."""
    context.obj = Connection(url, api_key)


def make_app() -> typer.Typer:
    """The SDK's own commands."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    app.callback()(_options)
    app.add_typer(traces.app, name="traces")
    app.add_typer(spans.app, name="spans")
    app.add_typer(config.app, name="config")
    app.add_typer(proposals.app, name="proposals")
    app.command("projects")(traces.projects)
    app.command("session")(traces.session)
    app.command("feedback")(feedback.post)
    app.command("aggregate")(spans.aggregate)
    app.command("clusters")(clusters.clusters)
    app.command("mcp")(mcp.mcp)
    return app


OWN = frozenset(
    {
        *("traces", "spans", "config", "proposals"),
        *("projects", "session", "feedback", "aggregate", "clusters", "mcp"),
    }
)


def _command_of(arguments: list[str]) -> str | None:
    """The first word that is neither an option nor an option's value."""
    rest = iter(arguments)
    for word in rest:
        if word in ("--url", "--api-key"):
            next(rest, None)
        elif not word.startswith("-"):
            return word
    return None


def add_installed_commands(app: typer.Typer) -> None:
    """Let every installed package add its commands; a broken one is reported and left out."""
    for entry in sorted(entry_points(group=GROUP), key=lambda one: one.name):
        try:
            entry.load()(app)
        except Exception as error:
            complain(f"commands of {entry.value} are left out: {error!r}")


def main() -> None:
    """Run one command."""
    app = make_app()
    if _command_of(sys.argv[1:]) not in OWN:  # loading the platform takes a while
        add_installed_commands(app)
    try:
        app(prog_name="pawl")
    except PawlError as error:
        complain(str(error))
        sys.exit(REFUSED if isinstance(error, RefusedByServer) else NO_ANSWER)
