"""Which project a resource belongs to: from the key, else from the resource."""

from collections.abc import Sequence
from dataclasses import dataclass

from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

PROJECT_ATTRIBUTE = "openinference.project.name"
SERVICE_ATTRIBUTE = "service.name"
DEFAULT_PROJECT = "default"
PROJECT_CHARS_MAX = 200


class ProjectError(Exception):
    """These spans cannot be filed under a project; `denied` when the key forbids it."""

    def __init__(self, reason: str, *, denied: bool) -> None:
        super().__init__(reason)
        self.denied = denied


@dataclass(frozen=True)
class Allowed:
    """The projects of the caller; None is all of them."""

    key_id: str
    projects: frozenset[str] | None = None


def project_of(attributes: Sequence[KeyValue], allowed: Allowed) -> str:
    """The project of a resource, or raise `ProjectError`."""
    named = _text(attributes, PROJECT_ATTRIBUTE)
    project = named or _only(allowed) or _text(attributes, SERVICE_ATTRIBUTE) or DEFAULT_PROJECT
    if len(project) > PROJECT_CHARS_MAX:
        raise ProjectError(
            f"project names have at most {PROJECT_CHARS_MAX} characters, this one {len(project)}:"
            f" shorten resource attribute {PROJECT_ATTRIBUTE} or {SERVICE_ATTRIBUTE}",
            denied=False,
        )
    if allowed.projects is not None and project not in allowed.projects:
        raise ProjectError(
            f"key {allowed.key_id!r} may not send to project {project!r}, only to"
            f" {', '.join(sorted(allowed.projects))}: set resource attribute {PROJECT_ATTRIBUTE}",
            denied=True,
        )
    return project


def write_project(resource: Resource, project: str) -> bool:
    """Make the resource say its project, once; True when that changed it."""
    said = [pair for pair in resource.attributes if pair.key == PROJECT_ATTRIBUTE]
    if len(said) == 1 and said[0].value.string_value == project:
        return False
    others = [pair for pair in resource.attributes if pair.key != PROJECT_ATTRIBUTE]
    del resource.attributes[:]
    resource.attributes.extend(others)
    resource.attributes.add(key=PROJECT_ATTRIBUTE).value.string_value = project
    return True


def _only(allowed: Allowed) -> str | None:
    if allowed.projects is not None and len(allowed.projects) == 1:
        return next(iter(allowed.projects))
    return None


def _text(attributes: Sequence[KeyValue], key: str) -> str:
    """The last value of a key, trimmed: what a map made of the list would hold."""
    found = ""
    for pair in attributes:
        if pair.key == key:
            found = pair.value.string_value.strip()
    return found
