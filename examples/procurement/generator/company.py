"""Departments, people and the written policies."""

from examples.procurement.data.model import Department, Policy, Reference
from examples.procurement.generator.vendors import VENDORS

DEPARTMENTS: tuple[Department, ...] = (
    Department(name="Engineering", headcount=64, quarterly_budget=310_000),
    Department(name="Marketing", headcount=22, quarterly_budget=140_000),
    Department(name="Sales", headcount=38, quarterly_budget=150_000),
    Department(name="Customer Success", headcount=9, quarterly_budget=160_000),
    Department(name="Security", headcount=8, quarterly_budget=240_000),
)

DEPARTMENT_WEIGHTS = {
    "Engineering": 27,
    "Marketing": 21,
    "Sales": 16,
    "Customer Success": 18,
    "Security": 18,
}

PEOPLE: dict[str, tuple[str, ...]] = {
    "Engineering": ("A. Lindqvist", "J. Okafor", "M. Tanaka", "P. Duarte", "R. Novak", "S. Iyer"),
    "Marketing": ("B. Castellano", "D. Whitfield", "L. Moreau", "N. Adeyemi"),
    "Sales": ("C. Hartmann", "E. Vasquez", "G. Sato", "T. Brennan"),
    "Customer Success": ("F. Kowalski", "H. Mbeki", "K. Larsen"),
    "Security": ("I. Petrov", "O. Farrow", "V. Nair"),
}

POLICIES: tuple[Policy, ...] = (
    Policy(
        name="Approval tiers",
        description="Who has to approve a purchase, by its amount.",
        rules=[
            "Purchases up to 5,000 are approved automatically.",
            "Purchases up to 25,000 need a manager's approval.",
            "Purchases above 25,000 need a VP's approval.",
        ],
    ),
    Policy(
        name="Consulting",
        description="Services by the day or by the project.",
        rules=[
            "Consulting always needs a manager's approval.",
            "Consulting over 50,000 needs a VP's approval.",
        ],
    ),
    Policy(
        name="Vendors",
        description="Vendors are preferred, approved, suspended or not listed.",
        rules=[
            "Nothing is bought from a suspended vendor.",
            "A vendor that is not listed has to be checked first.",
            "Prefer the existing vendor of a category over a new one.",
        ],
    ),
    Policy(
        name="Emergencies",
        description="When waiting costs more than the purchase.",
        rules=["Emergency purchases may bypass approval and are reviewed later."],
    ),
    Policy(
        name="Budgets",
        description="Each department has a budget a quarter.",
        rules=["A purchase beyond what is left of the quarterly budget is rejected."],
    ),
)

REFERENCE = Reference(vendors=VENDORS, departments=DEPARTMENTS, policies=POLICIES)
