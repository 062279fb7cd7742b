"""Topics, events and API models that services meet in. Pure pydantic, no I/O, nothing internal."""
