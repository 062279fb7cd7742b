"""Edits change what they name and nothing else."""

import re
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pawl_sdk.bundle import (
    EditError,
    apply_edits,
    canonical_json,
    compile_bundle,
    proposal_id,
    unified_diff,
    yaml_text,
)

AGENT = """\
# the agent
name: buyer   # do not rename
model: none
parameters:
  threshold: 0.5  # tuned by hand
tools: [check_policy]
task: {label: decision, labels: [approve, reject], group_by: [vendor]}
"""
RULES = """\
# Learned rules: the first match wins.
rules:
  # from the outage
  - id: owed
    when: |
      vendor.name == "Acme"

    then: {decision: approve}   # goodwill
    because: >-
      They helped
      us out.
    added: 2026-01-01

  # second

  - id: spend
    when: request.amount > 10
    then:
      decision: reject
    added: 2026-01-02   # end
# tail
"""
VENDORS = """\
# who is who
Acme: {status: approved}  # friend
Globex:
  status: suspended   # for good
  note: "double-billed"
# end
"""
FILES = {"agent.yaml": AGENT, "rules.yaml": RULES, "context/vendors.yaml": VENDORS}
NEW_RULE = {
    "id": "fresh",
    "when": "request.department == 'Security' && request.amount < 100.0",
    "then": {"decision": "approve", "confidence": 0.9},
    "because": "People said: yes # truly\nand twice",
    "evidence": ["12 overrides", 12],
    "added": "2026-02-01",
}


def lines_kept(before: str, after: str) -> bool:
    """Every line of `before` stands in `after`, in order."""
    rest = iter(after.split("\n"))
    return all(line in rest for line in before.split("\n"))


@pytest.mark.parametrize("before", [None, "owed", "spend"])
def test_an_added_rule_leaves_every_other_line_as_it_was(before: str | None) -> None:
    edit = {"op": "add_rule", "rule": NEW_RULE, "before": before}
    after = apply_edits(FILES, [edit])
    assert lines_kept(RULES, after["rules.yaml"])
    assert after["agent.yaml"] == AGENT
    ids = [rule.id for rule in compile_bundle("buyer", after).rules]
    where = {None: 2, "owed": 0, "spend": 1}[before]
    assert ids.index("fresh") == where
    assert compile_bundle("buyer", after).document()["rules"][where] == NEW_RULE


@pytest.mark.parametrize("before", [None, "owed", "spend"])
def test_adding_and_removing_a_rule_gives_the_text_back(before: str | None) -> None:
    edits = [
        {"op": "add_rule", "rule": NEW_RULE, "before": before},
        {"op": "remove_rule", "rule_id": "fresh"},
    ]
    assert apply_edits(FILES, edits) == FILES


def test_without_the_fast_yaml_parser_edits_give_the_same_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    edits = [
        {"op": "add_rule", "rule": NEW_RULE, "before": "spend"},
        {"op": "remove_rule", "rule_id": "owed"},
        {"op": "set_context", "name": "vendors", "key": "Globex", "value": {"status": "ok"}},
        {"op": "set_parameter", "path": "parameters.threshold", "value": 1},
    ]
    fast = apply_edits(FILES, edits)

    class Slow(yaml.SafeLoader):
        yaml_implicit_resolvers = yaml_text._Loader.yaml_implicit_resolvers

    monkeypatch.setattr(yaml_text, "_Loader", Slow)
    assert apply_edits(FILES, edits) == fast


def test_a_removed_rule_takes_only_its_own_lines() -> None:
    text = apply_edits(FILES, [{"op": "remove_rule", "rule_id": "owed"}])["rules.yaml"]
    assert "Acme" not in text
    assert "goodwill" not in text
    for comment in ("# Learned rules", "# from the outage", "# second", "# end", "# tail"):
        assert comment in text


def test_removing_every_rule_leaves_an_empty_list_that_takes_a_new_one() -> None:
    edits = [{"op": "remove_rule", "rule_id": name} for name in ("owed", "spend")]
    empty = apply_edits(FILES, edits)
    assert "rules: []" in empty["rules.yaml"]
    again = apply_edits(empty, [{"op": "add_rule", "rule": NEW_RULE, "before": None}])
    assert [rule.id for rule in compile_bundle("buyer", again).rules] == ["fresh"]
    assert "# tail" in again["rules.yaml"]


@pytest.mark.parametrize(
    "text",
    ["", "# none yet\n", "rules:\n", "rules: []  # none yet\n", "rules: null\n", "rules: # none\n"],
)
def test_the_first_rule_goes_into_any_empty_file(text: str) -> None:
    files = {"agent.yaml": AGENT, "rules.yaml": text}
    after = apply_edits(files, [{"op": "add_rule", "rule": NEW_RULE, "before": None}])
    assert compile_bundle("buyer", after).rules[0].id == "fresh"
    assert after["rules.yaml"].count("# none") == text.count("# none")


def test_a_context_entry_is_replaced_in_place_and_others_keep_their_comments() -> None:
    edit = {"op": "set_context", "name": "vendors", "key": "Globex", "value": {"status": "ok"}}
    text = apply_edits(FILES, [edit])["context/vendors.yaml"]
    assert text == VENDORS.replace(
        '\n  status: suspended   # for good\n  note: "double-billed"', " {status: ok}"
    )


def test_a_context_file_is_made_filled_and_emptied() -> None:
    one = {"op": "set_context", "name": "new", "key": "yes", "value": {"n": 1}}
    files = apply_edits(FILES, [one])
    assert compile_bundle("buyer", files).context["new"] == {"yes": {"n": 1}}
    files = apply_edits(files, [{"op": "remove_context", "name": "new", "key": "yes"}, one])
    assert compile_bundle("buyer", files).context["new"] == {"yes": {"n": 1}}


def test_a_parameter_changes_and_its_comment_stays() -> None:
    edits = [
        {"op": "set_parameter", "path": "parameters.threshold", "value": 0.75},
        {"op": "set_parameter", "path": "limits.calls.max", "value": 3},
    ]
    text = apply_edits(FILES, edits)["agent.yaml"]
    assert "threshold: 0.75  # tuned by hand" in text
    bundle = compile_bundle("buyer", {"agent.yaml": text})
    assert bundle.spec.limits == {"calls": {"max": 3}}


def test_replace_text_needs_exactly_one_place() -> None:
    files = {**FILES, "prompts/system.md": "be kind, be brief"}
    edit = {"op": "replace_text", "path": "prompts/system.md", "before": "kind", "after": "firm"}
    assert apply_edits(files, [edit])["prompts/system.md"] == "be firm, be brief"
    with pytest.raises(EditError, match="2 times"):
        apply_edits(files, [{**edit, "before": "be"}])


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ({"op": "explode"}, "explode"),
        ({"op": "add_rule", "rule": {**NEW_RULE, "when": "1 +"}}, "CEL"),
        ({"op": "add_rule", "rule": {**NEW_RULE, "wehn": "x"}}, "wehn"),
        ({"op": "add_rule", "rule": {**NEW_RULE, "id": "owed"}}, "already"),
        ({"op": "add_rule", "rule": NEW_RULE, "before": "nobody"}, "no rule 'nobody'"),
        ({"op": "remove_rule", "rule_id": "nobody"}, "no rule 'nobody'"),
        ({"op": "set_parameter", "path": "task.labels", "value": []}, "path"),
        ({"op": "replace_text", "path": "../etc", "before": "a", "after": "b"}, "prompts/"),
        ({"op": "remove_context", "name": "vendors", "key": "x"}, "no entry 'x'"),
    ],
)
def test_a_wrong_edit_is_refused_by_number_and_reason(edit: dict[str, Any], words: str) -> None:
    with pytest.raises(EditError, match=f"edit 0.*{words}"):
        apply_edits(FILES, [edit])


def test_the_proposal_id_depends_on_meaning_only() -> None:
    first = proposal_id("buyer", "abc", [{"op": "remove_rule", "rule_id": "owed"}])
    assert first == proposal_id("buyer", "abc", [{"rule_id": "owed", "op": "remove_rule"}])
    assert first != proposal_id("buyer", "abd", [{"op": "remove_rule", "rule_id": "owed"}])
    assert re.fullmatch("prop-[0-9a-f]{12}", first)


def test_the_diff_shows_changed_lines_and_a_missing_newline() -> None:
    text = unified_diff({"a.md": "x\ny"}, {"a.md": "x\nz\n", "b.md": "n\n"})
    assert "-y\n\\ No newline at end of file\n+z\n" in text
    assert "--- /dev/null\n+++ b/b.md\n" in text


scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=30)
numbers = st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    scalars | numbers,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3)
    ),
    max_leaves=6,
)
keys = st.from_regex(r"[^\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]{1,20}", fullmatch=True)
objects = st.dictionaries(keys, values, max_size=3)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(keys, objects, st.booleans()), min_size=1, max_size=6))
def test_any_context_edits_compile_to_what_was_meant(
    steps: list[tuple[str, dict[str, Any], bool]],
) -> None:
    files, meant = dict(FILES), compile_bundle("buyer", FILES).document()["context"]["vendors"]
    for key, value, remove in steps:
        edit: dict[str, Any] = {"op": "set_context", "name": "vendors", "key": key, "value": value}
        files, meant = apply_edits(files, [edit]), {**meant, key: value}
        if remove:
            files = apply_edits(files, [{"op": "remove_context", "name": "vendors", "key": key}])
            del meant[key]
    compiled = compile_bundle("buyer", files).document()["context"]["vendors"]
    assert canonical_json(compiled) == canonical_json(meant)
    assert "# who is who\n" in files["context/vendors.yaml"]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(objects.filter(bool), st.text(max_size=60)), min_size=1, max_size=4))
def test_any_added_rules_compile_to_what_was_meant(rules: list[tuple[dict[str, Any], str]]) -> None:
    made = [
        {"id": f"r{index}", "when": "true", "then": then, "because": because, "added": "2026-01-01"}
        for index, (then, because) in enumerate(rules)
        if "decision" not in then
    ]
    edits = [{"op": "add_rule", "rule": rule, "before": "owed"} for rule in made]
    after = apply_edits(FILES, edits)
    assert lines_kept(RULES, after["rules.yaml"])
    compiled = compile_bundle("buyer", after).document()["rules"]
    assert canonical_json(compiled[: len(made)]) == canonical_json(made)
