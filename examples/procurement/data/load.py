"""Reads a case from its files: five, and two more where requests go on coming in."""

from collections.abc import Iterator
from pathlib import Path

from examples.procurement.data.errors import DataError
from examples.procurement.data.faults import Faults
from examples.procurement.data.model import Case, PurchaseRequest, Review
from examples.procurement.data.reference import load_reference
from examples.procurement.data.rows import Rows, lines_of, read_rows

REQUESTS, FRESH_REQUESTS = "requests.jsonl", "fresh_requests.jsonl"
REVIEWS, FRESH_REVIEWS = "reviews.jsonl", "fresh_reviews.jsonl"
STREAM_REQUESTS, STREAM_REVIEWS = "stream_requests.jsonl", "stream_reviews.jsonl"
REFERENCE = "reference.json"
FILES = (REQUESTS, FRESH_REQUESTS, REVIEWS, FRESH_REVIEWS, REFERENCE)
STREAM_FILES = (STREAM_REQUESTS, STREAM_REVIEWS)
"""May be missing, both."""
Reviewed = tuple[Rows[PurchaseRequest], Rows[Review]]


def load_case(folder: Path, *, strict: bool = False) -> Case:
    """Read and check all files; raises `DataError`.

    A row that cannot be used is left out and named in `skipped`, unless there are too many of
    them in a file, or `strict` forbids any.
    """
    if not folder.is_dir():
        raise DataError(f"expected a folder with {', '.join(FILES)}", file=folder)
    faults = Faults(strict=strict)
    learned = _read(folder, REQUESTS, REVIEWS, faults)
    later = _read(folder, *STREAM_FILES, faults) if _streams(folder) else None
    fresh = _read(folder, FRESH_REQUESTS, FRESH_REVIEWS, faults)
    # Learned from and counted as fresh, a request would make the count a lie.
    _apart(later, (learned,), faults)
    _apart(fresh, (learned, later), faults)
    for pair in (learned, later, fresh):
        _paired(pair, faults)
    reference = load_reference(folder / REFERENCE)
    faults.check()
    for requests, _ in (learned, fresh):
        if not requests.found:
            message = "expected at least one JSON object a line, came none"
            raise DataError(message, file=requests.path, line=1)
    return Case(
        requests=learned[0].values,
        reviews=_by_request(learned),
        fresh_requests=fresh[0].values,
        fresh_reviews=_by_request(fresh),
        reference=reference,
        stream_requests=later[0].values if later else (),
        stream_reviews=_by_request(later) if later else {},
        skipped=faults.skipped,
    )


def files_of(folder: Path) -> Iterator[Path]:
    """The files of the case that are there."""
    for name in (*FILES, *STREAM_FILES):
        if (folder / name).exists():
            yield folder / name


def _streams(folder: Path) -> bool:
    return any((folder / name).exists() for name in STREAM_FILES)


def _read(folder: Path, requests: str, reviews: str, faults: Faults) -> Reviewed:
    return (
        read_rows(folder / requests, PurchaseRequest, "id", faults),
        read_rows(folder / reviews, Review, "request_id", faults),
    )


def _apart(pair: Reviewed | None, before: tuple[Reviewed | None, ...], faults: Faults) -> None:
    if pair is None:
        return
    for other, _ in filter(None, before):
        for key, line in lines_of(pair[0]):
            if key in other.found:
                message = f"{key!r} is also in {other.path.name}: each file needs ids of its own"
                path = pair[0].path
                faults.skip(DataError(message, file=path, line=line, field="id"))
                pair[0].drop(key)


def _paired(pair: Reviewed | None, faults: Faults) -> None:
    """Each request has exactly one review, and no review speaks of another."""
    if pair is None:
        return
    requests, reviews = pair
    for key, line in lines_of(reviews):
        if key not in requests.found:
            if key not in requests.lost:
                message = f"no request in {requests.path.name} has the id {key!r}"
                error = DataError(message, file=reviews.path, line=line, field="request_id")
                faults.skip(error)
            reviews.drop(key)
    for key, line in lines_of(requests):
        if key not in reviews.found:
            if key not in reviews.lost:
                message = f"{reviews.path.name} holds no review of {key!r}"
                faults.skip(DataError(message, file=requests.path, line=line, field="id"))
            requests.drop(key)


def _by_request(pair: Reviewed) -> dict[str, Review]:
    return {row.request_id: row for row in pair[1].values}
