"""A local stand-in for the OpenAI and Anthropic HTTP APIs, scripted by the test.

    with FakeProviders() as fake:
        fake.queue(Reply(text="hello"), Reply(tools=(ToolUse("lookup", {"id": 1}),)))
        client = anthropic.Anthropic(base_url=fake.anthropic_url, api_key="test")
        ...
        assert fake.requests[0].body["model"] == "claude-sonnet-4-5"

An empty queue answers with the text of the last user message. Token counts mean the same thing
for both providers (`Usage.input` holds cached tokens too); each API reports them in its own way.
"""

from libs.testkit.fake_providers.reply import Reply, ToolUse, Usage
from libs.testkit.fake_providers.server import FakeProviders, Received

__all__ = ["FakeProviders", "Received", "Reply", "ToolUse", "Usage"]
