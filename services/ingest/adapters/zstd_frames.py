"""Whether a zstd body ends where its frames end (RFC 8878, section 3): the decoder does not say."""

import zstandard

MAGIC = b"\x28\xb5\x2f\xfd"
SKIPPABLE_MAGIC = b"\x2a\x4d\x18"
"""The last three bytes; the first is 50 to 5F."""
RLE_BLOCK = 1
CHECKSUM_BYTES = 4
BLOCKS_MAX = 20_000
"""Of one frame. A full block holds 128 KiB; a body of empty blocks only costs time."""


def frames_in(body: bytes, frames_max: int) -> int | None:
    """How many whole frames the body holds; None when it is cut short, broken or holds more."""
    at = frames = 0
    while at < len(body) and frames <= frames_max:
        end = _frame_end(body, at)
        if end is None or end > len(body):
            return None
        at, frames = end, frames + 1
    return frames if 0 < frames <= frames_max else None


def _frame_end(body: bytes, at: int) -> int | None:
    if body[at + 1 : at + 4] == SKIPPABLE_MAGIC and body[at] & 0xF0 == 0x50:
        return at + 8 + int.from_bytes(body[at + 4 : at + 8], "little")
    if body[at : at + 4] != MAGIC:
        return None
    try:
        header = zstandard.get_frame_parameters(body[at : at + 18])
        at += zstandard.frame_header_size(body[at : at + 18])
    except zstandard.ZstdError:
        return None
    end = _blocks_end(body, at)
    return end + CHECKSUM_BYTES if end is not None and header.has_checksum else end


def _blocks_end(body: bytes, at: int) -> int | None:
    for _ in range(BLOCKS_MAX):
        if at + 3 > len(body):
            return None
        block = int.from_bytes(body[at : at + 3], "little")
        is_last, kind, size = block & 1, block >> 1 & 3, block >> 3
        at += 3 + (1 if kind == RLE_BLOCK else size)
        if is_last:
            return at
    return None
