"""`pawl contracts check|write`: event schemas and the AsyncAPI document, against the code."""

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from pawl.asyncapi import document, topic_table
from pawl.compatibility import incompatibilities

app = typer.Typer(help="Event schemas and docs/asyncapi.yaml.", no_args_is_help=True)
DEFAULT_FILE = Path("docs/asyncapi.yaml")
File = Annotated[Path, typer.Option(help="The published document.")]


def rendered(content: dict[str, Any]) -> str:
    """The document as it is written."""
    return yaml.safe_dump(content, sort_keys=False, width=100, allow_unicode=True)


def broken_by(published: dict[str, Any], current: dict[str, Any]) -> list[str]:
    """Incompatible changes since the published document; a topic that is gone breaks too."""
    before, after = published["components"]["messages"], current["components"]["messages"]
    found = [f"{name}: topic removed" for name in before if name not in after]
    for name in before.keys() & after.keys():
        changes = incompatibilities(before[name]["payload"], after[name]["payload"])
        found += [f"{name}: {change}" for change in changes]
    return sorted(found)


@app.command()
def check(file: File = DEFAULT_FILE) -> None:
    """Fail when the document is not what the code says."""
    if file.read_text(encoding="utf-8") != rendered(document()):
        typer.echo(f"{file} is not what the code says: run `pawl contracts write`", err=True)
        raise typer.Exit(1)


@app.command()
def write(file: File = DEFAULT_FILE) -> None:
    """Write the document; refuse an incompatible change of a topic that keeps its version."""
    if file.exists():
        broken = broken_by(yaml.safe_load(file.read_text(encoding="utf-8")), document())
        if broken:
            typer.echo("incompatible: make a -v2 topic and publish both for a while", err=True)
            typer.echo("\n".join(broken), err=True)
            raise typer.Exit(1)
    file.write_text(rendered(document()), encoding="utf-8")
    typer.echo(topic_table())
    typer.echo("paste this table into ARCHITECTURE.md when it changed", err=True)
