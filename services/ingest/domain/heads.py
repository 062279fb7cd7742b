"""What stands around the spans: the resource, made to say its project, and the scope."""

from google.protobuf.message import DecodeError
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans

from services.ingest.domain.projects import Allowed, project_of, write_project


class UnreadableError(Exception):
    """The resource or scope of these spans cannot be kept."""


def resource_head(head: bytes, allowed: Allowed, bytes_max: int) -> bytes:
    """The head with its project written in; raises `UnreadableError` or `ProjectError`."""
    _check_size(head, "resource", bytes_max)
    try:
        message = ResourceSpans.FromString(head)
    except DecodeError as error:
        raise UnreadableError("the resource cannot be decoded: broken or not UTF-8") from error
    project = project_of(message.resource.attributes, allowed)
    return message.SerializeToString() if write_project(message.resource, project) else head


def scope_head(head: bytes, bytes_max: int) -> bytes:
    """The head, once it is known that it can be decoded; raises `UnreadableError`."""
    _check_size(head, "scope", bytes_max)
    try:
        ScopeSpans.FromString(head)
    except DecodeError as error:
        raise UnreadableError("the scope cannot be decoded: broken or not UTF-8") from error
    return head


def _check_size(head: bytes, what: str, bytes_max: int) -> None:
    if len(head) > bytes_max:
        raise UnreadableError(f"the {what} has {len(head)} bytes; at most {bytes_max} are taken")
