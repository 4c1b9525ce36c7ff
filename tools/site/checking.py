"""What can be wrong with a built site: links that lead nowhere, and requests to other hosts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["faults_of"]

_FETCHED = {
    ("link", "href"),
    ("script", "src"),
    ("img", "src"),
    ("source", "srcset"),
    ("source", "src"),
    ("iframe", "src"),
}
"""What a browser asks for by itself; an `a` is followed by people."""
_STYLE = re.compile(r"""(?:url\(|@import\s+)["']?((?:https?:)?//[^"')\s]+)""")
_FOR_OTHERS = {"canonical", "alternate"}


@dataclass
class _Page(HTMLParser):
    """The ids and links of one page."""

    ids: set[str] = field(default_factory=set)
    links: list[tuple[str, bool]] = field(default_factory=list)
    """Each with whether a browser fetches it by itself."""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag names and where it leads."""
        told = {name: value or "" for name, value in attrs}
        self.ids |= {told[name] for name in ("id", "name") if told.get(name)}
        for name in ("href", "src", "srcset"):
            fetched = (tag, name) in _FETCHED and told.get("rel") not in _FOR_OTHERS
            if name in told and (fetched or tag == "a"):
                self.links.append((told[name], fetched))


def faults_of(folder: str | Path) -> list[str]:
    """Return what is wrong with a site, a line each, in order of its pages."""
    root = Path(folder).resolve()
    pages = {path: _read(path) for path in sorted(root.rglob("*.html"))}
    faults = [
        f"{path.relative_to(root)}: {fault}"
        for path, page in pages.items()
        for link, fetched in page.links
        if (fault := _fault(root, path, link, fetched=fetched, pages=pages))
    ]
    for path in sorted(root.rglob("*.css")):
        faults += [f"{path.relative_to(root)}: asks {url}" for url in _STYLE.findall(path.read_text())]
    return faults


def _read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text())
    return page


def _fault(root: Path, path: Path, link: str, *, fetched: bool, pages: dict[Path, _Page]) -> str | None:
    parts = urlsplit(link)
    if parts.netloc or parts.scheme in ("http", "https"):
        return f"asks {link}" if fetched else None
    if parts.scheme:
        return None
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    target = target / "index.html" if target.is_dir() else target
    if path == root / "404.html" and parts.path.startswith("/"):
        target = root / parts.path.lstrip("/")
    if not target.is_file():
        return f"{link} leads nowhere"
    if parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids:
        return f"{link} names a heading that is not there"
    return None
