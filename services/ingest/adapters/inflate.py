"""Decompression in pieces of bounded size, so that a bomb is seen before it goes off."""

import zlib
from collections.abc import Callable, Iterator

import zstandard

from services.ingest.adapters.zstd_frames import frames_in
from services.ingest.domain.refuse import RefusedError, Why

PIECE_BYTES_MAX = 1 << 20
SLICE_BYTES = 1 << 16
ZSTD_WINDOW_BYTES_MAX = 8 << 20
"""What RFC 8878 asks every decoder to support; more is only memory for the sender to claim."""
PARTS_MAX = 1000
"""Members or frames in one body: a body of empty ones costs time and brings nothing."""
GZIP = 31
ZLIB = 15
RAW = -15


class BadCompressionError(Exception):
    """The body is not what its Content-Encoding says."""


def inflate(encoding: str, body: bytes) -> Iterator[bytes]:
    """Pieces of the decompressed body; raises `BadCompressionError`, or `RefusedError` (415)."""
    decoder = _DECODERS.get(encoding)
    if decoder is None:
        known = ", ".join(["identity", *_DECODERS])
        text = f"Content-Encoding {encoding[:60]!r} is not known; one of {known}"
        raise RefusedError(Why.UNSUPPORTED, text)
    return decoder(body)


def _gzip(body: bytes) -> Iterator[bytes]:
    return _zlib(body, GZIP, "gzip")


def _deflate(body: bytes) -> Iterator[bytes]:
    """RFC 9110 means zlib by deflate; some clients send the raw stream."""
    is_zlib = len(body) >= 2 and body[0] & 15 == 8 and (body[0] << 8 | body[1]) % 31 == 0
    return _zlib(body, ZLIB if is_zlib else RAW, "deflate")


def _zlib(body: bytes, window: int, name: str) -> Iterator[bytes]:
    stream = zlib.decompressobj(window)
    parts = 1
    try:
        for at in range(0, len(body), SLICE_BYTES):
            rest = body[at : at + SLICE_BYTES]
            while rest:
                if stream.eof:  # gzip members may follow each other
                    parts += 1
                    if window != GZIP or parts > PARTS_MAX:
                        raise BadCompressionError(f"bytes follow the end of the {name} body")
                    stream = zlib.decompressobj(window)
                yield from _drained(stream, rest)
                rest = stream.unused_data
    except zlib.error as error:
        raise BadCompressionError(f"the body is not valid {name}: {error}") from error
    if not stream.eof:
        raise BadCompressionError(f"the {name} body is cut short")


def _drained(stream: "zlib._Decompress", rest: bytes) -> Iterator[bytes]:
    """All that one slice becomes. A full piece may mean that more waits inside the stream."""
    while True:
        piece = stream.decompress(rest, PIECE_BYTES_MAX)
        rest = stream.unconsumed_tail
        if piece:
            yield piece
        if stream.eof or (not rest and len(piece) < PIECE_BYTES_MAX):
            return


def _zstd(body: bytes) -> Iterator[bytes]:
    if frames_in(body, PARTS_MAX) is None:
        raise BadCompressionError("the body is not valid zstd, or is cut short")
    decoder = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW_BYTES_MAX)
    try:
        with decoder.stream_reader(body, read_across_frames=True) as reader:
            while piece := reader.read(PIECE_BYTES_MAX):
                yield piece
    except zstandard.ZstdError as error:
        raise BadCompressionError(f"the body is not valid zstd: {error}") from error


_DECODERS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": _gzip,
    "deflate": _deflate,
    "zstd": _zstd,
}
