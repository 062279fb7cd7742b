"""How the process's memory is tended."""

import ctypes
import gc
from contextlib import suppress

YOUNG_OBJECTS_MAX = 50_000
MIDDLE_RUNS = 20
OLD_RUNS = 50
LARGE_BYTES = 256 * 1024
ARENAS_MAX = 4
TRIM_BYTES = 16 * 1024 * 1024
# Of glibc's mallopt.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8


def tend_memory() -> None:
    """Call once everything is built."""
    _calm_garbage_collector()
    _give_back_what_is_freed()


def _calm_garbage_collector() -> None:
    """What lives as long as the process is not looked at again.

    A batch of spans makes hundreds of thousands of objects that reference counts free. With
    Python's own thresholds the search for cycles among them took half as long as the work.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS_MAX, MIDDLE_RUNS, OLD_RUNS)


def _give_back_what_is_freed() -> None:
    """Bodies and answers of megabytes go back to the system when they are freed.

    By itself glibc learns to keep them, in an arena for each thread: under load the process grew
    by a hundred megabytes of holes. Elsewhere than on glibc nothing is changed.
    """
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
        libc.mallopt(M_TRIM_THRESHOLD, TRIM_BYTES)
        libc.mallopt(M_ARENA_MAX, ARENAS_MAX)
