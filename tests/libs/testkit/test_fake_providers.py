"""The fakes answer the real client libraries as the real APIs would."""

from collections.abc import Iterator

import anthropic
import openai
import pytest

from libs.testkit.fake_providers import FakeProviders, Reply, ToolUse, Usage

ASK = [{"role": "user", "content": "How is the weather?"}]
CACHED = Usage(input=1000, output=50, cache_read=600, cache_write=100)


@pytest.fixture
def fake() -> Iterator[FakeProviders]:
    with FakeProviders() as running:
        yield running


@pytest.fixture
def claude(fake: FakeProviders) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=fake.anthropic_url, api_key="test", max_retries=0)


@pytest.fixture
def gpt(fake: FakeProviders) -> openai.OpenAI:
    return openai.OpenAI(base_url=fake.openai_url, api_key="test", max_retries=0)


def test_an_unscripted_message_comes_back_as_the_last_user_text(
    claude: anthropic.Anthropic,
) -> None:
    answer = claude.messages.create(model="claude-x", max_tokens=9, messages=ASK)
    assert answer.content[0].text == "How is the weather?"
    assert answer.stop_reason == "end_turn"


def test_anthropic_usage_leaves_cached_tokens_out_of_input(
    fake: FakeProviders, claude: anthropic.Anthropic
) -> None:
    fake.queue(Reply(text="fine", usage=CACHED))
    usage = claude.messages.create(model="claude-x", max_tokens=9, messages=ASK).usage
    assert usage.input_tokens == 300
    assert (usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == (600, 100)


def test_anthropic_tool_use_is_the_same_streamed_and_whole(
    fake: FakeProviders, claude: anthropic.Anthropic
) -> None:
    reply = Reply(text="let me look", tools=(ToolUse("weather", {"city": "Zürich"}),))
    fake.queue(reply, reply)
    whole = claude.messages.create(model="claude-x", max_tokens=9, messages=ASK)
    with claude.messages.stream(model="claude-x", max_tokens=9, messages=ASK) as stream:
        streamed = stream.get_final_message()
    for answer in (whole, streamed):
        assert answer.stop_reason == "tool_use"
        assert answer.content[0].text == "let me look"
        assert answer.content[1].input == {"city": "Zürich"}
    assert streamed.usage.output_tokens == 18


def test_a_scripted_failure_carries_status_and_retry_after(
    fake: FakeProviders, claude: anthropic.Anthropic
) -> None:
    fake.queue(Reply(status=429, error="slow down", retry_after_seconds=2))
    with pytest.raises(anthropic.RateLimitError, match="slow down") as caught:
        claude.messages.create(model="claude-x", max_tokens=9, messages=ASK)
    assert caught.value.response.headers["retry-after"] == "2"


def test_openai_usage_counts_cached_tokens_inside_the_prompt(
    fake: FakeProviders, gpt: openai.OpenAI
) -> None:
    fake.queue(Reply(text="fine", usage=CACHED))
    usage = gpt.chat.completions.create(model="gpt-x", messages=ASK).usage
    assert usage is not None
    assert usage.prompt_tokens == 1000
    assert usage.prompt_tokens_details.cached_tokens == 600


def test_openai_streams_text_tools_and_usage(fake: FakeProviders, gpt: openai.OpenAI) -> None:
    fake.queue(Reply(text="let me look", tools=(ToolUse("weather", {"city": "Bern"}),)))
    chunks = list(
        gpt.chat.completions.create(
            model="gpt-x", messages=ASK, stream=True, stream_options={"include_usage": True}
        )
    )
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    calls = [c.choices[0].delta.tool_calls for c in chunks if c.choices]
    assert text == "let me look"
    assert [call[0].function.name for call in calls if call] == ["weather"]
    assert chunks[-1].usage.completion_tokens == 18


def test_requests_are_kept_as_they_came(fake: FakeProviders, gpt: openai.OpenAI) -> None:
    gpt.embeddings.create(model="embed-x", input=["a", "b"])
    assert fake.requests[0].path == "/v1/embeddings"
    assert fake.requests[0].body["input"] == ["a", "b"]
    assert fake.requests[0].headers["authorization"] == "Bearer test"


def test_an_unknown_path_says_so(fake: FakeProviders, gpt: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="no fake for POST /v1/moderations"):
        gpt.moderations.create(input="x")
