"""Acceptance by time: a review is evidence for what was frozen before it, a lesson for the rest.

`lifetime` gives each test its level, over the whole life of an agent. `exact` tests one frozen
config on the reviews that came after it; `procedure` tests whether learning as the learner does
beats what is served. `playback` plays a log through both. What is promised, and why it holds:
docs/acceptance.md.
"""

from libs.acceptance.exact import Decision, ExactFigures, ExactTest
from libs.acceptance.lifetime import Grant, Lane, LifetimeTerms, Outcome, Spent, next_level
from libs.acceptance.playback import play
from libs.acceptance.played import OpenTest, Played, PlayTerms, Promotion
from libs.acceptance.procedure import Era, Review, assess
from libs.acceptance.schedule import ScheduleTerms
from libs.acceptance.served import Rules, answer_of, rules_as_json, rules_of_json

__all__ = [
    "Decision",
    "Era",
    "ExactFigures",
    "ExactTest",
    "Grant",
    "Lane",
    "LifetimeTerms",
    "OpenTest",
    "Outcome",
    "PlayTerms",
    "Played",
    "Promotion",
    "Review",
    "Rules",
    "ScheduleTerms",
    "Spent",
    "answer_of",
    "assess",
    "next_level",
    "play",
    "rules_as_json",
    "rules_of_json",
]
