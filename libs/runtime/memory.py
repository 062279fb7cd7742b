"""How the process's memory is tended."""

import gc

YOUNG_OBJECTS_MAX = 50_000
MIDDLE_RUNS = 20
OLD_RUNS = 50


def calm_garbage_collector() -> None:
    """Call once everything is built: what lives as long as the process is not looked at again.

    A batch of spans makes hundreds of thousands of objects that reference counts free. With
    Python's own thresholds the search for cycles among them took half as long as the work.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS_MAX, MIDDLE_RUNS, OLD_RUNS)
