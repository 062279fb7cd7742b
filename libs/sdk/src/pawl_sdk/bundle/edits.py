"""A proposal's change as data: small operations on the files of an agent's config folder."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from pawl_sdk.bundle import yaml_edit
from pawl_sdk.bundle.canonical import canonical_json
from pawl_sdk.bundle.errors import BundleError, EditError
from pawl_sdk.bundle.files import AGENT_FILE, RULES_FILE, check_path
from pawl_sdk.bundle.model import Name, Rule
from pawl_sdk.bundle.rules import compile_when
from pawl_sdk.bundle.yaml_text import load

Files = Mapping[str, str]
Key = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f\x85\u2028\u2029]{1,120}$")]
"""What fits on one line before its colon (YAML allows 128 characters there)."""


class _Edit(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AddRule(_Edit):
    """`before` is the id of the rule that the new one stands in front of; None: at the end."""

    op: Literal["add_rule"]
    rule: dict[str, JsonValue]
    before: Name | None = None

    def apply(self, files: Files) -> tuple[str, str]:
        text, ids = _rules(files)
        if self.rule["id"] in ids:
            raise EditError(f"a rule {self.rule['id']!r} is already there", file=RULES_FILE)
        index = len(ids) if self.before is None else _index(ids, self.before)
        return RULES_FILE, yaml_edit.insert_item(text, RULES_FILE, "rules", index, self.rule)


class RemoveRule(_Edit):
    op: Literal["remove_rule"]
    rule_id: Name

    def apply(self, files: Files) -> tuple[str, str]:
        text, ids = _rules(files)
        index = _index(ids, self.rule_id)
        return RULES_FILE, yaml_edit.remove_item(text, RULES_FILE, "rules", index)


class SetContext(_Edit):
    """`value` is merged over the tool's result for `key`."""

    op: Literal["set_context"]
    name: Name
    key: Key
    value: dict[str, JsonValue]

    def apply(self, files: Files) -> tuple[str, str]:
        path = f"context/{self.name}.yaml"
        text = files.get(path, "")
        return path, yaml_edit.set_entry(text, path, (self.key,), self.value)


class RemoveContext(_Edit):
    op: Literal["remove_context"]
    name: Name
    key: Key

    def apply(self, files: Files) -> tuple[str, str]:
        path = f"context/{self.name}.yaml"
        text = _existing(files, path)
        if self.key not in _mapping(text, path):
            raise EditError(f"there is no entry {self.key!r} to remove", file=path)
        return path, yaml_edit.remove_entry(text, path, (self.key,))


class ReplaceText(_Edit):
    """`before` stands exactly once in the file; an empty `before` makes a new file."""

    op: Literal["replace_text"]
    path: str
    before: str
    after: str

    def apply(self, files: Files) -> tuple[str, str]:
        if not self.before:
            if self.path in files:
                raise EditError(
                    "the file is already there: name the text to replace", file=self.path
                )
            return self.path, self.after
        text = _existing(files, self.path)
        times = text.count(self.before)
        if times != 1:
            raise EditError(
                f"expected the text to replace exactly once, it stands there {times} times",
                file=self.path,
            )
        return self.path, text.replace(self.before, self.after)


class SetParameter(_Edit):
    """`path` is dotted: `parameters.x`, `limits.x` or `model`."""

    op: Literal["set_parameter"]
    path: Annotated[
        str, Field(pattern=r"^(?:model|(?:parameters|limits)(?:\.[^.\s]{1,100}){1,8})$")
    ]
    value: JsonValue

    def apply(self, files: Files) -> tuple[str, str]:
        text = _existing(files, AGENT_FILE)
        keys = tuple(self.path.split("."))
        return AGENT_FILE, yaml_edit.set_entry(text, AGENT_FILE, keys, self.value)


Edit = AddRule | RemoveRule | SetContext | RemoveContext | ReplaceText | SetParameter
_EDIT: TypeAdapter[Edit] = TypeAdapter(Annotated[Edit, Field(discriminator="op")])


def validate_edit(edit: Mapping[str, Any]) -> Edit:
    """The typed edit, or `EditError` that says what is wrong with it."""
    try:
        typed = _EDIT.validate_python(dict(edit))
        canonical_json(dict(edit))
        if isinstance(typed, AddRule):
            compile_when(Rule.model_validate(typed.rule, extra="forbid").when)
        if isinstance(typed, ReplaceText):
            check_path(typed.path)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise EditError(f"{first['msg']}, came {first['input']!r}"[:500], field=field) from error
    except BundleError as error:
        raise EditError(str(error)) from error
    return typed


def apply_edits(files: Files, edits: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """New files; the rest of each file's text stays as it is. Raises `EditError`."""
    changed = dict(files)
    for index, edit in enumerate(edits):
        try:
            path, text = validate_edit(edit).apply(changed)
        except BundleError as error:
            raise EditError(f"edit {index} ({edit.get('op')}): {error}") from error
        changed[path] = text
    return changed


def proposal_id(agent: str, base_commit: str, edits: Sequence[Mapping[str, Any]]) -> str:
    """Equal for equal changes to the same base, so that a replay makes no second proposal."""
    content = canonical_json([agent, base_commit, [dict(edit) for edit in edits]])
    return "prop-" + hashlib.sha256(content).hexdigest()[:12]


def _existing(files: Files, path: str) -> str:
    if path not in files:
        raise EditError("there is no such file", file=path)
    return files[path]


def _rules(files: Files) -> tuple[str, list[str]]:
    text = files.get(RULES_FILE, "")
    rules = _mapping(text, RULES_FILE).get("rules") or []
    try:
        return text, [rule["id"] for rule in rules]
    except (TypeError, KeyError) as error:
        raise EditError("expected a list of rules, each with an id", file=RULES_FILE) from error


def _mapping(text: str, path: str) -> dict[str, Any]:
    data = load(text, path) or {}
    if not isinstance(data, dict):
        raise EditError(f"expected a mapping, came {type(data).__name__}", file=path)
    return data


def _index(ids: Sequence[str], rule_id: str) -> int:
    if rule_id not in ids:
        raise EditError(f"there is no rule {rule_id!r}: there are {list(ids)}", file=RULES_FILE)
    return ids.index(rule_id)
