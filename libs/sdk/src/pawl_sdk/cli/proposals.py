"""`pawl proposals list|show|approve|reject`."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from pawl_sdk.cli.context import AsJson, Limit, client_of, whoami
from pawl_sdk.cli.output import Columns, show_fields, show_items, show_json

app = typer.Typer(help="Changes that wait for a person.", no_args_is_help=True)
ProposalId = Annotated[str, typer.Argument(help="prop-…")]
Reviewer = Annotated[str | None, typer.Option("--as", help="Default: your user name.")]
Head = Annotated[
    str | None, typer.Option(help="The commit that you read; default: the one it has now.")
]


@app.command("list")
def list_proposals(
    context: typer.Context,
    agent: Annotated[str | None, typer.Option()] = None,
    state: Annotated[str | None, typer.Option(help="E.g. open, approved, refused.")] = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """Proposals, newest first."""
    columns: Columns = {
        "id": lambda view: view["proposal"]["proposal_id"],
        "agent": lambda view: view["proposal"]["agent"],
        "state": "state",
        "risk": "risk",
        "decided by": "decided_by",
        "title": lambda view: view["title"] or view["proposal"]["title"],
    }
    with client_of(context) as client:
        found = client.proposals.list(limit, agent=agent, state=state)
        show_items(found, columns, as_json=as_json)


@app.command()
def show(context: typer.Context, proposal_id: ProposalId, as_json: AsJson = False) -> None:
    """Why, the diff, the evidence."""
    with client_of(context) as client:
        view = client.proposals.get(proposal_id)
    if as_json:
        show_json(view)
        return
    names = (
        "state",
        "risk",
        "title",
        "branch",
        "head_commit",
        "pull_url",
        "decided_by",
        "decided_reason",
    )
    show_fields(view, names, as_json=False)
    print()
    print(view.get("body") or view["proposal"]["diff"])


@app.command()
def approve(
    context: typer.Context,
    proposal_id: ProposalId,
    reviewer: Reviewer = None,
    head: Head = None,
    reason: Annotated[str, typer.Option()] = "",
    as_json: AsJson = False,
) -> None:
    """Approve: it is merged, released and loaded by running agents."""
    _decide(context, "approve", proposal_id, reviewer, head, reason, as_json)


@app.command()
def reject(
    context: typer.Context,
    proposal_id: ProposalId,
    reason: Annotated[str, typer.Option(help="The miner learns from it.")],
    reviewer: Reviewer = None,
    head: Head = None,
    as_json: AsJson = False,
) -> None:
    """Reject, with a reason."""
    _decide(context, "reject", proposal_id, reviewer, head, reason, as_json)


def _decide(
    context: typer.Context,
    decision: str,
    proposal_id: str,
    reviewer: str | None,
    head: str | None,
    reason: str,
    as_json: bool,
) -> None:
    with client_of(context) as client:
        commit = head or _head_of(client.proposals.get(proposal_id))
        view = client.proposals.decide(
            proposal_id, decision, reviewer=whoami(reviewer), head_commit=commit, reason=reason
        )
    if as_json:
        show_json(view)
    else:
        print(f"{proposal_id} is {view['state']}")


def _head_of(view: Mapping[str, Any]) -> str:
    commit = view.get("head_commit")
    if not commit:
        raise typer.BadParameter(
            f"the proposal is {view['state']} and has no pull request to decide"
        )
    return str(commit)
