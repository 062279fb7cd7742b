"""`pawl traces list|show|find|preview|jq|follow`, `pawl projects`, `pawl session`."""

from typing import Annotated, Any

import typer

from pawl_sdk.cli.context import AsJson, Limit, Project, client_of
from pawl_sdk.cli.output import Columns, show_fields, show_items, show_json

app = typer.Typer(help="Look at traces.", no_args_is_help=True)
TraceId = Annotated[str, typer.Argument(help="32 hex digits.")]
Many = Annotated[list[str] | None, typer.Option(help="May be given several times.")]

LIST = {
    "trace": "trace_id",
    "started": "started_at",
    "name": "root_name",
    "status": "status",
    "ms": "duration_ms",
    "spans": "span_count",
    "errors": "error_count",
    "project": "project",
    "agent": "agent",
}
SPAN = {
    "span": "span_id",
    "parent": "parent_span_id",
    "kind": "kind",
    "name": "name",
    "status": "status",
    "ms": "duration_ms",
}


@app.command("list")
def list_traces(
    context: typer.Context,
    project: Many = None,
    agent: Many = None,
    session_id: Many = None,
    status: Annotated[list[str] | None, typer.Option(help="OK, ERROR or UNSET.")] = None,
    name: Annotated[list[str] | None, typer.Option(help="Of any span.")] = None,
    attribute: Annotated[list[str] | None, typer.Option(help="key=value, or key.")] = None,
    config_digest: Many = None,
    evaluation_label: Annotated[str | None, typer.Option()] = None,
    start: Annotated[str | None, typer.Option(help="ISO time with zone.")] = None,
    end: Annotated[str | None, typer.Option(help="ISO time with zone.")] = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """Traces, newest first."""
    filters: dict[str, Any] = {
        "project": project,
        "agent": agent,
        "session_id": session_id,
        "status": status,
        "name": name,
        "attribute": attribute,
        "config_digest": config_digest,
        "evaluation_label": evaluation_label,
        "start": start,
        "end": end,
    }
    with client_of(context) as client:
        show_items(client.traces.list(limit, **filters), LIST, as_json=as_json)


@app.command()
def show(
    context: typer.Context, trace_id: TraceId, project: Project = None, as_json: AsJson = False
) -> None:
    """A trace: its spans, evaluations and feedback."""
    with client_of(context) as client:
        tree = client.traces.get(trace_id, project)
    if as_json:
        show_json(tree)
        return
    show_fields(tree["summary"], [*LIST.values(), "session_id", "config_digest"], as_json=False)
    print()
    show_items(tree["spans"], SPAN, as_json=False)
    for title, columns in (
        (
            "evaluations",
            {
                "evaluator": "evaluator",
                "label": "label",
                "passed": "passed",
                "explanation": "explanation",
            },
        ),
        (
            "feedback",
            {"kind": "kind", "author": "author", "expected": "expected", "reason": "reason"},
        ),
    ):
        if tree[title]:
            print(f"\n{title}")
            show_items(tree[title], columns, as_json=False)


@app.command()
def find(
    context: typer.Context,
    trace_id: TraceId,
    pattern: Annotated[str, typer.Argument(help="A regular expression.")],
    ignore_case: Annotated[bool, typer.Option("--ignore-case", "-i")] = False,
    limit: Limit = 100,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Where a regular expression matches any field of any span."""
    with client_of(context) as client:
        found = client.traces.find(
            trace_id, pattern, ignore_case=ignore_case, limit=limit, project=project
        )
    columns = {"span": "span_id", "field": "field", "offset": "offset", "snippet": "snippet"}
    show_items(found["items"], columns, as_json=as_json)


@app.command()
def preview(
    context: typer.Context,
    trace_id: TraceId,
    chars: Annotated[int, typer.Option(help="Of each text.")] = 160,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """The trace at a glance: each span's share of the latency."""
    with client_of(context) as client:
        found = client.traces.preview(trace_id, chars, project)
    if as_json:
        show_json(found)
        return
    columns: Columns = {
        "span": lambda line: "  " * line["depth"] + line["name"],
        "kind": "kind",
        "ms": "duration_ms",
        "share": lambda line: f"{line['latency_share']:.0%}",
        "critical": lambda line: f"{line['critical_share']:.0%}",
        "tokens": "tokens",
        "output": "output",
    }
    show_items(found["lines"], columns, as_json=False)


@app.command()
def jq(
    context: typer.Context,
    trace_id: TraceId,
    program: Annotated[str, typer.Argument(help="A jq program over the array of spans.")],
    span_id: Annotated[str | None, typer.Option(help="Only this span.")] = None,
    field: Annotated[str | None, typer.Option(help="This JSON field of the span.")] = None,
    project: Project = None,
    as_json: AsJson = True,
) -> None:
    """Results of a jq program, one JSON value a line."""
    with client_of(context) as client:
        found = client.traces.jq(trace_id, program, span_id=span_id, field=field, project=project)
    for result in found["results"]:
        show_json(result)


@app.command()
def follow(
    context: typer.Context,
    trace_id: TraceId,
    value: Annotated[str, typer.Argument(help="The text to follow.")],
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Where a value appears first and where it travels."""
    with client_of(context) as client:
        found = client.traces.follow(trace_id, value, project)
    columns = {"at": "at", "span": "span_id", "name": "span_name", "field": "field", "role": "role"}
    show_items(found["items"], columns, as_json=as_json)


def projects(context: typer.Context, as_json: AsJson = False) -> None:
    """Projects and what the store holds of them."""
    columns = {
        "project": "name",
        "traces": "trace_count",
        "spans": "span_count",
        "errors": "error_count",
        "last seen": "last_seen_at",
    }
    with client_of(context) as client:
        show_items(client.projects(), columns, as_json=as_json)


def session(
    context: typer.Context,
    session_id: Annotated[str, typer.Argument()],
    as_json: AsJson = False,
) -> None:
    """A session: totals and its traces."""
    with client_of(context) as client:
        found = client.session(session_id)
    if as_json:
        show_json(found)
        return
    names = ("session_id", "trace_count", "span_count", "error_count", "tokens_total", "cost_usd")
    show_fields(found, names, as_json=False)
    show_items(found["traces"], LIST, as_json=False)
