"""Compiling is strict, its errors lead to the line, and digests follow meaning."""

import json
import random
from datetime import date
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pawl_sdk.bundle import (
    Bundle,
    BundleError,
    canonical_json,
    compile_bundle,
    digest_of,
    json_value,
)
from pawl_sdk.bundle.yaml_text import dump, load

AGENT = "name: buyer\nparameters: {limit: 5000.0}\ntask: {label: decision, labels: [yes, no]}\n"
RULE = "rules:\n- id: a\n  when: x.y > 1\n  then: {decision: yes}\n  added: 2026-01-01\n"


def compiled(**more: str) -> Bundle:
    files = {"agent.yaml": AGENT, "rules.yaml": RULE, "prompts/system.md": "be kind\n"}
    return compile_bundle("buyer", files | {k.replace("__", "/"): v for k, v in more.items()})


def test_a_bundle_has_the_agreed_form() -> None:
    bundle = compiled(**{"context__v.yaml": "Acme: {a: 1}", "evaluators__e.yaml": "kind: code"})
    assert bundle.document() == {
        "schema": 1,
        "agent": "buyer",
        "spec": {
            "name": "buyer",
            "parameters": {"limit": 5000},
            "task": {"label": "decision", "labels": ["yes", "no"]},
        },
        "prompts": {"system": "be kind\n"},
        "rules": [
            {"id": "a", "when": "x.y > 1", "then": {"decision": "yes"}, "added": "2026-01-01"}
        ],
        "context": {"v": {"Acme": {"a": 1}}},
        "evaluators": {"e": {"kind": "code"}},
    }
    assert bundle.digest == digest_of(bundle.canonical_bytes())
    assert bundle.rules[0].added == date(2026, 1, 1)


def test_bytes_make_the_same_bundle_again() -> None:
    bundle = compiled()
    again = Bundle.from_bytes(bundle.canonical_bytes())
    assert again == bundle
    assert again.digest == bundle.digest


def test_bytes_in_another_form_are_refused() -> None:
    loose = json.dumps(compiled().document(), indent=1).encode()
    with pytest.raises(BundleError, match="another form"):
        Bundle.from_bytes(loose)


def test_a_newer_bundle_is_read_and_keeps_its_digest() -> None:
    document = compiled().document()
    document["spec"]["from_the_future"] = 1
    newer = Bundle.from_document(document)
    assert newer.digest != compiled().digest
    assert Bundle.from_bytes(newer.canonical_bytes()).document()["spec"]["from_the_future"] == 1


def test_comments_order_and_quotes_do_not_change_the_digest() -> None:
    other = (
        '# hello\ntask: {labels: ["yes", no], label: decision}\n'
        "parameters:\n  limit: 5000   # int\nname: 'buyer'\n"
    )
    assert compile_bundle("buyer", {"agent.yaml": other}).digest == (
        compile_bundle("buyer", {"agent.yaml": AGENT}).digest
    )


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({"agent.yaml": "name: buyer\nmodle: x\n"}, "agent.yaml:2: modle"),
        ({"agent.yaml": "name: other\n"}, "agent.yaml:1: name"),
        ({"agent.yaml": "a: [\n"}, "agent.yaml:2: not valid YAML"),
        ({"agent.yaml": "name: buyer\nname: b\n"}, "agent.yaml:2: name: the key stands twice"),
        ({"agent.yaml": "name: &a buyer\nmodel: *a\n"}, "agent.yaml:1: .*aliases"),
        ({"rules.yaml": RULE + RULE[7:]}, "rules.yaml:6: rules.1.id"),
        ({"rules.yaml": RULE.replace("x.y > 1", "x.y >")}, "rules.yaml:3: rules.0.when.*CEL"),
        ({"rules.yaml": RULE.replace("yes", "maybe")}, "rules.yaml:4: rules.0.then.decision"),
        ({"rules.yaml": RULE + "  expires: 2025-01-01\n"}, "rules.yaml:6: rules.0.expires"),
        ({"rules.yaml": RULE.replace("added", "added_at")}, "rules.yaml:2: rules.0.added: "),
        ({"context/v.yaml": "a: 1\n"}, "context/v.yaml:1: a: expected an object, came int"),
        ({"context/v.yaml": "a: {x: .inf, y: 1e999}\n"}, "context/v.yaml:1: .*1e999"),
        ({"secrets.txt": "x"}, "secrets.txt: expected agent.yaml"),
        ({"prompts/../../x.md": "x"}, "expected agent.yaml"),
    ],
)
def test_an_error_names_file_line_and_field(files: dict[str, str], place: str) -> None:
    with pytest.raises(BundleError, match=place):
        compile_bundle("buyer", {"agent.yaml": AGENT} | files)


def test_yes_no_and_dates_stay_text_and_keys_are_always_text() -> None:
    text = "a: yes\nb: 2026-01-01\nc: 1e3\nd: 010\n1: 12:30\n"
    assert load(text, "x") == {"a": "yes", "b": "2026-01-01", "c": 1000.0, "d": 10, "1": "12:30"}


scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20)
values = st.recursive(
    scalars | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(values, st.booleans())
def test_what_is_dumped_as_yaml_is_read_back(value: Any, flow: bool) -> None:
    assert canonical_json(load(dump(value, flow=flow), "x")) == canonical_json(value)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=9), values, max_size=4), st.randoms())
def test_formatting_of_the_yaml_never_changes_the_digest(
    parameters: dict[str, Any], chance: random.Random
) -> None:
    def digest(text: str) -> str:
        return compile_bundle("buyer", {"agent.yaml": f"name: buyer\n{text}"}).digest

    entries = list(parameters.items())
    chance.shuffle(entries)
    block = dump({"parameters": parameters}) + "  # a comment\n"
    flow = "parameters: " + dump(dict(entries), flow=True)
    as_json = "parameters: " + json.dumps(parameters, ensure_ascii=True)
    indented = yaml.dump({"parameters": json_value(parameters)}, Dumper=yaml.SafeDumper, indent=7)
    assert digest(block) == digest(flow)
    raw = json.dumps(parameters, ensure_ascii=False)
    if max(map(ord, raw)) < 0x10000:  # json.dumps escapes others as two halves, YAML does not
        assert digest(block) == digest(as_json)
    if load(indented, "x") == {"parameters": json_value(parameters)}:  # YAML 1.1 differs in few
        assert digest(indented) == digest(flow)


@settings(max_examples=100, deadline=None)
@given(values)
def test_canonical_json_is_a_fixed_point(value: Any) -> None:
    assert canonical_json(json_value(value)) == canonical_json(value)


@pytest.mark.parametrize("value", [float("nan"), 2**60, "\ud800", {1: 2}, object()])
def test_what_json_cannot_say_is_refused(value: Any) -> None:
    with pytest.raises(BundleError):
        canonical_json(value)
