"""A procurement agent, the colleague who reviews it, and the loop that lets it learn from her."""
