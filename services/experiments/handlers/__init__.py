"""Events in, events out; the long work runs beside the log's delivery, never in it."""
