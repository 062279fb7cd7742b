"""`pawl demo`: the whole loop on the procurement example, through public interfaces only."""

from examples.procurement.demo.options import DemoOptions
from examples.procurement.demo.run import run_demo

__all__ = ["DemoOptions", "run_demo"]
