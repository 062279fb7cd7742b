"""Whatever the file is, `pawl try` ends with a report or with one line that says what to do."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pawl.trying.log import Log, Terms, log_of
from pawl.trying.reading import read_rows
from pawl.trying.run import Outputs

Read = Callable[..., Log]
Tried = Callable[..., tuple[int, str, str]]
Write = Callable[..., Path]
SLOW = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

ROWS = "".join(
    f"{7 * n},{'yes' if n % 3 else 'no'},{'yes' if n % 2 else 'no'}\n" for n in range(40)
)
TABLE = "amount,answer,expected\n" + ROWS


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (TABLE, "a.csv"),
        (TABLE.replace(",", ";"), "a.csv"),
        (TABLE.replace(",", "\t"), "a.tsv"),
        (TABLE.replace(",", "|"), "a.txt"),
        (TABLE.replace("\n", "\r\n"), "a.csv"),
        (TABLE.replace("\n", "\r"), "a.csv"),
        ("\ufeff" + TABLE, "a.csv"),
        (TABLE.encode("utf-16"), "a.csv"),
        (TABLE.encode("utf-16-le"), "a.csv"),
        (TABLE.encode("utf-32"), "a.csv"),
        (gzip.compress(TABLE.encode()), "a.csv.gz"),
        (gzip.compress(TABLE.encode()), "a.csv"),
        (TABLE.replace("yes", "\xe9").replace("answer", "answer").encode("latin-1"), "a.csv"),
        (TABLE.replace("\n", "\n\n"), "a.csv"),
        (TABLE.replace("\n", ",,\n"), "a.csv"),
    ],
)
def test_every_usual_form_of_a_table_gives_the_same_rows(
    read: Read, content: str | bytes, name: str
) -> None:
    log = read(content, name)
    assert len(log.cases) == 40
    assert [case.facts["amount"] for case in log.cases] == [7 * n for n in range(40)]
    assert not log.bad


def test_json_lines_and_arrays_give_the_rows_of_the_table(read: Read) -> None:
    rows = [
        {"in": {"amount": 7 * n}, "answer": bool(n % 3), "expected": bool(n % 2)} for n in range(40)
    ]
    forms = {
        "a.jsonl": "\n".join(map(json.dumps, rows)),
        "a.json": json.dumps(rows),
        "b.json": json.dumps(rows, indent=2),
        "c.json": json.dumps({"rows": rows, "version": 1}, indent=1),
    }
    logs = [read(content, name) for name, content in forms.items()]
    assert {len(log.cases) for log in logs} == {40}
    assert all(log.cases == logs[0].cases for log in logs[1:3])
    assert logs[0].label_values == {"true": True, "false": False}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "is empty"),
        (" \n\n", "is empty"),
        ("amount,answer,expected\n", "a header only"),
        ("[]", "has none"),
        (b"PK\x03\x04abc", "Excel"),
        (b"\x1f\x8b\x08broken", "gzip"),
        (bytes(range(256)) * 50, "no text"),
        ("just text\nwithout columns\n", "there are"),
        ("a,b\n1,2\n", "--answer COLUMN and --expected COLUMN"),
        ('{"answer": 1', "more than 5%"),
        ('[{"answer": 1}, {"answer"', "not JSON"),
        ('[{"answer": 1} {"answer": 2}]', "comma"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line(
    write: Write, tried: Tried, content: str | bytes, told: str
) -> None:
    code, out, err = tried(write(content, "x.csv" if content[:1] not in ("[", "{") else "x.json"))
    assert (code, out) == (2, "")
    assert told in err
    assert err.count("\n") == 1


def test_a_folder_and_a_missing_file_are_told(tmp_path: Path, tried: Tried) -> None:
    assert "is a folder" in tried(tmp_path)[2]
    assert "No such file" in tried(tmp_path / "none.csv")[2]


def test_a_bad_row_costs_itself_only(read: Read) -> None:
    rows = ROWS.splitlines()
    rows[7] = "49,yes"
    rows[9] = '63,yes,"no'
    lines = "amount,answer,expected\n" + "\n".join(rows) + "\n"
    log = read(lines, "a.csv", Terms(bad_share_max=0.1))
    assert [bad.line for bad in log.bad] == [9, 11]
    assert [case.facts["amount"] for case in log.cases] == [
        7 * n for n in range(40) if n not in (7, 9)
    ]


def test_too_many_bad_rows_stop_the_run_unless_they_are_borne(write: Write, tried: Tried) -> None:
    path = write(TABLE + "1,yes\n" * 4)
    code, _, err = tried(path)
    assert code == 2
    assert "4 of 44 rows are bad" in err
    assert "--bad-rows-max" in err
    code, out, _ = tried(path, Terms(bad_share_max=0.2))
    assert code == 0
    assert "line 42: expected 3 cells, came 2" in out


def test_strict_stops_at_the_first_bad_row(write: Write, tried: Tried) -> None:
    code, _, err = tried(write(TABLE + "1,yes\n"), Terms(strict=True))
    assert code == 2
    assert "line 42: expected 3 cells, came 2" in err


def test_a_row_that_was_reviewed_and_has_no_answer_is_bad(read: Read) -> None:
    log = read(TABLE + "1,,yes\n")
    assert [(bad.line, "came nothing" in bad.problem) for bad in log.bad] == [(42, True)]


def test_rows_that_nobody_reviewed_are_skipped_and_counted(read: Read) -> None:
    log = read(TABLE + "1,yes,\n2,no,NaN\n")
    assert (log.unreviewed, len(log.cases), log.bad) == (2, 40, ())


def test_empty_may_mean_agreed(read: Read) -> None:
    rows = [(7 * n, "ab"[n % 2], "" if n % 3 else "ba"[n % 2]) for n in range(40)]
    lines = "amount,answer,correction\n" + "".join(f"{a},{b},{c}\n" for a, b, c in rows)
    log = read(lines)
    assert any("--empty-agrees" in note for note in log.notes)
    agreed = read(lines, terms=Terms(empty_agrees=True))
    assert [case.wrong for case in agreed.cases] == [n % 3 == 0 for n in range(40)]


def test_quoted_newlines_and_huge_cells_are_cells(read: Read) -> None:
    huge = "x" * 200_000
    rows = "".join(
        f'{n % 7},yes,{"yes" if n % 2 else "no"},"two\nlines {huge if n == 3 else n}"\n'
        for n in range(30)
    )
    log = read("amount,answer,expected,note\n" + rows)
    assert len(log.cases) == 30
    assert log.lines[:3] == (2, 4, 6)
    assert len(str(log.cases[3].facts["note"])) <= 20_000


def test_columns_with_one_name_are_told_apart(read: Read) -> None:
    log = read(
        "a,a,,answer,expected\n"
        + "".join(f"{n % 3},{n % 7},{n % 5},x,{'xy'[n % 2]}\n" for n in range(30))
    )
    assert {one.column for one in log.facts} >= {"a (2)", "column 3"}
    assert any("stand twice" in note for note in log.notes)


def test_not_a_number_and_infinity_are_missing(read: Read) -> None:
    lines = "\n".join(
        f'{{"amount": {v}, "answer": "a", "expected": "{"ab"[n % 2]}"}}'
        for n, v in enumerate(["NaN", "Infinity", "-Infinity", "1e999", *range(0, 90, 3)])
    )
    log = read(lines, "a.jsonl")
    assert [case.facts["amount"] for case in log.cases[:5]] == [None, None, None, None, 0]


def test_deep_nesting_costs_a_row_not_the_run(read: Read) -> None:
    rows = [json.dumps({"n": n % 7, "answer": "a", "expected": "ab"[n % 2]}) for n in range(60)]
    rows[5] = '{"n":' + "[" * 100_000 + "]" * 100_000 + "}"
    log = read("\n".join(rows), "a.jsonl")
    assert [bad.line for bad in log.bad] == [6]


@SLOW
@given(content=st.one_of(st.binary(max_size=400), st.text(max_size=400).map(str.encode)))
def test_no_content_ends_in_a_traceback(write: Write, tried: Tried, content: bytes) -> None:
    code, out, err = tried(write(content), outputs=Outputs(as_json=True))
    assert code in (0, 2)
    assert bool(out) == (code == 0)
    assert code == 0 or err.count("\n") == 1


CELLS = st.one_of(
    st.sampled_from(
        [
            "",
            "1",
            "2.5",
            "nan",
            "inf",
            "-0",
            "1,5",
            "$3",
            "true",
            "[1]",
            '{"a":1}',
            "a;b",
            "2026-01-02",
            "01/02/2026",
        ]
    ),
    st.text(max_size=8),
)
LABELS = st.sampled_from(["yes", "no", "Yes ", "", "YES"])


@SLOW
@given(
    rows=st.lists(st.tuples(LABELS, LABELS, CELLS, CELLS, CELLS), min_size=1, max_size=40),
    names=st.lists(st.text(min_size=1, max_size=6), min_size=3, max_size=3),
)
def test_no_table_ends_in_a_traceback(
    write: Write, tried: Tried, rows: list[tuple[str, ...]], names: list[str]
) -> None:
    objects = [dict(zip(["answer", "expected", *names], row, strict=True)) for row in rows]
    path = write("\n".join(map(json.dumps, objects)), "a.jsonl")
    code, out, err = tried(path, Terms(bad_share_max=1), Outputs(as_json=True))
    assert code in (0, 2), err
    if code == 0:
        document = json.loads(out)
        log = log_of(read_rows(path), Terms(bad_share_max=1))
        assert document["read"]["reviews"] == len(log.cases) > 0
