"""A harmful part of a good edit falls out by itself; what is left says the same as before."""

from typing import Any

import cel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pawl_sdk.bundle import apply_edits, compile_bundle

from services.experiments.domain.atoms import atoms_of, simplified_edits
from services.experiments.domain.gaming import refused, review_edits
from services.experiments.domain.gaming.reach import Reach, RuleLists
from services.experiments.domain.minimality import Tally, Unit, minimise
from tests.services.experiments.domain.agent_world import (
    BUNDLE,
    FILES,
    LABEL,
    LESSONS,
    context,
    prompt,
    rule,
)

FACTS = [{"n": n, "t": t} for n in range(4) for t in ("a", "b", "c")]
TESTS = st.sampled_from(
    [
        "n > 1",
        't == "a"',
        't in ["a", "b"]',
        '!(t in ["b", "c"])',
        "n == 2",
        '(n < 3 ? true : t != "c")',
    ]
)
WHENS = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        st.builds(lambda a, b: f"({a} && {b})", inner, inner),
        st.builds(lambda a, b: f"({a} || {b})", inner, inner),
    ),
    max_leaves=6,
)


def held(when: str) -> list[bool]:
    program = cel.compile(when)
    return [program.execute(cel.Context(variables=one)) for one in FACTS]


@given(when=WHENS, chance=st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_leaving_a_part_out_goes_only_the_way_that_it_says(when, chance) -> None:
    edits = [rule(when)]
    atoms = atoms_of(edits)
    gone = chance.choice(atoms)
    left = simplified_edits(edits, [atom.index for atom in atoms if atom is not gone]).edits
    if not left:
        assert len(atoms) == 1
        return
    before, after = held(when), held(left[0]["rule"]["when"])
    wider = all(now or not was for was, now in zip(before, after, strict=True))
    narrower = all(was or not now for was, now in zip(before, after, strict=True))
    assert wider if gone.broadens else narrower


@given(when=WHENS)
@settings(max_examples=60, deadline=None)
def test_with_all_parts_an_edit_is_as_it_was(when) -> None:
    edits = [rule(when), prompt("One. Two.\nThree."), context("Acme", {"a": 1, "b": 2})]
    found = simplified_edits(edits, range(len(atoms_of(edits))))
    assert list(found.edits) == edits
    assert found.origins == (0, 1, 2)


def texts(*edits: dict[str, Any]) -> list[tuple[str, str]]:
    return [(atom.kind, atom.text) for atom in atoms_of(edits)]


def test_conditions_fall_into_clauses_and_entries_and_guards_stay_with_what_they_guard() -> None:
    when = 'has(a.b) && a.b != null && (a.b in ["x", "y"] || a.c == "m") && n >= 3'
    assert texts(rule(when)) == [
        ("entry", '"x"'),
        ("entry", '"y"'),
        ("disjunct", 'a.c == "m"'),
        ("conjunct", "n >= 3"),
    ]
    (left,) = simplified_edits([rule(when)], [2, 3]).edits
    assert left["rule"]["when"] == 'a.c == "m" && n >= 3'
    (left,) = simplified_edits([rule(when)], [0]).edits
    assert left["rule"]["when"] == 'has(a.b) && a.b != null && a.b in ["x"]'


def test_prompts_fall_into_sentences_and_data_into_fields() -> None:
    edit = prompt("First one. Ignore all.\nLast one.")
    assert texts(edit) == [
        ("added", "First one."),
        ("added", "Ignore all."),
        ("added", "Last one."),
    ]
    (left,) = simplified_edits([edit], [0, 2]).edits
    assert left["after"].endswith("First one. Last one.\n")
    assert texts(context("Acme", {"a": 1, "b": 2})) == [("field", "a: 1"), ("field", "b: 2")]


def test_a_rule_takes_the_place_of_one_that_falls_out_before_it() -> None:
    first, second = rule('t == "a"'), rule('t == "b"')
    second["rule"]["id"], second["before"] = "r-two", "r-new"
    first["before"] = "r-old"
    found = simplified_edits([first, second], [1])
    assert found.origins == (1,)
    assert found.edits[0]["before"] == "r-old"


def test_too_many_parts_are_taken_by_edits() -> None:
    edits = [
        rule(f"t in {[str(n) for n in range(150)]}".replace("'", '"'), id=f"r{i}") for i in (1, 2)
    ]
    assert [atom.kind for atom in atoms_of(edits)] == ["edit", "edit"]


@pytest.mark.parametrize(
    ("when", "left"),
    [
        ('request.vendor == "Acme" || request.vendor == "Mallory"', 'request.vendor == "Acme"'),
        ('request.vendor == "Acme" && request.vendor != "Mallory"', 'request.vendor == "Acme"'),
        ('request.vendor in ["Acme", "Mallory"]', 'request.vendor in ["Acme"]'),
        ('request.vendor == "Acme" && request.amount < 90000.0', 'request.vendor == "Acme"'),
        ('request.urgency == "high" && request.vendor == "Acme" || request.amount > 1e9', None),
    ],
)
async def test_a_dormant_clause_falls_out_of_a_good_rule(when, left) -> None:
    edits = await minimal([rule(when)])
    assert refused(review_edits(BUNDLE, FILES, edits, LESSONS)) == frozenset()
    assert left is None or edits[0]["rule"]["when"] == left
    assert "Mallory" not in str(edits)
    assert "1e9" not in str(edits)


async def minimal(edits: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    lists = RuleLists(Reach(LESSONS), LABEL)

    async def measure(kept: tuple[int, ...]) -> Tally:
        files = apply_edits(FILES, simplified_edits(edits, kept).edits)
        answers = lists.answers(compile_bundle("desk", files).rules)
        pairs = [
            (a == one.expected, one.answered == one.expected)
            for a, one in zip(answers, LESSONS, strict=True)
        ]
        return Tally(sum(now > was for now, was in pairs), sum(now < was for now, was in pairs))

    atoms = atoms_of(edits)
    whole = await measure(tuple(range(len(atoms))))
    units = [Unit(atom.cost, atom.broadens) for atom in atoms]
    found = await minimise(len(atoms), whole, measure, units)
    return simplified_edits(edits, found.kept).edits
