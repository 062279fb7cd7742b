"""Span attributes that Pawl itself gives a meaning to."""

AGENT = "pawl.agent"
CONFIG_DIGEST = "pawl.config.digest"
CONFIG_GENERATION = "pawl.config.generation"
FACTS = "pawl.facts"
"""JSON object: exactly what a rule's `when` could read in this run."""
RULES_FIRED = "pawl.rules.fired"
REPLAY = "pawl.replay"
