"""Conditions are read as the engine reads them."""

import json

import cel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.experiments.domain.gaming.cel_tokens import Unreadable
from services.experiments.domain.gaming.cel_tree import parse
from services.experiments.domain.gaming.comparisons import comparisons, picks_of, split_pattern
from services.experiments.domain.gaming.normal import normal

TEXTS = ["a", "b", "REQ-1", "it's", 'a "quote"', "tab\there"]
FACTS = st.fixed_dictionaries(
    {"n": st.integers(-3, 3), "t": st.sampled_from(TEXTS), "yes": st.booleans()}
)
TESTS = st.one_of(
    st.builds(
        lambda op, n: f"n {op} {n}",
        st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
        st.integers(-3, 3),
    ),
    st.builds(lambda t: f"t == {json.dumps(t)}", st.sampled_from(TEXTS)),
    st.builds(lambda ts: f"t in {json.dumps(ts)}", st.lists(st.sampled_from(TEXTS), min_size=1)),
    st.just("yes"),
    st.just('t.startsWith("a")'),
    st.just("[1, 2].exists(x, x == n)"),
)


def joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds(lambda a, b: f"({a} && {b})", inner, inner),
        st.builds(lambda a, b: f"({a} || {b})", inner, inner),
        st.builds(lambda a: f"!({a})", inner),
        st.builds(lambda a, b, c: f"(({a}) ? ({b}) : ({c}))", inner, inner, inner),
        st.builds(lambda a: f"(({a}) == true)", inner),
        st.builds(lambda a: f"(({a}) != true)", inner),
    )


CONDITIONS = st.recursive(TESTS, joined, max_leaves=6)


def truth(expression: str, facts: dict[str, object]) -> bool:
    return bool(cel.compile(expression).execute(cel.Context(variables=facts)))


@given(condition=CONDITIONS, facts=FACTS)
@settings(max_examples=200, deadline=None)
def test_the_normal_form_says_the_same(condition, facts) -> None:
    assert truth(normal(condition), facts) == truth(condition, facts)


@given(condition=CONDITIONS)
@settings(max_examples=100, deadline=None)
def test_in_normal_form_only_tests_stand_below_and_and_or(condition) -> None:
    for test in comparisons(normal(condition)):
        assert test.node.kind not in ("and", "or", "not", "cond")


@pytest.mark.parametrize(
    "text",
    [
        "a.b.c == 1.5e3 && !(x in [1, 2u, 0x1F])",
        r'r"a\d" == t || t == "\u0041\x42\103" // a comment',
        "has(a.b) && a['b'] == b\"x\"",
        'Foo{a: 1}.a == {"k": [1]}["k"][0]',
        "t == '''three 'quotes' ''' || -n < -1",
    ],
)
def test_whatever_the_engine_compiles_is_read(text) -> None:
    cel.compile(text)
    assert parse(text).kind in ("and", "or", "relation")


@pytest.mark.parametrize(
    "text", ["", "a &&", "a b", '"open', "(a", "a.1", "[1", "\u201ca\u201d", "(" * 200]
)
def test_what_is_no_condition_is_said_so(text) -> None:
    with pytest.raises(Unreadable):
        parse(text)


def test_a_variable_of_a_loop_is_no_fact() -> None:
    assert parse("[1].exists(x, x == n.m)").paths() == {"n.m"}


def test_each_entry_of_a_list_is_a_literal_of_its_own() -> None:
    (test,) = comparisons('t in ["a", "b"]')
    assert [pick.asks for pick in picks_of(test)] == ['t in ["a"]', 't in ["b"]']


@pytest.mark.parametrize(
    ("pattern", "alternatives"),
    [
        ("a|b", ["a", "b"]),
        ("x(?:a|b)y", ["a", "b"]),
        (r"a\|b[|]c", []),
        ("(a)(b|c)|d", ["(a)(b|c)", "d"]),
    ],
)
def test_each_alternative_of_a_pattern_is_one_of_its_own(pattern, alternatives) -> None:
    assert [one for one, _ in split_pattern(pattern)] == alternatives
