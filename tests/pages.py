"""What the tests of pages look at: the tags with their attributes, and whether anything is requested."""

from __future__ import annotations

from html.parser import HTMLParser


class Page(HTMLParser):
    """The tags of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def assert_requests_nothing(text: str) -> None:
    tags = Page(text).tags
    loads = [attrs.get("src") for tag, attrs in tags if tag != "a" and attrs.get("src")]
    assert all(source.startswith("data:") for source in loads if source)
    assert not [attrs for tag, attrs in tags if tag in {"link", "iframe", "object", "embed", "base"}]
    assert "@import" not in text
    assert "url(" not in text
    assert "default-src 'none'" in text
