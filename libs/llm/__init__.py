"""Claude, with a budget, retries, typed answers and recorded replies.

Used only where `ANTHROPIC_API_KEY` or `ANTHROPIC_BASE_URL` is set; everything else works without,
so `libs.llm.settings` imports no client.
"""
