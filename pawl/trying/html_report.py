"""The report as one page: no script, nothing loaded from elsewhere, all text escaped."""

from datetime import date
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from libs.stats import figures
from pawl.trying.curve import drawing
from pawl.trying.plain_text import plain_text
from pawl.trying.result import Result
from pawl.trying.rules_yaml import when_of
from pawl.trying.text_report import read_lines
from pawl.trying.told import changed_words, evidence_words
from pawl.trying.verdict import KINDS, PROMISE, outlook, verdict

WIDE, NARROW = (860, 320), (340, 260)


def html_report(name: str, result: Result, today: date) -> str:
    """UTF-8 text of the whole page."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": figures.percent,
        "points": figures.points,
        "plural": figures.plural,
        "plain": plain_text,
    }
    proved = [one.rule for one in result.rules]
    return environment.get_template("report.html").render(
        name=plain_text(name),
        today=today.isoformat(),
        result=result,
        verdict=verdict(result),
        outlook=outlook(result),
        promise=PROMISE,
        kinds=KINDS,
        read=list(read_lines(result.log)),
        drawings=[("wide", drawing(result, *WIDE)), ("narrow", drawing(result, *NARROW))],
        draft=result.candidate if [one.rule for one in result.candidate] != proved else (),
        evidence_words=evidence_words,
        changed_words=changed_words,
        when_of=lambda told: when_of(told.rule, result.log),
    )
