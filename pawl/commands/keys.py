"""`pawl keys create|list|revoke`: the keys file."""

from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from libs.runtime.errors import StartupError
from libs.runtime.keys import SCOPES, KeyLimits, KeysFile, Scope, new_key, read_keys, write_keys

app = typer.Typer(
    help="API keys: hashed, scoped, bound to projects and agents.", no_args_is_help=True
)
KeysPath = Annotated[Path, typer.Option(envvar="PAWL_KEYS_FILE", help="The keys file.")]
DEFAULT_FILE = Path("pawl-keys.yaml")


def _read(file: Path) -> KeysFile:
    if not file.exists():
        return KeysFile(keys=())
    try:
        return read_keys(file)
    except StartupError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


@app.command()
def create(
    key_id: Annotated[str, typer.Argument(help="A name, e.g. agents-eu.")],
    scope: Annotated[list[str], typer.Option(help="ingest, read, review or admin; repeatable.")],
    project: Annotated[list[str] | None, typer.Option(help="Default: every project.")] = None,
    agent: Annotated[
        list[str] | None,
        typer.Option(help="Default: every agent; with --project none. '*' is every agent."),
    ] = None,
    spans_per_second: Annotated[float | None, typer.Option()] = None,
    file: KeysPath = DEFAULT_FILE,
) -> None:
    """Make a key; the secret is printed once and stored nowhere."""
    if unknown := set(scope) - SCOPES:
        typer.echo(f"unknown scopes {sorted(unknown)}: choose from {sorted(SCOPES)}", err=True)
        raise typer.Exit(2)
    known = _read(file)
    if any(entry.id == key_id for entry in known.keys):
        typer.echo(f"{key_id} exists: revoke it first, or choose another name", err=True)
        raise typer.Exit(1)
    scopes = frozenset(cast(list[Scope], scope))
    limits = KeyLimits(spans_per_second=spans_per_second)
    agents: frozenset[str] | Literal["*"] | None = frozenset(agent) if agent else None
    secret, entry = new_key(
        key_id,
        scopes,
        frozenset(project) if project else "*",
        limits,
        agents="*" if agent == ["*"] else agents,
    )
    write_keys(file, KeysFile(keys=(*known.keys, entry)))
    typer.echo(secret)
    typer.echo(f"added to {file}; this secret is not shown again", err=True)


@app.command("list")
def list_keys(file: KeysPath = DEFAULT_FILE) -> None:
    """List keys, without secrets."""
    for entry in _read(file).keys:
        default = "*" if entry.projects == "*" else "none"
        projects = "projects " + _names(entry.projects)
        agents = "agents " + (_names(entry.agents) if entry.agents is not None else default)
        typer.echo(f"{entry.id}  {','.join(sorted(entry.scopes))}  {projects}  {agents}")


def _names(given: frozenset[str] | str) -> str:
    return given if isinstance(given, str) else ",".join(sorted(given))


@app.command()
def revoke(key_id: str, file: KeysPath = DEFAULT_FILE) -> None:
    """Remove a key; running services notice within a second."""
    known = _read(file)
    left = tuple(entry for entry in known.keys if entry.id != key_id)
    if len(left) == len(known.keys):
        typer.echo(f"no key {key_id} in {file}", err=True)
        raise typer.Exit(1)
    write_keys(file, KeysFile(keys=left))
    typer.echo(f"revoked {key_id}")
