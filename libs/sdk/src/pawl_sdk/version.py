"""The version of this SDK, as reported to the registry."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("pawl-sdk")
except PackageNotFoundError:  # run from a source tree
    VERSION = "0.0.0+source"
