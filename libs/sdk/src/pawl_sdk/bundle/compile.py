"""From the files of a config repo folder to a bundle. Strict: what is not understood is refused."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pawl_sdk.bundle.errors import BundleError
from pawl_sdk.bundle.files import AGENT_FILE, RULES_FILE, check_path, name_in
from pawl_sdk.bundle.model import SCHEMA, AgentSpec, Bundle, Rule
from pawl_sdk.bundle.rules import compile_when
from pawl_sdk.bundle.yaml_text import Path, compose, line_of, to_data

M = TypeVar("M", bound=BaseModel)


def compile_bundle(agent: str, files: Mapping[str, str]) -> Bundle:
    """Compile `files` (paths relative to the agent's folder); raises `BundleError`."""
    for path in files:
        check_path(path)
    spec = _Document(AGENT_FILE, files).spec(agent)
    document = {
        "schema": SCHEMA,
        "agent": agent,
        "spec": spec,
        "prompts": _folder(files, "prompts", lambda path: files[path]),
        "rules": _Document(RULES_FILE, files).rules(spec) if RULES_FILE in files else [],
        "context": _folder(files, "context", lambda path: _Document(path, files).objects()),
        "evaluators": _folder(files, "evaluators", lambda path: _Document(path, files).mapping()),
    }
    return Bundle.from_document(document)


def _folder(files: Mapping[str, str], folder: str, read: Callable[[str], Any]) -> dict[str, Any]:
    return {name_in(path): read(path) for path in sorted(files) if path.startswith(f"{folder}/")}


class _Document:
    """One YAML file, with the means to say where something in it is wrong."""

    def __init__(self, path: str, files: Mapping[str, str]) -> None:
        self.path = path
        if path not in files:
            raise BundleError("the file is missing", file=path)
        self.node = compose(files[path], path)
        self.data = to_data(self.node, path)

    def error(self, at: Path, message: str) -> BundleError:
        field = ".".join(str(part) for part in at)
        return BundleError(message, file=self.path, line=line_of(self.node, at), field=field)

    def mapping(self) -> dict[str, Any]:
        if self.data is None:
            return {}
        if not isinstance(self.data, dict):
            raise self.error((), f"expected a mapping, came {_kind(self.data)}")
        return self.data

    def objects(self) -> dict[str, Any]:
        """A lookup: key to object."""
        data = self.mapping()
        for key, value in data.items():
            if not isinstance(value, dict):
                raise self.error((key,), f"expected an object, came {_kind(value)}")
        return data

    def spec(self, agent: str) -> dict[str, Any]:
        data = self.mapping()
        spec = self.validate(AgentSpec, data, ())
        if spec.name != agent:
            raise self.error(("name",), f"expected the agent's name {agent!r}, came {spec.name!r}")
        return data

    def rules(self, spec: Mapping[str, Any]) -> list[Any]:
        items = self.mapping().get("rules") or []
        if not isinstance(items, list) or set(self.mapping()) - {"rules"}:
            raise self.error(("rules",), "expected one key, `rules`, with a list of rules")
        seen: set[str] = set()
        for index, item in enumerate(items):
            self._check_rule(("rules", index), item, seen, spec.get("task") or {})
        return items

    def _check_rule(self, at: Path, item: Any, seen: set[str], task: Mapping[str, Any]) -> None:
        rule = self.validate(Rule, item, at)
        if rule.id in seen:
            raise self.error((*at, "id"), f"the id {rule.id!r} stands twice")
        seen.add(rule.id)
        if rule.expires is not None and rule.expires < rule.added:
            raise self.error((*at, "expires"), f"expected a day from {rule.added} on")
        label, labels = task.get("label"), task.get("labels")
        if label in rule.then and labels and rule.then[label] not in labels:
            came = rule.then[label]
            raise self.error((*at, "then", label), f"expected one of {labels}, came {came!r}")
        try:
            compile_when(rule.when)
        except BundleError as error:
            raise self.error((*at, "when"), error.message) from error

    def validate(self, model: type[M], data: Any, at: Path) -> M:
        """Unknown fields are errors here: they are typing mistakes."""
        try:
            return model.model_validate(data, extra="forbid")
        except ValidationError as error:
            first = error.errors()[0]
            raise self.error((*at, *first["loc"]), _told(first, model)[:500]) from error


def _told(first: ErrorDetails, model: type[BaseModel]) -> str:
    if first["type"] == "extra_forbidden" and len(first["loc"]) == 1:
        return f"there is no such field; there are: {', '.join(model.model_fields)}"
    came = "" if first["type"] == "missing" else f", came {first['input']!r}"
    return f"{first['msg']}{came}"


def _kind(value: Any) -> str:
    return "nothing" if value is None else type(value).__name__
