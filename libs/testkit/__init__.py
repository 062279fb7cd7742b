"""Builders, fakes, service fixtures and the fault injector. Only tests import it."""
