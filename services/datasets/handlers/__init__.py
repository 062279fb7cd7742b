"""Events are written down; reviews become examples beside the log's delivery, never in it."""
