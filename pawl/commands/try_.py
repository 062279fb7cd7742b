"""`pawl try FILE`: what would Pawl have learned from a log of past decisions?"""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

EPILOG = (
    "Example: pawl try decisions.csv --answer agent_decision --expected final_decision "
    "--reason comment --html report.html"
)


def try_file(
    file: Annotated[Path, typer.Argument(help="CSV, TSV, JSONL or a JSON array; may be gzipped.")],
    answer: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="What the agent answered.")
    ] = None,
    expected: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="What the reviewer held right.")
    ] = None,
    id_: Annotated[
        str | None, typer.Option("--id", metavar="COLUMN", help="Names a row in reports.")
    ] = None,
    group: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Near-copies share it: they count once.")
    ] = None,
    reason: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The reviewer's words.")
    ] = None,
    time: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Sorts the rows; else the file's order.")
    ] = None,
    precedent: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The reviewer's tag of a precedent.")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="No fact; may be repeated.")
    ] = None,
    keep: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="A fact whatever it seems.")
    ] = None,
    empty_agrees: Annotated[
        bool, typer.Option("--empty-agrees", help="No expected answer: the agent was right.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One document on stdout.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write the report as one page.")] = None,
    rules: Annotated[Path | None, typer.Option(help="Write the rules as rules.yaml.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first bad row.")] = False,
    bad_rows_max: Annotated[
        float, typer.Option(min=0, max=1, help="Share of bad rows that is borne.")
    ] = 0.05,
) -> None:
    """See what Pawl would have learned from a log of past decisions. Needs no platform.

    Every row is scored before it is learned from. Columns that no option names are guessed, and
    the report says how; all others are facts that rules may speak of.
    """
    from pawl.trying.guessing import Asked  # brings numpy and scipy
    from pawl.trying.log import Terms
    from pawl.trying.run import Outputs, Request, run_try

    asked = Asked(answer, expected, id_, group, reason, time, precedent)
    terms = Terms(
        asked=asked,
        ignored=tuple(ignore or ()),
        kept=tuple(keep or ()),
        empty_agrees=empty_agrees,
        strict=strict,
        bad_share_max=bad_rows_max,
    )
    outputs = Outputs(as_json=as_json, html=html, rules=rules)
    raise typer.Exit(run_try(Request(file, terms, outputs), date.today()))
