"""One byte string per meaning: JSON Canonicalization Scheme (RFC 8785), and its digest."""

import hashlib
import json
from typing import Any

import rfc8785

from pawl_sdk.bundle.errors import BundleError


def canonical_json(document: Any) -> bytes:
    """Canonical bytes; raises `BundleError` for what JSON cannot say, such as NaN."""
    try:
        return bytes(rfc8785.dumps(document))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as error:
        raise BundleError(f"expected plain JSON values: {error}") from error


def digest_of(content: bytes) -> str:
    """`sha256:` and 64 hex digits."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def json_value(value: Any) -> Any:
    """The value as a reader of the canonical bytes gets it: 1.0 becomes 1, tuples become lists."""
    return read_json(canonical_json(value))


def read_json(content: bytes) -> Any:
    """Parse; whole numbers that a double cannot count exactly were written as doubles."""
    return json.loads(content, parse_int=_number)


def _number(digits: str) -> int | float:
    number = float(digits)
    return int(digits) if abs(number) < 2**53 else number
