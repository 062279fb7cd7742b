"""Reads a page as a browser would and says what is wrong with it."""

from html.parser import HTMLParser

VOID = {"meta", "link", "img", "input", "br", "hr", "path", "line", "rect", "circle"}
LINKS = {"href", "src", "action", "formaction", "data", "poster"}


class Page(HTMLParser):
    """Elements, ids, links and visible text; `faults` lists what must not be."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        if self._open:
            self.faults.append(f"never closed: {self._open}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        if len(given) != len(attrs):
            self.faults.append(f"<{tag}> has an attribute twice")
        for name, value in attrs:
            self._attribute(tag, name, value or "")
        if tag == "img" and "alt" not in given:
            self.faults.append("an image without alt")
        if tag == "script" and not (given.get("src") or "").startswith("/static/"):
            self.faults.append(f"a script of its own: {attrs}")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            self._attribute(tag, name, value or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self._open or self._open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self._open[-1:]}")
            return
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1] not in ("script", "style"):
            self.text += data

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name.startswith("on") or name == "style":
            self.faults.append(f"<{tag} {name}>: the content policy forbids it")
        if name == "id":
            if value in self.ids:
                self.faults.append(f"the id {value!r} stands twice")
            self.ids.append(value)
        if name in LINKS:
            self.links.append(value)
            if not value.startswith(("/", "?", "#", "https://")) or value.startswith("//"):
                self.faults.append(f"<{tag} {name}={value!r}> leads elsewhere")
