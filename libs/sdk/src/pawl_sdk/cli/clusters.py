"""`pawl clusters`: what goes wrong, grouped by cause."""

from typing import Annotated

import typer

from pawl_sdk.cli.context import AsJson, Limit, client_of
from pawl_sdk.cli.output import Columns, show_items

COLUMNS: Columns = {
    "id": "cluster_id",
    "agent": "agent",
    "status": "status",
    "size": "size",
    "newest trace": lambda view: view["members"][0] if view["members"] else None,
    "name": "name",
}


def clusters(
    context: typer.Context,
    agent: Annotated[str | None, typer.Option()] = None,
    status: Annotated[str | None, typer.Option(help="open or resolved.")] = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """Failures with one cause each, open ones first, then by size."""
    with client_of(context) as client:
        found = client.clusters(limit, agent=agent, status=status)
        show_items(found, COLUMNS, as_json=as_json)
