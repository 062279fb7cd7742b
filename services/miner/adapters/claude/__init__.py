"""A LangGraph agent that drafts with Claude: cluster, hypothesis, edits, self-check."""

from services.miner.adapters.claude.drafter import ClaudeDrafter

__all__ = ["ClaudeDrafter"]
