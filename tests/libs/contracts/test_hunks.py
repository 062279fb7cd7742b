"""What a page says of an edit is true of the edit that was tested, not of a longer draft of it."""

from typing import Any

from libs.contracts import hunks
from libs.testkit.proposals import RULES, drafted, finished

COMMIT = "a" * 40


def shortened(edit: dict[str, Any]) -> dict[str, Any]:
    rule = {**edit["rule"], "when": 'request.department == "Security"'}
    return {**edit, "rule": rule}


def test_an_edit_as_it_was_drafted_keeps_its_words_and_figures() -> None:
    draft = drafted(COMMIT)
    first = hunks.tested_hunks(draft, finished(draft))[0]
    assert first.words == "When Security asks and the agent wants to flag, approve."
    assert first.figures.startswith(
        "Changes 12 answers among the lessons: 11 to right, 1 to wrong."
    )


def test_a_shortened_edit_is_told_as_it_is_now_and_without_the_figures_of_the_draft() -> None:
    draft = drafted(COMMIT)
    verdict = finished(draft, edits=[shortened(dict(RULES[0])), RULES[2]], edit_origins=(0, 2))
    first, second = hunks.tested_hunks(draft, verdict)
    assert first.words == (
        'When request.department == "Security": decision approve (shortened; the draft said: '
        "When Security asks and the agent wants to flag, approve.)"
    )
    assert (first.is_measured, "Changes" in first.figures) == (False, False)
    assert (second.index, second.is_measured) == (2, True)
    assert hunks.left_out(draft, verdict) == 1


def test_a_rule_that_only_moved_is_not_shortened() -> None:
    draft = drafted(COMMIT, [{**RULES[0], "before": "r9"}])
    moved = finished(draft, edits=[{**RULES[0], "before": None}], edit_origins=(0,))
    assert hunks.tested_hunks(draft, moved)[0].is_measured


def test_an_edit_that_nobody_explained_is_described() -> None:
    tool = {"op": "set_context", "name": "vendors", "key": "Acme", "value": {"status": "held"}}
    draft = drafted(COMMIT, [RULES[1], tool], evidence=())
    rule, context = hunks.tested_hunks(draft, finished(draft))
    assert rule.words.endswith('draft.decision == "approve": decision flag-for-review')
    assert context.words == "set context key Acme, name vendors"
