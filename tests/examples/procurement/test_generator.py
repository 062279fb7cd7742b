"""The seeded company and the colleague who reviews its requests."""

import ast
import hashlib
from collections import Counter
from pathlib import Path

import pytest

from examples.procurement.data import Case
from examples.procurement.generator import make_case
from examples.procurement.reviewer import Reviewer

EXAMPLE = Path("examples/procurement")
KNOWLEDGE = "examples.procurement.reviewer.knowledge"
HABITS = 10


def test_the_same_seed_gives_the_same_case_and_another_seed_another() -> None:
    assert make_case(3) == make_case(3)
    assert make_case(3).requests != make_case(4).requests


def test_a_case_holds_130_requests_to_learn_and_1000_fresh_ones_each_with_a_review(
    case: Case,
) -> None:
    assert len(case.requests) == len(case.reviews) == 130
    assert len(case.fresh_requests) == len(case.fresh_reviews) == 1_000
    assert len(case.stream_requests) == len(case.stream_reviews) == 3 * 130
    ids = [one.id for one in (*case.requests, *case.stream_requests, *case.fresh_requests)]
    assert len(set(ids)) == 1_520


def test_a_longer_stream_begins_with_the_shorter_one_and_changes_nothing_else(case: Case) -> None:
    longer = make_case(7, stream_count=500)
    assert longer.stream_requests[:390] == case.stream_requests
    stream = {"stream_requests", "stream_reviews"}
    assert longer.model_dump(exclude=stream) == case.model_dump(exclude=stream)


def test_what_was_learned_from_once_stays_what_it_was(case: Case) -> None:
    """Figures that were published of a seed can be compared with later ones."""
    text = "".join(one.model_dump_json() for one in (*case.requests, *case.reviews.values()))
    assert hashlib.sha256(text.encode()).hexdigest()[:12] == "c003e42678c2"
    text = "".join(one.model_dump_json() for one in case.fresh_reviews.values())
    assert hashlib.sha256(text.encode()).hexdigest()[:12] == "94eb78a86644"


def test_every_department_urgency_and_habit_occurs(case: Case) -> None:
    assert {r.department for r in case.fresh_requests} == {
        "Engineering",
        "Marketing",
        "Sales",
        "Customer Success",
        "Security",
    }
    assert {r.urgency for r in case.fresh_requests} == {"routine", "urgent", "emergency"}
    told = Counter(review.precedent for review in case.fresh_reviews.values())
    assert len(told) == HABITS + 1
    assert min(told.values()) >= 10


@pytest.mark.parametrize("share", [0.0, 0.03, 0.2])
def test_the_reviewer_slips_as_often_as_she_is_told_to(case: Case, share: float) -> None:
    steady = Reviewer(case.reference, seed=7, flip_share=0.0)
    slipping = Reviewer(case.reference, seed=7, flip_share=share)
    differ = [
        steady.review(request).decision != slipping.review(request).decision
        for request in case.fresh_requests
    ]
    deviation = (share * (1 - share) / len(differ)) ** 0.5
    assert abs(sum(differ) / len(differ) - share) <= 4 * deviation


def test_a_review_depends_on_nothing_but_the_request(case: Case) -> None:
    reviewer = Reviewer(case.reference, seed=7)
    backwards = [reviewer.review(request) for request in reversed(case.requests)]
    assert {review.request_id: review for review in backwards} == case.reviews


def test_an_override_carries_reason_precedent_and_conditions(case: Case) -> None:
    told = [review for review in case.reviews.values() if review.precedent]
    assert len(told) > 50
    assert all(review.reasoning and review.conditions for review in told)
    assert not any("{" in review.reasoning for review in told)


def imports_of(path: Path) -> set[str]:
    """Every module that a file imports, also inside functions and by name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= (
                {node.value} if node.value.startswith("examples.procurement.reviewer") else set()
            )
    return found


def sources() -> list[Path]:
    roots = ("services", "libs", "pawl", "examples")
    return [path for root in roots for path in Path(root).rglob("*.py")]


def test_only_the_reviewer_imports_what_she_knows() -> None:
    readers = {path.as_posix() for path in sources() if KNOWLEDGE in imports_of(path)}
    assert readers == {"examples/procurement/reviewer/judge.py"}


def test_only_the_review_writer_of_the_generator_asks_the_reviewer() -> None:
    askers = {
        path.as_posix()
        for path in sources()
        if not path.is_relative_to(EXAMPLE / "reviewer")
        and any(name.startswith("examples.procurement.reviewer") for name in imports_of(path))
    }
    assert askers == {"examples/procurement/generator/case.py"}


def test_only_the_demo_that_writes_the_case_uses_the_generator() -> None:
    users = {
        path.parent.as_posix()
        for path in sources()
        if not path.is_relative_to(EXAMPLE / "generator")
        and any(name.startswith("examples.procurement.generator") for name in imports_of(path))
    }
    assert users <= {"examples/procurement/demo"}
