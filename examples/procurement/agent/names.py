"""What the agent is called, everywhere."""

AGENT = "procurement"
"""Also its project of telemetry and the name of its root span."""
