"""Events in: what people approved."""
