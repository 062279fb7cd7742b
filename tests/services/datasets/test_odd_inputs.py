"""Whatever a sender wrote, an example holds strict JSON and text that every database takes."""

import json

import pytest
from pawl_sdk.bundle import Task, canonical_json, digest_of

from libs.contracts.api import TraceTree
from libs.contracts.groups import group_of
from libs.facts import fingerprint, plain, storable
from libs.facts.plain_json import DEPTH_MAX
from services.datasets.domain.example import Example, UnusableFeedback, example_of
from tests.services.datasets.world import AGENT, feedback, request, trace

TRACE_ID = f"{7:032x}"
HUGE = 2**53 + 1


def ran(text: str, **changes: object) -> TraceTree:
    """The trace of a run whose `input.value` is this very text."""
    made = trace(request(7), {"decision": "flag"}, TRACE_ID, "sha256:x")
    root = made.spans[0].model_copy(update={"input": text} | changes)
    return made.model_copy(update={"spans": (root,)})


def made_of(text: str, group_by: tuple[str, ...] = (), **said: object) -> Example:
    given = feedback(request(7), TRACE_ID, **({"example_key": None} | said))
    task = Task(label="decision", labels=("approve", "reject", "flag"), group_by=group_by)
    return example_of(given, ran(text), AGENT, task)


@pytest.mark.parametrize(
    ("text", "document"),
    [
        (f'{{"id": {HUGE}}}', {"id": HUGE}),
        (f'{{"id": {2**70}, "n": -{10**400}}}', {"id": 2**70, "n": None}),
        ('{"amount": NaN, "rates": [Infinity, -Infinity, 1e999, 1.5]}',
         {"amount": None, "rates": [None, None, None, 1.5]}),
        ('{"text": "cut \\ud83d", "\\ud83d": 1, "whole": "\\ud83d\\ude00"}',
         {"text": "cut ?", "?": 1, "whole": "😀"}),
        ('{"text": "a\\u0000b"}', {"text": "a\0b"}),
        ("plain words \0", "plain words \0"),
        ('{"id": 5', '{"id": 5'),
    ],
    ids=["integer", "googol", "nan", "surrogate", "nul", "text", "no json"],
)  # fmt: skip
def test_an_unusual_input_becomes_an_example_that_everybody_can_read(
    text: str, document: object
) -> None:
    example = made_of(text)
    assert example.input == document
    assert example.example_key == made_of(text).example_key
    json.dumps(example.input, allow_nan=False, ensure_ascii=False).encode()
    example.group.encode()


def test_an_input_nested_too_deeply_to_be_read_back_is_refused() -> None:
    for depth in (DEPTH_MAX + 1, 100_000):
        with pytest.raises(UnusableFeedback, match="deeper than 100 levels"):
            made_of("[" * depth + "]" * depth)
    assert made_of("[" * DEPTH_MAX + "]" * DEPTH_MAX).input


def test_integers_that_are_one_double_are_two_examples() -> None:
    one, other = made_of(f'{{"id": {2**53}}}'), made_of(f'{{"id": {2**53 + 1}}}')
    assert one.example_key != other.example_key
    assert fingerprint({"a": 1, "id": HUGE}, 16) == fingerprint({"id": HUGE, "a": 1}, 16)


@pytest.mark.parametrize("given", [request(7), {"id": "ä", "n": [1.0, None, True]}, "text", 5])
def test_keys_and_groups_of_usual_inputs_stay_what_they_were(given: object) -> None:
    example = made_of(json.dumps(given))
    digest = digest_of(canonical_json(given)).removeprefix("sha256:")
    assert example.example_key == "input:" + digest[:16]
    assert example.input == given
    assert example.group == group_of(given, ())


@pytest.mark.parametrize("text", [f'{{"id": {HUGE}}}', '{"id": NaN}', '{"id": "a\\u0000b"}'])
def test_the_group_is_that_of_the_input_as_it_came(text: str) -> None:
    for paths in ((), ("id",)):
        group = group_of(json.loads(text), paths)
        example = made_of(text, paths)
        assert example.group == group


def test_what_was_said_is_kept_as_text_that_every_table_holds() -> None:
    example = made_of("{}", reason="too\0dear", precedent="p\0", example_key="k\0")
    assert (example.reason, example.precedent, example.example_key) == ("too?dear", "p?", "k?")
    assert storable("cut \ud83d") == "cut ?"


def test_facts_and_answers_are_plain_too() -> None:
    task = Task(label="decision")
    attributes = {"pawl.facts": '{"amount": NaN, "vendor": "\\ud83d"}'}
    tree = ran("{}", attributes=attributes, output='{"decision": "\\ud83d"}')
    example = example_of(feedback(request(7), TRACE_ID), tree, AGENT, task)
    assert example.facts == {"amount": None, "vendor": "?"}
    assert example.answered == "?"
    assert plain({"a": [True, 0, "x", None]}) == {"a": [True, 0, "x", None]}
