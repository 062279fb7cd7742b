"""`pawl feedback`: say what you think of a run."""

import json
from typing import Annotated, Any

import typer

from pawl_sdk.cli.context import AsJson, client_of, whoami
from pawl_sdk.cli.output import show_json


def post(
    context: typer.Context,
    trace_id: Annotated[str, typer.Argument(help="32 hex digits.")],
    project: Annotated[str, typer.Option()],
    kind: Annotated[str, typer.Option(help="override, confirmation, correction, label or thumb.")],
    expected: Annotated[
        str | None, typer.Option(help="The right answer: JSON, else taken as text.")
    ] = None,
    score: Annotated[float | None, typer.Option(min=-1, max=1)] = None,
    reason: Annotated[str, typer.Option()] = "",
    author: Annotated[str | None, typer.Option(help="Default: your user name.")] = None,
    agent: Annotated[str | None, typer.Option()] = None,
    example_key: Annotated[str | None, typer.Option(help="Names the input.")] = None,
    as_json: AsJson = False,
) -> None:
    """Post feedback on a trace; it is durable when this returns."""
    with client_of(context) as client:
        accepted = client.feedback.post(
            project=project,
            trace_id=trace_id,
            kind=kind,
            author=whoami(author),
            expected=_value(expected),
            reason=reason,
            score=score,
            agent=agent,
            example_key=example_key,
        )
    if as_json:
        show_json(accepted)
    else:
        print("recorded " + ", ".join(accepted["feedback_ids"]))


def _value(text: str | None) -> Any:
    if text is None:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text
