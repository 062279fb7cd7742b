"""`pawl dlq list|show|replay|drop`: messages that could not be handled."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from libs.contracts.topics import TOPICS
from libs.eventlog.letters import Action, Letter, LetterBox, open_letters, resolve
from pawl.commands.broker import reaching
from pawl.commands.up import DEFAULT_HOME

app = typer.Typer(help="Dead letters: what could not be handled, and why.", no_args_is_help=True)

Bootstrap = Annotated[
    str, typer.Option(envvar="PAWL_KAFKA_BOOTSTRAP", help="Kafka; empty: the embedded home.")
]
Home = Annotated[Path, typer.Option(envvar="PAWL_HOME", help="The embedded platform's data.")]
TopicName = Annotated[str, typer.Option("--topic", help="Only letters of this origin topic.")]


@contextmanager
def open_box(bootstrap: str, home: Path) -> Iterator[LetterBox]:
    """The dead letters of a cluster or of an embedded home."""
    if not bootstrap:
        with closing(_embedded_box(home)) as box:
            yield box
        return
    from libs.eventlog.kafka.letters import KafkaLetterBox  # needs a broker client

    with reaching(bootstrap), closing(KafkaLetterBox(bootstrap)) as box:
        yield box


def _embedded_box(home: Path) -> LetterBox:
    from libs.eventlog.embedded.letters import EmbeddedLetterBox

    path = home / "events.db"
    if not path.exists():
        typer.echo(f"no event log at {path}: give --home, or --bootstrap for Kafka", err=True)
        raise typer.Exit(2)
    return EmbeddedLetterBox(path)


def _letters(box: LetterBox, topic: str) -> list[Letter]:
    chosen = [one for one in TOPICS if topic in ("", one.name)]
    if not chosen:
        names = ", ".join(one.name for one in TOPICS)
        typer.echo(f"no topic {topic!r}; there are: {names}", err=True)
        raise typer.Exit(2)
    return open_letters(box, chosen)


def _find(box: LetterBox, letter_id: str) -> Letter:
    for letter in _letters(box, ""):
        if letter.letter_id == letter_id:
            return letter
    typer.echo(f"no open letter {letter_id}: see `pawl dlq list`", err=True)
    raise typer.Exit(1)


@app.command("list")
def list_letters(
    topic: TopicName = "",
    bootstrap: Bootstrap = "",
    home: Home = DEFAULT_HOME,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """List letters that were neither replayed nor dropped."""
    with open_box(bootstrap, home) as box:
        letters = _letters(box, topic)
    if as_json:
        typer.echo(json.dumps([_summary(letter) for letter in letters], indent=2))
        return
    for letter in letters:
        reason = letter.reason.splitlines()[0][:100]
        typer.echo(f"{letter.letter_id}  {letter.group}  {letter.failed_at}  {reason}")
    typer.echo(f"{len(letters)} open", err=True)


def _summary(letter: Letter) -> dict[str, str]:
    return {
        "id": letter.letter_id,
        "origin": letter.origin,
        "group": letter.group,
        "reason": letter.reason,
        "failed_at": letter.failed_at,
    }


@app.command("show")
def show(letter_id: str, bootstrap: Bootstrap = "", home: Home = DEFAULT_HOME) -> None:
    """Show one letter whole."""
    with open_box(bootstrap, home) as box:
        letter = _find(box, letter_id)
    value = letter.record.value.decode(errors="replace")
    body = _summary(letter) | {"headers": dict(letter.record.headers), "value": value}
    typer.echo(json.dumps(body, indent=2))


@app.command("replay")
def replay(
    letter_id: Annotated[str, typer.Argument(help="One letter; or give --topic.")] = "",
    topic: TopicName = "",
    bootstrap: Bootstrap = "",
    home: Home = DEFAULT_HOME,
) -> None:
    """Send letters back to the topic they came from."""
    with open_box(bootstrap, home) as box:
        _resolve("replay", letter_id, topic, "replayed", box)


@app.command("drop")
def drop(
    why: Annotated[str, typer.Option(help="Kept with the letter.")],
    letter_id: Annotated[str, typer.Argument(help="One letter; or give --topic.")] = "",
    topic: TopicName = "",
    bootstrap: Bootstrap = "",
    home: Home = DEFAULT_HOME,
) -> None:
    """Say that letters need nothing more; they stay in the topic, with the reason."""
    with open_box(bootstrap, home) as box:
        _resolve("drop", letter_id, topic, why, box)


def _resolve(action: Action, letter_id: str, topic: str, why: str, box: LetterBox) -> None:
    if bool(letter_id) == bool(topic):
        typer.echo("give either one letter's id or --topic", err=True)
        raise typer.Exit(2)
    letters = [_find(box, letter_id)] if letter_id else _letters(box, topic)
    resolve(box, letters, action, why, lambda: datetime.now(UTC))
    typer.echo(f"{action}: {len(letters)}")
