"""Commands that pages tell people to type are commands that the CLI takes."""

import typer.main
from pawl_sdk.cli.config import app

from libs.contracts.commands import rollback_command


def test_the_rollback_command_parses() -> None:
    digest = "sha256:" + "a" * 64
    program, group, command, *arguments = rollback_command("procurement", digest).split()
    assert (program, group) == ("pawl", "config")
    known = typer.main.get_command(app)
    found = known.commands[command]  # type: ignore[attr-defined]
    context = found.make_context(command, arguments)
    assert context.params["agent"] == "procurement"
    assert (context.params["to_digest"], context.params["reason"]) == (digest, "WHY")
