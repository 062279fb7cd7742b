"""The trace door: OTLP in, the log `otlp_spans` out, durable before it answers."""
