"""A case on disk: requests, reviews and the company's reference, checked at the border."""

from examples.procurement.data.errors import DataError
from examples.procurement.data.load import load_case
from examples.procurement.data.model import (
    DECISIONS,
    Case,
    Decision,
    Department,
    Policy,
    PurchaseRequest,
    Reference,
    Review,
    Skipped,
    Vendor,
)
from examples.procurement.data.reference import load_reference
from examples.procurement.data.write import write_case

__all__ = [
    "DECISIONS",
    "Case",
    "DataError",
    "Decision",
    "Department",
    "Policy",
    "PurchaseRequest",
    "Reference",
    "Review",
    "Skipped",
    "Vendor",
    "load_case",
    "load_reference",
    "write_case",
]
