"""`python -m pawl`: the same as the command `pawl`."""

from pawl_sdk.cli import main

main()
