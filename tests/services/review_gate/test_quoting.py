"""Text of unknown origin stays text: no mention, link, issue or change of direction in it acts."""

import re
from html.parser import HTMLParser

from markdown_it import MarkdownIt

from services.review_gate.domain.quoting import fenced, one_line, prose, quoted

REFERENCES = re.compile(r"@\w|#\d|\bgh-\d|https?:|www\.", re.IGNORECASE)


def test_a_code_span_outlasts_every_backtick_in_it() -> None:
    assert quoted("a `b` ``c``") == "``` a `b` ``c`` ```"
    assert fenced("```\nx", "diff").startswith("````diff\n")


def test_a_long_quote_is_marked_as_cut() -> None:
    assert one_line("word " * 100, 20).endswith("…")


def words_of(markdown: str) -> str:
    """What stands on the page: a forge looks for mentions after it rendered the text."""

    class Words(HTMLParser):
        said = ""

        def handle_data(self, data: str) -> None:
            self.said += data

    words = Words()
    words.feed(MarkdownIt("commonmark").render(markdown))
    return words.said


def test_prose_breaks_mentions_references_and_links() -> None:
    said = "@ada, @acme/security: fixes #12, GH-7 and acme/other#5, see https://evil.example, "
    shown = words_of(prose(said + "www.evil.example"))
    assert not REFERENCES.search(shown)
    assert shown.replace("\u2060", "").strip() == said + "www.evil.example"


def test_no_text_turns_the_direction_in_which_a_line_is_read() -> None:
    assert one_line("fine \u202e detcejer\u2066") == "fine detcejer"
