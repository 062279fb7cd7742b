"""`pawl topics plan|apply|lag|rewind`: declared topics against the broker's."""

import asyncio
from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated

import typer

from libs.contracts.topics import TOPICS
from libs.eventlog.kafka import KafkaLog
from libs.eventlog.kafka.rewind import GroupRuns, rewind
from libs.eventlog.kafka.topics import Difference, TopicAdmin
from pawl.commands.broker import reaching

app = typer.Typer(help="Kafka topics: creates, never deletes.", no_args_is_help=True)
Bootstrap = Annotated[str, typer.Option(envvar="PAWL_KAFKA_BOOTSTRAP")]
DEFAULT_BOOTSTRAP = "127.0.0.1:9092"


def _plan(bootstrap: str) -> list[Difference]:
    with reaching(bootstrap), closing(TopicAdmin(bootstrap)) as admin:
        return admin.plan(TOPICS)


def _print(differences: list[Difference]) -> None:
    for one in differences:
        typer.echo(f"{one.action:7} {one.topic}: {one.detail}")


@app.command()
def plan(bootstrap: Bootstrap = DEFAULT_BOOTSTRAP) -> None:
    """Show what differs. Exit code 1 when `apply` would create or refuse something."""
    differences = _plan(bootstrap)
    _print(differences)
    typer.echo(f"{len(differences)} differences", err=True)
    raise typer.Exit(1 if any(one.action != "differs" for one in differences) else 0)


@app.command()
def apply(bootstrap: Bootstrap = DEFAULT_BOOTSTRAP) -> None:
    """Create missing topics; refuse, and change nothing, when a change would be unsafe."""
    differences = _plan(bootstrap)
    unsafe = [one for one in differences if one.action == "refuse"]
    if unsafe:
        _print(unsafe)
        typer.echo("nothing was changed: these need a person (docs/operations.md)", err=True)
        raise typer.Exit(1)
    with reaching(bootstrap), closing(TopicAdmin(bootstrap)) as admin:
        admin.create(TOPICS)
    _print(differences)


@app.command()
def lag(bootstrap: Bootstrap = DEFAULT_BOOTSTRAP) -> None:
    """Records not yet dealt with, by topic and consuming service."""
    with reaching(bootstrap):
        found = asyncio.run(_lags(bootstrap))
    for topic, group, count in found:
        typer.echo(f"{count:10d}  {topic}  {group}")


@app.command("rewind")
def rewind_group(
    group: Annotated[str, typer.Argument(help="A service that is stopped, e.g. traces.")],
    to: Annotated[datetime, typer.Option(help="UTC, e.g. 2026-01-31T12:00:00.")],
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
) -> None:
    """After a restore: give a service again what came since then; it knows what it has."""
    topics = [topic for topic in TOPICS if group in topic.consumers]
    if not topics:
        groups = ", ".join(sorted({one for topic in TOPICS for one in topic.consumers}))
        typer.echo(f"no service {group!r} reads topics; these do: {groups}", err=True)
        raise typer.Exit(2)
    try:
        with reaching(bootstrap):
            done = rewind(bootstrap, group, topics, to.replace(tzinfo=UTC))
    except GroupRuns as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    for one in done:
        typer.echo(f"{one.records:10d}  {one.topic}  {group}")


async def _lags(bootstrap: str) -> list[tuple[str, str, int]]:
    log = KafkaLog(bootstrap)
    await log.start()
    try:
        return [
            (topic.name, group, await log.lag(group, topic.name))
            for topic in TOPICS
            for group in topic.consumers
        ]
    finally:
        await log.stop()
