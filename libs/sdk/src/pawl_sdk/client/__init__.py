"""A thin client of Pawl's HTTP API: typed questions, answers as the JSON that the API documents."""

from pawl_sdk.client.client import PawlClient
from pawl_sdk.client.errors import PawlError, RefusedByServer, ServerUnreachable
from pawl_sdk.client.http import Json

__all__ = ["Json", "PawlClient", "PawlError", "RefusedByServer", "ServerUnreachable"]
