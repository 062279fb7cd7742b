"""The report for a terminal: plain text, wide as it needs to be, nothing that moves a cursor."""

import textwrap
from collections.abc import Iterator, Sequence

from libs.stats.figures import interval, plural, points
from pawl.trying.chart import Marks, chart, legend
from pawl.trying.log import Log
from pawl.trying.plain_text import listed, plain_text, quoted, short
from pawl.trying.result import Result, Share, Span, ToldRule
from pawl.trying.told import changed_words, evidence_words
from pawl.trying.verdict import KINDS, PROMISE, outlook, verdict

WIDTH = 100
BAD_SHOWN = 5
NAMES_SHOWN = 5


def text_report(name: str, result: Result, marks: Marks) -> str:
    """Everything there is to say, in order of what a person asks."""
    parts = [
        _wrapped(f"{plain_text(name)}: {verdict(result)}"),
        _section("How the file was read", _read(result.log)),
        _section("Agreement with the reviewers", _agreement(result)),
        *_rules(result),
        _section(
            "The curve: each row scored before it was learned from",
            [*chart(result.windows, marks), legend(marks)],
        ),
        _section("The evidence", _evidence(result)),
        _section("What more reviews would buy", [_item(one) for one in outlook(result)]),
    ]
    return "\n\n".join(parts) + "\n"


def _section(title: str, lines: Sequence[str]) -> str:
    return "\n".join([title, *(textwrap.indent(line, "  ") for line in lines)])


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(text, WIDTH - 2, subsequent_indent=indent, break_long_words=True)


def _item(text: str) -> str:
    return _wrapped(f"- {text}", "  ")


def read_lines(log: Log) -> Iterator[str]:
    """What each column was taken for, and what was left out; plain text."""
    roles = log.roles
    skipped = f", {plural(log.unreviewed, 'row')} without an expected answer skipped"
    order = f"sorted by {quoted(roles.time)}" if roles.time else "in the order of the file"
    yield (
        f"{log.form}: {plural(log.rows, 'row')}{skipped if log.unreviewed else ''}, "
        f"{plural(len(log.bad), 'bad row') if log.bad else 'none bad'}; "
        f"{plural(len(log.cases), 'review')} {order}"
    )
    guessed = {one.partition(":")[0] for one in roles.said}
    for part in ("answer", "expected", "id", "group", "reason", "time", "precedent"):
        column = getattr(roles, part)
        if column and part not in guessed:
            yield f"{part}: column {quoted(column)}, as asked"
    yield from (plain_text(one) for one in roles.said)
    yield f"facts: {listed(dict.fromkeys(one.column for one in log.facts), 20)}"
    yield from _spelling(log)
    for column, why in log.left_out.items():
        yield f"left out: {quoted(column)}, {plain_text(why)}"
    yield from (plain_text(one) for one in log.notes)
    for bad in log.bad[:BAD_SHOWN]:
        yield f"bad row, {log.unit} {bad.line}: {short(bad.problem, 120)}"
    if len(log.bad) > BAD_SHOWN:
        yield f"and {len(log.bad) - BAD_SHOWN} more bad rows"


def _spelling(log: Log) -> Iterator[str]:
    """What rules call columns otherwise; what was made of cells in full, mere names in short."""
    for one in log.facts:
        if one.how:
            yield f"rules spell {quoted(one.column)} as {one.path} ({short(one.how)})"
    others = [one for one in log.facts if one.path != one.column and not one.how]
    told = [f"{quoted(one.column)} as {one.path}" for one in others[:NAMES_SHOWN]]
    more = len(others) - len(told)
    if told:
        yield f"rules spell {', '.join(told)}" + (f" and {more} more alike" if more else "")


def _read(log: Log) -> list[str]:
    return [_item(one) for one in read_lines(log)]


def _agreement(result: Result) -> list[str]:
    whole = result.whole
    if not result.promotions:
        return [
            f"then, as the agent answered   {_share(whole.recorded)}",
            "as Pawl would have served     the same, since nothing was promoted",
        ]
    return [
        f"then, as the agent answered   {_share(whole.recorded)}",
        f"as Pawl would have served     {_share(whole.served)}  {_gain(whole)}",
        f"  of the last half            {_share(result.half.served)}  {_gain(result.half)}",
        f"  of the last third           {_share(result.third.served)}  {_gain(result.third)}",
    ]


def _share(share: Share) -> str:
    ends = share.interval
    return (
        f"{share.rate * 100:5.1f} %  {share.right} of {share.n}"
        f" (95 % interval {ends.low * 100:.0f} to {ends.high * 100:.0f} %)"
    )


def _gain(span: Span) -> str:
    ends = span.gain_interval
    return f"{points(span.gain)} points ({interval(ends.low, ends.high)})"


def _rules(result: Result) -> Iterator[str]:
    if result.rules:
        yield _section("Served at the end: proved", _told(result.rules))
    newest = [one.rule for one in result.candidate]
    if newest and newest != [one.rule for one in result.rules]:
        title = "The newest draft: not proved"
        yield _section(title, _told(result.candidate))


def _told(rules: Sequence[ToldRule]) -> list[str]:
    lines = []
    for number, one in enumerate(rules, 1):
        counts = f"puts {one.wins} right, makes {one.losses} wrong"
        lines.append(_wrapped(f"{number}. {one.words}: {counts}", "   "))
        lines += [_wrapped(f"   {quoted(quote, 160)}", "   ") for quote in one.quotes]
    lines.append("Counted over all rows, also those that a rule was learned from.")
    return lines


def _evidence(result: Result) -> list[str]:
    lines = [_item(PROMISE)]
    for one in result.promotions:
        told = evidence_words(one.e_value, one.p_value, one.level)
        lines.append(
            _item(
                f"after {one.after} reviews, {one.kind} evidence ({KINDS[one.kind]}): "
                f"{plural(one.wins, 'win')}, {one.losses} lost, {told}; "
                f"{changed_words(one.added, one.removed)}"
            )
        )
    for waiting in result.waiting:
        test = waiting.test
        told = evidence_words(test.e_value, test.p_value, test.level)
        lines.append(
            _item(
                f"waiting, {test.kind} test: {plural(test.wins, 'win')}, {test.losses} lost, {told}"
            )
        )
    if not result.promotions:
        lines.append(_item("nothing was promoted"))
    return lines
