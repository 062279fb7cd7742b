"""What the model is asked for. It can only say what these types can hold."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Line = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\r\n]+$")]
Plain = str | int | float | bool | None


class _Idea(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Hypothesis(_Idea):
    """Why reviewers want another answer, and where a change would go."""

    cluster_id: str | None = None
    cause: Line
    change: Literal["rule", "context", "prompt", "parameter"]


class Hypotheses(_Idea):
    """The likeliest causes of the failures, the one that explains most failures first."""

    hypotheses: Annotated[list[Hypothesis], Field(min_length=1, max_length=8)]


class AddRule(_Idea):
    """A new rule: when the CEL expression `when` is true of the facts, the answer is `answer`."""

    op: Literal["add_rule"]
    when: Annotated[str, Field(min_length=1, max_length=1_000)]
    answer: Line
    because: Line
    before: str | None = None


class RemoveRule(_Idea):
    """Take out a rule that does harm."""

    op: Literal["remove_rule"]
    rule_id: Line


class SetContext(_Idea):
    """Facts laid over a tool's result for one key: a file of the agent's `context/` folder."""

    op: Literal["set_context"]
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,40}$")]
    key: Line
    value: dict[str, Plain]


class ReplaceText(_Idea):
    """Other words in one of the agent's prompts. `before` stands in it exactly once."""

    op: Literal["replace_text"]
    prompt: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,60}$")]
    before: Annotated[str, Field(min_length=1, max_length=4_000)]
    after: Annotated[str, Field(max_length=4_000)]


class SetParameter(_Idea):
    """Another value for a parameter that the agent already has."""

    op: Literal["set_parameter"]
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,60}$")]
    value: Plain


Idea = Annotated[
    AddRule | RemoveRule | SetContext | ReplaceText | SetParameter, Field(discriminator="op")
]


class Ideas(_Idea):
    """The smallest set of changes that would put the failures right without breaking the rest."""

    edits: Annotated[list[Idea], Field(min_length=1, max_length=12)]
