"""Reads, plays, and writes what was asked for."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from libs.acceptance.playback import play
from libs.acceptance.played import Played, PlayTerms
from libs.learning import Case
from pawl.trying.chart import ASCII, UNICODE, Marks
from pawl.trying.document import json_report
from pawl.trying.errors import Unusable
from pawl.trying.html_report import html_report
from pawl.trying.log import Terms, log_of
from pawl.trying.plain_text import plain_text
from pawl.trying.reading import read_rows
from pawl.trying.result import Result, result_of
from pawl.trying.rules_yaml import rules_yaml
from pawl.trying.text_report import text_report

Tick = Callable[[int], None]
Play = Callable[[Sequence[Case], PlayTerms, Tick | None], Played]
DONE, UNUSABLE = 0, 2


@dataclass(frozen=True)
class Outputs:
    """Where the report goes; the terminal gets text unless JSON is asked for."""

    as_json: bool = False
    html: Path | None = None
    rules: Path | None = None


@dataclass(frozen=True)
class Request:
    """One try."""

    file: Path
    terms: Terms = field(default_factory=Terms)
    outputs: Outputs = field(default_factory=Outputs)


def run_try(request: Request, today: date, played_by: Play = play) -> int:
    """The exit code: 0 done, 2 unusable input (told in one line on stderr)."""
    try:
        _check_outputs(request)
        result = _result(request, played_by)
        _write(request, result, today)
    except Unusable as error:
        print(f"pawl: {plain_text(str(error))}", file=sys.stderr)
        return UNUSABLE
    return DONE


def _result(request: Request, played_by: Play) -> Result:
    log = log_of(read_rows(request.file), request.terms)
    tick = _progress(len(log.cases)) if sys.stderr.isatty() else None
    played = played_by(log.cases, PlayTerms(groups=log.groups), tick)
    if tick:
        print("\r\x1b[K", end="", file=sys.stderr)
    return result_of(log, played)


def _progress(every: int) -> Tick:
    step = max(1, every // 100)

    def tick(done: int) -> None:
        if done % step == 0 or done == every:
            print(f"\rplayed {done} of {every} reviews", end="", file=sys.stderr, flush=True)

    return tick


def _write(request: Request, result: Result, today: date) -> None:
    name, outputs = request.file.name, request.outputs
    if outputs.html:
        _save(outputs.html, html_report(name, result, today))
    if outputs.rules:
        _save(outputs.rules, rules_yaml(name, result, today))
    report = json_report(name, result) + "\n" if outputs.as_json else ""
    sys.stdout.write(report or text_report(name, result, _marks()))
    sys.stdout.flush()


def _check_outputs(request: Request) -> None:
    """Before the log is played, which takes a while."""
    for path in filter(None, (request.outputs.html, request.outputs.rules)):
        if path.is_dir() or not path.resolve().parent.is_dir():
            raise Unusable(f"cannot write {path}: expected the name of a file in a folder")
        if path.resolve() == request.file.resolve():
            raise Unusable(f"cannot write {path}: it is the file that is read")


def _save(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", errors="replace")
    except OSError as error:
        raise Unusable(f"cannot write {path}: {error.strerror or error}") from error
    print(f"pawl: wrote {plain_text(str(path))}", file=sys.stderr)


def _marks() -> Marks:
    """What the terminal can show; other characters that it cannot become `?`."""
    encoding = (sys.stdout.encoding or "ascii").lower().replace("-", "")
    if encoding.startswith("utf"):
        return UNICODE
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure:
        reconfigure(errors="replace")
    return ASCII
