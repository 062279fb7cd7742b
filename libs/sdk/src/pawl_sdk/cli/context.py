"""How a command reaches the platform."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

import typer

from pawl_sdk.client import PawlClient

AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]
Limit = Annotated[int, typer.Option(min=1, help="At most so many.")]
Project = Annotated[str | None, typer.Option(help="Needed when an id is in several projects.")]
Reason = Annotated[str, typer.Option(help="Why, for whoever reads the history.")]


@dataclass(frozen=True)
class Connection:
    """The options of the command line; None: from the environment, else the default."""

    url: str | None
    api_key: str | None


@contextmanager
def client_of(context: typer.Context) -> Iterator[PawlClient]:
    """A client for the time of one command."""
    connection: Connection = context.find_root().obj
    with PawlClient(connection.url, connection.api_key) as client:
        yield client


def whoami(given: str | None) -> str:
    """Who is named in the history: the option, else the user of this machine."""
    return given or getpass.getuser()
