"""Somebody else's files: what is tolerated, and how what is not is told."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from examples.procurement.data import Case, DataError, load_case, write_case

Spoil = Callable[[Path], None]


@pytest.fixture
def folder(case: Case, tmp_path: Path) -> Path:
    small = case.model_copy(
        update={
            "requests": case.requests[:5],
            "reviews": {r.id: case.reviews[r.id] for r in case.requests[:5]},
            "fresh_requests": case.fresh_requests[:5],
            "fresh_reviews": {r.id: case.fresh_reviews[r.id] for r in case.fresh_requests[:5]},
            "stream_requests": case.stream_requests[:5],
            "stream_reviews": {r.id: case.stream_reviews[r.id] for r in case.stream_requests[:5]},
        }
    )
    write_case(small, tmp_path / "case")
    return tmp_path / "case"


def change(path: Path, line: int, **fields: Any) -> None:
    """Set fields of one row; None takes the field away."""
    lines = path.read_text().splitlines()
    row = {**json.loads(lines[line - 1]), **fields}
    lines[line - 1] = json.dumps({key: value for key, value in row.items() if value is not None})
    path.write_text("\n".join(lines) + "\n")


def change_reference(folder: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    path = folder / "reference.json"
    data = json.loads(path.read_text())
    edit(data)
    path.write_text(json.dumps(data, indent=2))


def test_a_case_reads_back_as_it_was_written(case: Case, tmp_path: Path) -> None:
    write_case(case, tmp_path / "case")
    assert load_case(tmp_path / "case") == case


@pytest.mark.parametrize(
    ("file", "line", "fields", "field"),
    [
        ("requests.jsonl", 2, {"amount": None}, "amount"),
        ("requests.jsonl", 3, {"amount": "a lot"}, "amount"),
        ("requests.jsonl", 3, {"amount": 1e300}, "amount"),
        ("requests.jsonl", 4, {"vendor": {"name": "Ledgerly"}}, "vendor"),
        ("requests.jsonl", 4, {"item": "\ud800"}, "item"),
        ("requests.jsonl", 5, {"id": "R-001"}, "id"),
        ("requests.jsonl", 5, {"id": None}, "id"),
        ("fresh_requests.jsonl", 2, {"id": "R-002"}, "id"),
        ("stream_requests.jsonl", 2, {"id": "R-002"}, "id"),
        ("fresh_requests.jsonl", 3, {"id": "S-0002"}, "id"),
        ("reviews.jsonl", 2, {"decision": "perhaps"}, "decision"),
        ("reviews.jsonl", 2, {"decision": None}, "decision"),
        ("reviews.jsonl", 3, {"request_id": "R-999"}, "request_id"),
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_a_bad_row_is_told_with_file_line_and_field(
    folder: Path, file: str, line: int, fields: dict[str, Any], field: str, strict: bool
) -> None:
    """Strict at the first; else since one in five is more than a file may have."""
    change(folder / file, line, **fields)
    with pytest.raises(DataError) as raised:
        load_case(folder, strict=strict)
    assert raised.value.file.name == file
    assert raised.value.line == line
    assert raised.value.field == field
    assert f"{file}:{line}: {field}: " in str(raised.value)


@pytest.mark.parametrize(
    "file",
    [
        "requests.jsonl",
        "fresh_requests.jsonl",
        "reviews.jsonl",
        "fresh_reviews.jsonl",
        "reference.json",
        "stream_requests.jsonl",
        "stream_reviews.jsonl",
    ],
)
def test_a_missing_file_is_named(folder: Path, file: str) -> None:
    (folder / file).unlink()
    with pytest.raises(DataError, match=f"{file}: the file is missing"):
        load_case(folder)


def test_a_missing_folder_is_told_with_the_files_it_should_hold(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"expected a folder with requests\.jsonl"):
        load_case(tmp_path / "nowhere")


def test_a_line_that_is_no_json_object_is_told_with_its_line(folder: Path) -> None:
    path = folder / "requests.jsonl"
    path.write_text("\n" + path.read_text() + "[1]\n")
    with pytest.raises(DataError, match=r"requests\.jsonl:7: expected a JSON object, came list"):
        load_case(folder)
    path.write_text('{"id": \n')
    with pytest.raises(DataError, match=r"requests\.jsonl:1: expected a JSON object"):
        load_case(folder)


def test_text_that_is_not_utf8_is_told_with_its_line(folder: Path) -> None:
    path = folder / "reviews.jsonl"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\n\xff\xfe\n", 1))
    with pytest.raises(DataError, match=r"reviews\.jsonl:2: expected UTF-8"):
        load_case(folder)


def test_a_request_without_review_is_told(folder: Path) -> None:
    path = folder / "reviews.jsonl"
    path.write_text("\n".join(path.read_text().splitlines()[:4]) + "\n")
    with pytest.raises(DataError, match=r"requests\.jsonl:5: id: reviews\.jsonl holds no review"):
        load_case(folder)


def test_a_fault_in_the_reference_is_told_with_line_and_field(folder: Path) -> None:
    change_reference(folder, lambda data: data["vendors"][2].pop("status"))
    with pytest.raises(DataError) as raised:
        load_case(folder)
    lines = (folder / "reference.json").read_text().splitlines()
    assert raised.value.field == "vendors.2.status"
    assert raised.value.line is not None
    assert '"name": "Cumulon"' in "".join(lines[raised.value.line - 1 : raised.value.line + 1])


def test_a_broken_reference_is_told_with_its_line(folder: Path) -> None:
    (folder / "reference.json").write_text('{\n"vendors": [,]\n}')
    with pytest.raises(DataError, match=r"reference\.json:2: expected JSON"):
        load_case(folder)


def test_a_missing_part_of_the_reference_is_named(folder: Path) -> None:
    change_reference(folder, lambda data: data.pop("departments"))
    with pytest.raises(DataError, match="departments: the field is missing"):
        load_case(folder)


def test_forms_that_change_no_meaning_are_taken(folder: Path) -> None:
    def loosen(data: dict[str, Any]) -> None:
        data["policies"][0]["rules"] = {"auto_approve_max": 5000}
        data["vendors"][0]["categories"] = "cloud-hosting, storage"
        data["vendors"][1]["notes"] = None
        data["vendors"][2]["status"] = "Preferred"
        data["departments"] = {one.pop("name"): one for one in data["departments"]}
        data["generated_by"] = "somebody"

    change_reference(folder, loosen)
    change(folder / "reviews.jsonl", 1, decision="Flag_for_Review", precedent="tag", extra=1)
    change(folder / "reviews.jsonl", 2, decision="flagged", reasoning=None)
    change(folder / "requests.jsonl", 1, urgency="Urgent", amount="$1,200.50", cost_center="x")
    change(folder / "stream_reviews.jsonl", 1, precedent=["tag", "other"], conditions=[1, "two"])
    case = load_case(folder)
    assert case.skipped == ()
    assert case.requests[0].amount == 1200.5
    told = case.stream_reviews["S-0001"]
    assert (told.precedent, told.conditions) == ("tag", ("1", "two"))
    assert case.reference.vendors[0].categories == ("cloud-hosting", "storage")
    assert case.reference.vendors[2].status == "preferred"
    assert case.reference.departments[0].name == "Engineering"
    assert [case.reviews[f"R-00{n}"].decision for n in (1, 2)] == ["flag-for-review"] * 2
    assert case.requests[0].urgency == "urgent"


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"amount": -1250.5}, {"amount": -1250.5}),
        ({"amount": "(300)"}, {"amount": -300.0}),
        ({"amount": 0}, {"amount": 0.0}),
        ({"urgency": "someday"}, {"urgency": "someday"}),
        ({"urgency": None}, {"urgency": ""}),
        ({"vendor": None, "item": None}, {"vendor": "", "item": ""}),
        ({"department": 42}, {"department": "42"}),
        ({"justification": ["Two.", "Sentences."]}, {"justification": "Two. Sentences."}),
    ],
)
def test_a_credit_and_missing_or_odd_values_are_values(
    folder: Path, fields: dict[str, Any], wanted: dict[str, Any]
) -> None:
    change(folder / "requests.jsonl", 2, **fields)
    case = load_case(folder)
    assert case.skipped == ()
    assert wanted.items() <= case.requests[1].model_dump().items()


def test_a_case_without_a_stream_has_no_later_requests(folder: Path) -> None:
    for name in ("stream_requests.jsonl", "stream_reviews.jsonl"):
        (folder / name).unlink()
    case = load_case(folder)
    assert (case.stream_requests, case.stream_reviews) == ((), {})


def spoil_a_few(folder: Path) -> None:
    """Of 130 rows: JSON that breaks off, no id, a decision that is none, text that is not UTF-8."""
    requests = (folder / "requests.jsonl").read_bytes().split(b"\n")
    requests[1], requests[2] = requests[1][:40], requests[2].replace(b'"id"', b'"ID"')
    requests[3] = requests[3].replace(b'"vendor": "', b'"vendor": "\xff')
    (folder / "requests.jsonl").write_bytes(b"\n".join(requests))
    change(folder / "reviews.jsonl", 6, decision="perhaps")
    change(folder / "reviews.jsonl", 7, request_id="R-999")


def test_a_few_bad_rows_cost_themselves_only_and_are_named(case: Case, tmp_path: Path) -> None:
    write_case(case, tmp_path / "case")
    spoil_a_few(tmp_path / "case")
    loaded = load_case(tmp_path / "case")
    gone = {"R-002", "R-003", "R-004", "R-006", "R-007"}
    assert [one.id for one in loaded.requests] == [
        one.id for one in case.requests if one.id not in gone
    ]
    assert set(loaded.reviews) == {one.id for one in loaded.requests}
    assert loaded.fresh_reviews == case.fresh_reviews
    told = [one.told() for one in loaded.skipped]
    for start in (
        "requests.jsonl:2: expected a JSON object",
        "requests.jsonl:3: id: the field is missing",
        "requests.jsonl:4: expected UTF-8 text",
        "reviews.jsonl:6: decision: input should be 'approve', 'reject' or 'flag-for-review'",
        "reviews.jsonl:7: request_id: no request in requests.jsonl has the id 'R-999'",
        "requests.jsonl:7: id: reviews.jsonl holds no review of 'R-007'",
    ):
        assert sum(line.startswith(start) for line in told) == 1, start
    with pytest.raises(DataError, match=r"requests\.jsonl:2"):
        load_case(tmp_path / "case", strict=True)


@pytest.mark.parametrize(("bad", "stops"), [(6, False), (7, True)])
def test_it_stops_when_more_than_one_row_in_twenty_is_bad(
    case: Case, tmp_path: Path, bad: int, stops: bool
) -> None:
    write_case(case, tmp_path / "case")
    for line in range(1, bad + 1):
        change(tmp_path / "case" / "requests.jsonl", line, amount="a lot")
    if not stops:
        assert len(load_case(tmp_path / "case").requests) == 130 - bad
        return
    with pytest.raises(DataError, match=r"7 of 130 rows cannot be used, at most 5 %"):
        load_case(tmp_path / "case")
