"""`pawl config import|pull|push|files|channels|history|releases|instances|canary|…`."""

from pathlib import Path
from typing import Annotated

import typer

from pawl_sdk.cli.context import AsJson, Limit, Reason, client_of, whoami
from pawl_sdk.cli.folder import files_in, pull, push
from pawl_sdk.cli.output import complain, show_fields, show_items, show_json
from pawl_sdk.client import Json, PawlClient

app = typer.Typer(help="What agents run, and moving it.", no_args_is_help=True)
Agent = Annotated[str, typer.Argument(help="The agent's name.")]
Channel = Annotated[str, typer.Option(help="The channel.")]
By = Annotated[str | None, typer.Option(help="Who does it; default: your user name.")]
Seen = Annotated[
    int | None,
    typer.Option(
        "--generation",
        min=1,
        help="Of the channel as you looked at it: refused when it has moved since.",
    ),
]
POINTER = ("agent", "channel", "generation", "digest", "canary", "moved_at")


@app.command("import")
def import_config(
    context: typer.Context,
    agent: Agent,
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="Holds agent.yaml, prompts/*.md.")
    ],
    by: By = None,
    message: Annotated[str, typer.Option(help="Of the commit.")] = "",
    as_json: AsJson = False,
) -> None:
    """An agent's first config: committed, released and served. `pull` and `push` change it."""
    with client_of(context) as client:
        found = client.config.import_files(
            agent, files_in(folder), author=whoami(by), message=message
        )
    if as_json:
        show_json(found)
    else:
        print(f"{agent} is at commit {found['commit']}, and is released with digest")
        print(found["digest"])


app.command()(pull)
app.command()(push)


@app.command()
def files(
    context: typer.Context,
    agent: Agent,
    ref: Annotated[str, typer.Option(help="A branch or a commit.")] = "main",
    as_json: AsJson = False,
) -> None:
    """The agent's config files."""
    with client_of(context) as client:
        found = client.config.files(agent, ref)
    if as_json:
        show_json(found)
        return
    show_fields(found, ("agent", "commit", "digest"), as_json=False)
    for path, text in sorted(found["files"].items()):
        print(f"\n--- {path}\n{text.rstrip()}")


@app.command()
def channels(context: typer.Context, agent: Agent, as_json: AsJson = False) -> None:
    """Where each channel points."""
    with client_of(context) as client:
        show_items(client.config.channels(agent), {name: name for name in POINTER}, as_json=as_json)


@app.command()
def history(
    context: typer.Context,
    agent: Agent,
    channel: Channel = "production",
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """Every generation of a channel, newest first."""
    names = ("generation", "digest", "moved_by", "moved_at", "reason")
    with client_of(context) as client:
        moves = client.config.moves(agent, channel, limit)
        show_items(moves, {name: name for name in names}, as_json=as_json)


@app.command()
def releases(
    context: typer.Context,
    agent: Annotated[str | None, typer.Argument()] = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """The audit log of releases."""
    names = ("agent", "sequence", "digest", "proposal_id", "approved_by", "released_at")
    with client_of(context) as client:
        found = client.config.releases(agent, limit)
        show_items(found, {name: name for name in names}, as_json=as_json)


@app.command()
def instances(context: typer.Context, agent: Agent, as_json: AsJson = False) -> None:
    """Running agents and what they applied."""
    names = (
        "instance_id",
        "state",
        "applied_generation",
        "desired_generation",
        "reported_at",
        "error",
    )
    with client_of(context) as client:
        found = client.config.instances(agent)
        show_items(found, {name: name for name in names}, as_json=as_json)


@app.command()
def canary(
    context: typer.Context, agent: Agent, channel: Channel = "production", as_json: AsJson = False
) -> None:
    """How the canary does against the rest."""
    with client_of(context) as client:
        found = client.config.canary(agent, channel)
    names = ("canary", "runs_canary", "runs_control", "log_e", "log_e_max", "note")
    show_fields(found, names, as_json=as_json)


@app.command()
def rollback(
    context: typer.Context,
    agent: Agent,
    reason: Reason,
    channel: Channel = "production",
    to_generation: Annotated[int | None, typer.Option(min=1)] = None,
    to_digest: Annotated[str | None, typer.Option()] = None,
    generation: Seen = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Back to the digest before (or end the canary); a new generation, seconds later everywhere."""
    with client_of(context) as client:
        held = _held(client, agent, channel)
        pointer = client.config.rollback(
            agent,
            channel,
            moved_by=whoami(by),
            reason=reason,
            to_generation=to_generation,
            to_digest=to_digest,
            generation=generation or held,
        )
    _show(pointer, as_json)


@app.command()
def promote(
    context: typer.Context,
    agent: Agent,
    reason: Reason,
    channel: Channel = "production",
    to: Annotated[str | None, typer.Option(help="Another channel; default: the canary.")] = None,
    generation: Seen = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Make the canary the channel's config, or give this config to another channel."""
    with client_of(context) as client:
        held = _held(client, agent, channel)
        pointer = client.config.promote(
            agent,
            channel,
            moved_by=whoami(by),
            reason=reason,
            to=to,
            generation=generation or held,
        )
    _show(pointer, as_json)


def _held(client: PawlClient, agent: str, channel: str) -> int:
    """The channel's generation now, shown: what is moved is what the person sees here."""
    held = client.config.channel(agent, channel)
    canary = held["canary"]
    tried = f", canary {canary['digest']} for {canary['weight']:.0%} of the runs" if canary else ""
    complain(f"{agent}/{channel}: from generation {held['generation']}, {held['digest']}{tried}")
    return int(held["generation"])


def _show(pointer: Json, as_json: bool) -> None:
    if as_json:
        show_json(pointer)
        return
    print(f"{pointer['agent']}/{pointer['channel']} is at generation {pointer['generation']}:")
    print(pointer["digest"])
