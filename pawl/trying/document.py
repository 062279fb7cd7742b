"""The report for a machine: one JSON document."""

import json
from math import isfinite
from typing import Any

from pawl.trying.log import Log
from pawl.trying.result import Result, Share, Span, ToldRule, Waiting
from pawl.trying.rules_yaml import when_of
from pawl.trying.verdict import outlook, verdict

VERSION = 1


def json_report(name: str, result: Result) -> str:
    """Indented, in ASCII, so that no terminal and no pipe can trip over it."""
    return json.dumps(_finite(document(name, result)), indent=2, allow_nan=False)


def document(name: str, result: Result) -> dict[str, Any]:
    """Shares are between 0 and 1; rows are counted from 1 in the order they were played."""
    log = result.log
    return {
        "version": VERSION,
        "file": name,
        "verdict": verdict(result),
        "read": _read(log),
        "agreement": {
            "all": _span(result.whole),
            "last_half": _span(result.half),
            "last_third": _span(result.third),
        },
        "curve": [_span(one) for one in result.windows],
        "rules": [_rule(one, log) for one in result.rules],
        "candidate": [_rule(one, log) for one in result.candidate],
        "promotions": [_promotion(one, result) for one in result.promotions],
        "waiting": [_waiting(one) for one in result.waiting],
        "outlook": list(outlook(result)),
    }


def _read(log: Log) -> dict[str, Any]:
    roles = {key: value for key, value in vars(log.roles).items() if key != "said"}
    return {
        "format": log.form,
        "rows": log.rows,
        "reviews": len(log.cases),
        "unreviewed": log.unreviewed,
        "columns": roles,
        "guessed": list(log.roles.said),
        "facts": [{"path": f.path, "column": f.column, "how": f.how} for f in log.facts],
        "left_out": dict(log.left_out),
        "notes": list(log.notes),
        "bad_rows": [{log.unit: bad.line, "problem": bad.problem} for bad in log.bad],
    }


def _share(share: Share | None) -> dict[str, Any] | None:
    if share is None:
        return None
    ends = [share.interval.low, share.interval.high]
    return {"share": share.rate, "right": share.right, "n": share.n, "ci": ends}


def _span(span: Span) -> dict[str, Any]:
    return {
        "rows": [span.first, span.last],
        "recorded": _share(span.recorded),
        "served": _share(span.served),
        "draft": _share(span.learner),
        "gain": span.gain,
        "gain_ci": [span.gain_interval.low, span.gain_interval.high],
    }


def _rule(told: ToldRule, log: Log) -> dict[str, Any]:
    return {
        "words": told.words,
        "when": when_of(told.rule, log),
        "answer": told.rule.answer,
        "wins": told.wins,
        "losses": told.losses,
        "quotes": list(told.quotes),
    }


def _promotion(one: Any, result: Result) -> dict[str, Any]:
    say = result.speaker.rule
    return {
        "after": one.after,
        "kind": one.kind,
        "wins": one.wins,
        "losses": one.losses,
        "e_value": one.e_value,
        "p_value": one.p_value,
        "level": one.level,
        "added": [say(rule) for rule in one.added],
        "removed": [say(rule) for rule in one.removed],
    }


def _waiting(one: Waiting) -> dict[str, Any]:
    test = one.test
    return {
        "kind": test.kind,
        "wins": test.wins,
        "losses": test.losses,
        "n": test.n,
        "e_value": test.e_value,
        "p_value": test.p_value,
        "level": test.level,
        "further_reviews": one.further,
    }


def _finite(value: Any) -> Any:
    """Infinity has no place in JSON: the largest double stands for it."""
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    if isinstance(value, float) and not isfinite(value):
        return None if value != value else 1.7976931348623157e308
    return value
