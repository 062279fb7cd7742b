"""An agent's config as a folder: `pawl config pull` takes it, `pawl config push` sends it back."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from pawl_sdk.bundle import unified_diff
from pawl_sdk.cli.context import AsJson, client_of, whoami
from pawl_sdk.cli.output import show_json

BASE = ".pawl-base"
"""Holds the commit that the folder's files were taken from."""
Agent = Annotated[str, typer.Argument(help="The agent's name.")]


def files_in(folder: Path) -> dict[str, str]:
    """Texts by path, without hidden files and folders (`.git`); what a config does not consist of
    is for the server to name."""
    paths = [one.relative_to(folder) for one in folder.rglob("*") if one.is_file()]
    shown = [path for path in paths if not any(part.startswith(".") for part in path.parts)]
    try:
        return {path.as_posix(): (folder / path).read_text("utf-8") for path in shown}
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"expected UTF-8 text in {folder}: {error}") from error


def pull(
    context: typer.Context,
    agent: Agent,
    folder: Annotated[Path, typer.Argument(file_okay=False, help="Made when it is missing.")],
    as_json: AsJson = False,
) -> None:
    """Take the config on main into a folder, to change it by hand and push it."""
    with client_of(context) as client:
        there = client.config.files(agent)
        mine = files_in(folder) if folder.exists() else {}
        base = _base_of(folder)
        taken = client.config.files(agent, base)["files"] if base else {}
    kept = sorted(path for path, text in mine.items() if text not in _known(path, taken, there))
    if kept:
        raise typer.BadParameter(
            f"{', '.join(kept)} in {folder} would be overwritten: pull into another folder"
        )
    _write(folder, mine, there["files"])
    (folder / BASE).write_text(there["commit"] + "\n")
    if as_json:
        show_json(there)
    else:
        print(f"{agent} at commit {there['commit']} is in {folder}")


def push(
    context: typer.Context,
    agent: Agent,
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="As pulled.")],
    message: Annotated[str, typer.Option("--message", "-m", help="Why, for the history.")],
    by: Annotated[str | None, typer.Option(help="Who does it; default: your user name.")] = None,
    as_json: AsJson = False,
) -> None:
    """Send a changed folder back: committed, released and served, without an experiment."""
    base = _base_of(folder)
    if base is None:
        raise typer.BadParameter(f"{folder / BASE} is missing: pull first, then change the files")
    files = files_in(folder)
    with client_of(context) as client:
        before = client.config.files(agent, base)["files"]
        found = client.config.change_files(
            agent, files, base_commit=base, author=whoami(by), message=message
        )
    (folder / BASE).write_text(found["commit"] + "\n")
    if as_json:
        show_json(found)
        return
    print(unified_diff(before, files) or "nothing differs")
    print(f"{agent} is at commit {found['commit']}, and is released with digest")
    print(found["digest"])


def _base_of(folder: Path) -> str | None:
    path = folder / BASE
    return path.read_text("utf-8").strip() if path.exists() else None


def _known(path: str, taken: Mapping[str, str], there: Mapping[str, Mapping[str, str]]) -> set[str]:
    """Texts that a file may have and be replaced: nobody has changed it here."""
    return {files[path] for files in (taken, there["files"]) if path in files}


def _write(folder: Path, mine: Mapping[str, str], files: Mapping[str, str]) -> None:
    root = folder.resolve()
    if outside := [path for path in files if not (root / path).resolve().is_relative_to(root)]:
        raise typer.BadParameter(f"the server names files outside the folder: {outside}")
    folder.mkdir(parents=True, exist_ok=True)
    for path in set(mine) - set(files):
        (folder / path).unlink()
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
