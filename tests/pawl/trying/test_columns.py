"""What each column is taken for, and what of it becomes a fact."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.facts import flatten
from pawl.trying.errors import Unusable
from pawl.trying.guessing import Asked
from pawl.trying.labels import labels_of
from pawl.trying.log import OWN_ANSWER, Log, Terms
from pawl.trying.names import spelled
from pawl.trying.values import typed

Read = Callable[..., Log]
LABELS = ("approve", "reject", "flag")


def table(columns: dict[str, Callable[[int], object]], rows: int = 60) -> str:
    lines = [",".join(f'"{name}"' for name in columns)]
    lines += [",".join(f'"{of(n)}"' for of in columns.values()) for n in range(rows)]
    return "\n".join(lines) + "\n"


def answer(n: int) -> str:
    return LABELS[n % 2]


def expected(n: int) -> str:
    return LABELS[n % 3]


def amount(n: int) -> int:
    return n * 37 % 1000


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("answer", "expected"),
        ("decision", "label"),
        ("agent_decision", "reviewer_decision"),
        ("Agent Decision", "Final Decision"),
        ("predicted", "actual"),
        ("model-output", "ground-truth"),
        ("modelOutput", "groundTruth"),
        ("prediction", "label"),
        ("y_pred", "y_true"),
        ("AI answer", "human answer"),
        ("bot", "correct"),
        ("agent.decision", "review.decision"),
        ("output.label", "expected.label"),
        ("suggested_category", "corrected_category"),
        ("initial_status", "final_status"),
        ("status", "final_status"),
        ("model", "tag"),
    ],
)
def test_usual_names_are_guessed_and_said(read: Read, left: str, right: str) -> None:
    log = read(table({"amount": amount, right: expected, left: answer}))
    assert (log.roles.answer, log.roles.expected) == (left, right)
    assert len(log.roles.said) == 2


def test_an_option_goes_over_a_guess_and_names_compare_loosely(read: Read) -> None:
    text = table({"amount": amount, "answer": answer, "Second Answer": answer, "label": expected})
    asked = Asked(answer="second-answer")
    assert read(text, terms=Terms(asked)).roles.answer == "Second Answer"


def test_two_possible_answers_are_not_guessed_between(read: Read) -> None:
    text = table({"n": amount, "model_a": answer, "model_b": expected, "label": expected})
    with pytest.raises(Unusable, match=r"several columns.*model_a.*model_b.*--answer"):
        read(text)


def test_copies_of_a_column_are_no_choice(read: Read) -> None:
    text = table({"n": amount, "model_a": answer, "model_b": answer, "label": expected})
    assert read(text).roles.answer == "model_a"


def test_facts_that_share_values_are_not_taken_for_answers(read: Read) -> None:
    text = table({"n": amount, "shipped_to": answer, "billed_to": expected})
    with pytest.raises(Unusable, match="give --answer COLUMN and --expected COLUMN"):
        read(text)


def test_a_log_that_stands_newest_first_is_told(read: Read) -> None:
    columns = {
        "created_at": lambda n: f"2026-01-{28 - n % 28:02d}", "amount": amount,
        "answer": answer, "expected": expected,
    }  # fmt: skip
    assert any("newest first" in note for note in read(table(columns, 28)).notes)


def test_a_wrong_name_is_answered_with_those_there_are(read: Read) -> None:
    text = table({"amount": amount, "answer": answer, "label": expected})
    with pytest.raises(Unusable, match='--expected "nope" is no column; there are: "amount"'):
        read(text, terms=Terms(Asked(expected="nope")))


def test_columns_with_no_common_label_are_no_answers(read: Read) -> None:
    text = table({"amount": amount, "one": lambda n: f"a{n % 2}", "other": lambda n: f"b{n % 2}"})
    with pytest.raises(Unusable, match="share no label"):
        read(text, terms=Terms(Asked("one", "other")))


def test_free_text_is_no_label(read: Read) -> None:
    text = table({"amount": amount, "answer": answer, "expected": lambda n: f"because of {n}"})
    with pytest.raises(Unusable, match="free text"):
        read(text, terms=Terms(Asked("answer", "expected")))


def test_spellings_of_one_label_are_merged_and_said() -> None:
    labels = labels_of(["Approve ", "approve", "REJECT"], ["approve", "approve", "reject"])
    assert labels.answered == ("approve", "approve", "REJECT") or labels.answered[2] == "reject"
    assert labels.answered[0] == labels.expected[0] == "approve"
    assert len(labels.said) == 2


def test_single_letters_of_another_case_stay_apart() -> None:
    labels = labels_of(["a", "A"] * 9, ["a", "a"] * 9)
    assert labels.answered[:2] == ("a", "A")


@pytest.mark.parametrize(
    ("answers", "right"),
    [([True, False], [True, True]), ([1, 2], [1, 1]), ([1.0, 2.0], ["1", "2"])],
)
def test_numbers_and_truth_values_are_labels(answers: list[object], right: list[object]) -> None:
    labels = labels_of(answers * 5, right * 5)
    assert labels.answered[0] == labels.expected[0]


def test_many_odd_answers_become_one() -> None:
    answers = [f"error {n}" if n % 3 == 0 else "yes" for n in range(60)]
    labels = labels_of(answers, ["yes", "no"] * 30)
    assert set(labels.answered) == {"yes", "another answer"}


def test_names_that_rules_cannot_spell_are_made_safe_and_said(read: Read) -> None:
    text = table({"Order Amount ($)": amount, "in": amount, "42": amount, "金額": amount,
                  "answer": answer, "label": expected})  # fmt: skip
    log = read(text)
    paths = {one.column: one.path for one in log.facts}
    assert paths["Order Amount ($)"] == "order_amount"
    assert set(flatten(dict.fromkeys(paths.values(), 1))) == set(paths.values())


@given(st.lists(st.text("ab._ 2é", max_size=5) | st.text(max_size=8), max_size=12))
def test_spelled_names_differ_and_none_begins_another(names: list[str]) -> None:
    paths = spelled(names)
    assert len(set(paths)) == len(names)
    assert not [1 for a in paths for b in paths if a != b and a.startswith(f"{b}.")]
    for path in paths:
        assert all(flatten({part: 1}) for part in path.split("."))


def test_what_is_the_expected_answer_or_names_the_row_is_no_fact(read: Read) -> None:
    columns = {
        "ticket": lambda n: f"T-{n}",
        "amount": amount,
        "copy": lambda n: expected(n).upper(),
        "reviewer_name": lambda n: "ann",
        "constant": lambda n: 1,
        "answer": answer,
        "expected": expected,
    }
    log = read(table(columns))
    assert set(log.left_out) == {"ticket", "copy", "reviewer_name", "constant"}
    assert "is the expected answer" in log.left_out["copy"]
    kept = read(table(columns), terms=Terms(kept=("copy",)))
    assert "copy" in {one.column for one in kept.facts}


def test_what_was_written_only_where_the_agent_was_wrong_is_told(read: Read) -> None:
    def note(n: int) -> str:
        return "" if answer(n) == expected(n) else "rule 7"

    columns = {"amount": amount, "answer": answer, "expected": expected}
    named = read(table({**columns, "final_note": note}))
    assert "only there" in named.left_out["final_note"]
    unnamed = read(table({**columns, "extra": note}))
    assert "extra" in {one.column for one in unnamed.facts}
    assert any("--ignore" in one for one in unnamed.notes)


def test_a_fact_that_decides_the_answer_stays(read: Read) -> None:
    columns = {"urgent": lambda n: "ynm"[n % 3], "answer": answer, "expected": expected}
    assert [one.column for one in read(table(columns)).facts] == ["urgent"]


def test_measured_numbers_are_facts_even_where_each_is_unique(read: Read) -> None:
    columns = {"width": lambda n: n / 7, "answer": answer, "expected": expected}
    assert [one.column for one in read(table(columns)).facts] == ["width"]


def test_dates_become_month_and_weekday(read: Read) -> None:
    columns = {
        "created": lambda n: f"2026-{n % 12 + 1:02d}-03", "answer": answer, "expected": expected
    }  # fmt: skip
    log = read(table(columns))
    assert {one.path for one in log.facts} == {"created_month", "created_weekday"}
    assert log.cases[0].facts["created_weekday"] == 6


def test_time_sorts_the_rows_and_says_so(read: Read) -> None:
    columns = {
        "at": lambda n: f"2026-01-{28 - n % 28:02d}", "amount": amount,
        "answer": answer, "expected": expected,
    }  # fmt: skip
    log = read(table(columns, 28), terms=Terms(Asked(time="at")))
    assert list(log.lines) == list(range(29, 1, -1))
    assert any("sorted by" in note for note in log.notes)


def test_rows_of_one_group_share_it(read: Read) -> None:
    columns = {"thread": lambda n: n // 4, "amount": amount, "answer": answer, "expected": expected}
    log = read(table(columns), terms=Terms(Asked(group="thread")))
    assert len(set(log.groups)) == 15


def test_the_learner_sees_what_the_agent_answered(read: Read) -> None:
    log = read(table({"amount": amount, "answer": answer, "expected": expected}))
    assert all(case.facts[OWN_ANSWER] == case.answered for case in log.cases)
    assert log.cases[5].inputs == {"amount": amount(5)}


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1", "2.5", "", "nan"], (1, 2.5, None, None)),
        (["$1,200.50", "$3"], (1200.5, 3)),
        (["1.234,5", "12,25"], (1234.5, 12.25)),
        (["12 %", "3%"], (12, 3)),
        (["007", "008"], ("007", "008")),
        (["true", "False", ""], (True, False, None)),
        (["yes", "no"], ("yes", "no")),
        (["[1, 2]", "['a', 'b']"], ((1, 2), ("a", "b"))),
        (["a;b", "a", "b;a", "a;b"], (("a", "b"), ("a",), ("b", "a"), ("a", "b"))),
        (["5", *map(str, range(20)), "odd"], (5, *range(20), "odd")),
        ([2**70, 1], (str(2**70), 1)),
    ],
)
def test_cells_are_read_as_what_the_whole_column_is(
    cells: list[object], values: tuple[object, ...]
) -> None:
    assert typed(cells).values == values


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_that_a_program_wrote_come_back_exactly(numbers: list[float]) -> None:
    assert list(typed([repr(one) for one in numbers]).values) == numbers
