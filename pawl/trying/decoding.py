"""From a file to text: compression, encodings, and files that are something else altogether."""

import codecs
import io
import sys
import zlib
from gzip import GzipFile
from pathlib import Path

from pawl.trying.errors import Unusable

BYTES_MAX = 512 * 1024 * 1024
CONTROLS_MAX = 0.02
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OTHERS = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook: save the sheet as CSV, or unpack it"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook: save the sheet as CSV"),
    (b"PAR1", "a Parquet file: write it as CSV or JSONL"),
    (b"SQLite format 3", "a SQLite database: export the table as CSV"),
    (b"%PDF", "a PDF"),
    (b"BZh", "compressed by bzip2: unpack it"),
    (b"\xfd7zXZ", "compressed by xz: unpack it"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd: unpack it"),
)
EXPECTED = "expected a file of CSV, TSV, JSONL or a JSON array"


def read_text(path: Path) -> tuple[str, str]:
    """The text and the name of its encoding; `-` is the standard input. Raises `Unusable`."""
    content = _unpacked(_bytes_of(path))
    for start, what in _OTHERS:
        if content.startswith(start):
            raise Unusable(f"{EXPECTED}; {path.name} is {what}")
    text, encoding = _decoded(content)
    controls = sum(char < " " and char not in "\t\r\n\f\x1b" for char in text[:65536])
    if controls > CONTROLS_MAX * max(1, min(len(text), 65536)):
        raise Unusable(f"{EXPECTED}; {path.name} is no text")
    if not text.strip():
        raise Unusable(f"{EXPECTED}; {path.name} is empty")
    return text, encoding


def _bytes_of(path: Path) -> bytes:
    try:
        if str(path) == "-":
            return sys.stdin.buffer.read(BYTES_MAX + 1)
        if path.is_dir():
            raise Unusable(f"{EXPECTED}; {path} is a folder: name one file in it")
        with path.open("rb") as file:
            content = file.read(BYTES_MAX + 1)
    except OSError as error:
        raise Unusable(f"{EXPECTED}; {path}: {error.strerror or error}") from error
    if len(content) > BYTES_MAX:
        raise Unusable(f"expected at most {BYTES_MAX >> 20} MB: try a part of {path.name}")
    return content


def _unpacked(content: bytes) -> bytes:
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        unpacked = GzipFile(fileobj=io.BytesIO(content)).read(BYTES_MAX + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Unusable(f"{EXPECTED}; the gzip file is broken: {error}") from error
    if len(unpacked) > BYTES_MAX:
        raise Unusable(f"expected at most {BYTES_MAX >> 20} MB once unpacked: try a part of it")
    return unpacked


def _decoded(content: bytes) -> tuple[str, str]:
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), "")
    for encoding in filter(None, (marked, _unmarked_utf16(content), "utf-8", "cp1252")):
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1"), "latin-1"


def _unmarked_utf16(content: bytes) -> str:
    """Text in mostly Latin letters has a zero in every other byte."""
    start = content[:4096]
    even, odd = start[0::2].count(0), start[1::2].count(0)
    half = max(1, len(start) // 2)
    if odd > 0.6 * half and even < 0.1 * half:
        return "utf-16-le"
    return "utf-16-be" if even > 0.6 * half and odd < 0.1 * half else ""
