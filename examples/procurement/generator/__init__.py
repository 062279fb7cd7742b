"""A seeded company: its vendors, its departments and what they ask for."""

from examples.procurement.generator.case import FRESH_COUNT, LEARN_COUNT, STREAM_COUNT, make_case

__all__ = ["FRESH_COUNT", "LEARN_COUNT", "STREAM_COUNT", "make_case"]
