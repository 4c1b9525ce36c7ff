"""What mkdocs does besides: pages made from the code and from files outside docs/, and formulas as MathML."""

from __future__ import annotations

import html
import posixpath
import re
import sys
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))  # mkdocs runs this file by its path.

from tools.site import api, commands, decisions, problems, settings  # noqa: E402

BROUGHT = {
    "ARCHITECTURE.md": "explanation/architecture.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "shared/learning/pretrained/MODEL_CARD.md": "reference/model-card.md",
}
"""Pages that lie elsewhere in the repository, where people look for them."""
_FROM = {to: of for of, to in BROUGHT.items()}
_LINK = re.compile(r"(\]\()([^)\s#]+)((?:#[^)\s]*)?\))")
_FORMULA = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.DOTALL)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made."""
    made = {to: (ROOT / of).read_text() for of, to in BROUGHT.items()}
    for generated in (api, commands, decisions, problems, settings):
        made |= generated.pages()
    for uri, content in made.items():
        files.append(File.generated(config, uri, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Let links that are right in the repository be right in the site."""
    own = page.file.src_uri
    folder = posixpath.dirname(_FROM.get(own, f"docs/{own}"))

    def mend(link: re.Match[str]) -> str:
        before, target, after = link.groups()
        if "://" in target or target.startswith(("/", "mailto:")):
            return link.group(0)
        meant = posixpath.normpath(posixpath.join(folder, target))
        uri = BROUGHT.get(meant, meant.removeprefix("docs/"))
        return before + posixpath.relpath(uri, posixpath.dirname(own) or ".") + after

    return _LINK.sub(mend, markdown)


def on_page_content(content: str, **_: Any) -> str:
    """Write formulas as MathML, which browsers show without a script."""

    def formula(found: re.Match[str]) -> str:
        display = "block" if found.group(1) == "div" else "inline"
        return convert(html.unescape(found.group(2)).strip(), display=display)

    return _FORMULA.sub(formula, content)
