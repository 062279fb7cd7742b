"""`pawl spans show|export`, `pawl aggregate`."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from pawl_sdk.cli.context import AsJson, Project, client_of
from pawl_sdk.cli.output import show_fields, show_json

app = typer.Typer(help="Look at single spans, or take many.", no_args_is_help=True)
FIELDS = (
    "span_id", "parent_span_id", "trace_id", "project", "name", "kind", "status",
    "status_message", "started_at", "duration_ms", "model", "tokens_input", "tokens_output",
    "cost_usd", "config_digest",
)  # fmt: skip


@app.command()
def show(
    context: typer.Context,
    span_id: Annotated[str, typer.Argument(help="16 hex digits.")],
    trace_id: Annotated[str | None, typer.Option(help="When several traces use the id.")] = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """One span with its attributes."""
    with client_of(context) as client:
        span = client.spans.get(span_id, trace_id=trace_id, project=project)
    show_fields(span, FIELDS, as_json=as_json)
    if not as_json:
        for name in ("input", "output"):
            if span.get(name):
                print(f"\n{name}\n{span[name]}")
        print("\nattributes")
        show_json(span.get("attributes", {}))


@app.command()
def export(
    context: typer.Context,
    filter_json: Annotated[
        str, typer.Option("--filter", help='JSON, e.g. {"project": ["shop"], "kind": ["LLM"]}')
    ] = "{}",
    format: Annotated[str, typer.Option(help="jsonl or parquet.")] = "jsonl",
    limit: Annotated[int | None, typer.Option(min=1)] = None,
    output: Annotated[Path | None, typer.Option(help="A file; default: stdout.")] = None,
) -> None:
    """Spans that fit, streamed."""
    filters = _object(filter_json, "--filter")
    with client_of(context) as client:
        chunks = client.spans.export(filters, format=format, limit=limit)
        if output is None:
            for chunk in chunks:
                sys.stdout.buffer.write(chunk)
            return
        with output.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)


def aggregate(
    context: typer.Context,
    question: Annotated[
        str,
        typer.Argument(
            help='JSON, e.g. {"filter": {"project": ["shop"]}, "group_by": ["model"], '
            '"measures": [{"op": "count"}, {"op": "sum", "field": "cost_usd"}]}'
        ),
    ] = "{}",
    as_json: AsJson = True,
) -> None:
    """Figures over spans, as JSON; without a question their number."""
    with client_of(context) as client:
        show_json(client.spans.aggregate(_object(question, "QUESTION")))


def _object(text: str, name: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"{name}: expected JSON: {error}") from error
    if not isinstance(value, dict):
        raise typer.BadParameter(f"{name}: expected a JSON object, came {type(value).__name__}")
    return value
