"""Names of the span attributes that Pawl reads."""

AGENT = "pawl.agent"
CONFIG_DIGEST = "pawl.config.digest"
CONFIG_GENERATION = "pawl.config.generation"
FACTS = "pawl.facts"
RULES_FIRED = "pawl.rules.fired"
