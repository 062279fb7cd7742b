"""What a list of edits changes in the config: not what the edits are called, but what comes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pawl_sdk.bundle import Bundle, BundleError, Rule, apply_edits, compile_bundle

Part = Literal["rule", "context", "prompt", "spec", "evaluator", "file"]
JUDGES = ("task", "guardrails", "never", "cost")
"""Of agent.yaml: what says how the agent is judged."""


@dataclass(frozen=True)
class Change:
    """`old` is None for what is new, `new` is None for what goes.

    A rule is a `Rule`, a context entry its object, a prompt and a file its text, a field of
    agent.yaml its value.
    """

    edit_index: int
    part: Part
    place: str
    name: str
    old: Any
    new: Any

    @property
    def judges(self) -> bool:
        """Whether it changes what the agent is judged by."""
        return self.part == "evaluator" or (self.part == "spec" and self.name in JUDGES)


@dataclass(frozen=True)
class Unfit:
    """An edit that cannot be applied, or after which the config does not compile."""

    edit_index: int
    message: str


@dataclass(frozen=True)
class Changed:
    """`after` is None when the edits as a whole give no valid config."""

    changes: tuple[Change, ...]
    unfit: tuple[Unfit, ...]
    after: Bundle | None


def changes_of(
    before: Bundle, files: Mapping[str, str], edits: Sequence[Mapping[str, Any]]
) -> Changed:
    """Each change with the edit that makes it.

    Edits that give a valid config only together are told as the last of them.
    """
    found: list[Change] = []
    unfit: list[Unfit] = []
    bundle, text, last_error = before, dict(files), None
    for index, edit in enumerate(edits):
        try:
            changed = apply_edits(text, [edit])
        except BundleError as error:
            unfit.append(Unfit(index, str(error)))
            continue
        found += _of_files(index, text, changed)
        text = changed
        try:
            after = compile_bundle(before.agent, text)
        except BundleError as error:
            last_error = Unfit(index, str(error))
            continue
        found += _of_bundles(index, bundle, after)
        bundle, last_error = after, None
    if last_error is not None:
        unfit.append(last_error)
    return Changed(tuple(found), tuple(unfit), None if unfit else bundle)


def _of_files(index: int, old: Mapping[str, str], new: Mapping[str, str]) -> list[Change]:
    return [
        Change(index, "file", path, path, old.get(path), new[path])
        for path in new
        if old.get(path) != new[path]
    ]


def _of_bundles(index: int, old: Bundle, new: Bundle) -> list[Change]:
    tables: list[tuple[Part, str, Mapping[str, Any], Mapping[str, Any]]] = [
        ("rule", "rules.yaml, rule {}", _by_id(old.rules), _by_id(new.rules)),
        ("prompt", "prompts/{}.md", old.prompts, new.prompts),
        ("evaluator", "evaluators/{}.yaml", old.evaluators, new.evaluators),
        ("spec", "agent.yaml, {}", old.document()["spec"], new.document()["spec"]),
    ]
    for name in sorted({*old.context, *new.context}):
        place = f"context/{name}.yaml, {{}}"
        tables.append(("context", place, old.context.get(name, {}), new.context.get(name, {})))
    return [
        Change(index, part, place.format(name), name, was.get(name), now.get(name))
        for part, place, was, now in tables
        for name in [*now, *(one for one in was if one not in now)]
        if was.get(name) != now.get(name)
    ]


def _by_id(rules: Sequence[Rule]) -> dict[str, Rule]:
    return {rule.id: rule for rule in rules}
