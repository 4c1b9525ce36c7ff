"""The documentation: what it is generated from is complete, and what it names is there."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from services.gateway.problems import problem_type
from tools.site import api, commands, hooks, pictures, problems, settings
from tools.site.checking import faults_of

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "ARCHITECTURE.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
_PATH = re.compile(
    r"`((?:shared|services|cli|tests|tools|bench|observe|studio|docs|deploy|requirements)/[\w./-]*)(?:::\w+)?`"
)
_LINK = re.compile(r"""(?:\]\(|(?:src|srcset|href)=")([^)"#\s]+)""")
ELSEWHERE = {"services/gateway/studio/bundle", "shared/corpus"}
"""Named by pages, and there once they were made, or for who has them."""
GENERATED = {
    uri for made in (api, commands, hooks.decisions, problems, settings) for uri in made.pages()
} | set(hooks.BROUGHT.values())


def leads_somewhere(page: Path, link: str) -> bool:
    if "://" in link or link.startswith(("/", "<")):
        return True
    target = (page.parent / link).resolve()
    return target.exists() or (
        target.is_relative_to(ROOT / "docs") and str(target.relative_to(ROOT / "docs")) in GENERATED
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_names_is_there(page):
    text = page.read_text()
    assert [link for link in _LINK.findall(text) if not leads_somewhere(page, link)] == []
    named = [path for path in _PATH.findall(text) if "*" not in path and "<" not in path]
    assert [path for path in named if not (ROOT / path).exists() and path not in ELSEWHERE] == []


def test_links_that_lead_nowhere_are_found(tmp_path):
    page = tmp_path / "page.md"
    assert leads_somewhere(ROOT / "docs" / "index.md", "reference/api/index.md")
    assert not leads_somewhere(ROOT / "docs" / "index.md", "reference/api.md")
    assert not leads_somewhere(page, "other.md")


def test_every_kind_of_problem_is_described_and_no_other():
    slugs = [kind.slug for kind in problems.kinds()]
    assert len(slugs) > 50
    assert set(problems.notes()) == set(slugs)
    assert all({"when", "do", "example"} <= note.keys() for note in problems.notes().values())


@pytest.mark.parametrize("kind", problems.kinds(), ids=lambda kind: kind.slug)
def test_a_problems_page_shows_one_as_it_is_sent(kind):
    document = problems.example(kind)
    assert document["type"] == problem_type(kind.slug)
    assert document["title"] == kind.title
    assert document.get("status") == kind.status
    page = problems.pages()[f"reference/problems/{kind.slug}.md"]
    assert all(text in page for text in (kind.title, kind.meaning, document["type"]))


def test_the_reference_has_every_request_and_every_document():
    described = api.described()
    requests, documents = (api.pages()[f"reference/api/{name}.md"] for name in ("index", "documents"))
    asked = {f"{method.upper()} {path}" for path, one in described["paths"].items() for method in one}
    assert set(re.findall(r"^### `(.+)`$", requests, re.MULTILINE)) == asked
    anchors = set(re.findall(r"\{ #([\w-]+) \}$", documents, re.MULTILINE))
    assert anchors == {name.lower() for name in described["components"]["schemas"]}
    assert set(re.findall(r"documents\.md#([\w-]+)", requests + documents)) <= anchors


def test_the_page_of_the_command_line_has_every_command_and_option():
    page = commands.pages()["reference/commands.md"]
    names = [name for name, _ in commands.commands()]
    assert {"segue mix", "segue mixes revise", "segue keys make", "segue radio skip"} <= set(names)
    assert re.findall(r"^## `(.+)`$", page, re.MULTILINE) == names
    told = {option for _, one in commands.commands() for param in one.params for option in param.opts}
    assert len(told) > 50
    assert all(f"`{option}`" in page for option in told if option.startswith("-") and option != "--help")


def test_the_page_of_settings_has_them_all():
    page = settings.pages()["reference/settings.md"]
    for name, facts in settings.Settings.model_fields.items():
        assert f"| `SEGUE_{name.upper()}` |" in page
        assert (facts.description or "?") in page


def at(uri: str) -> SimpleNamespace:
    return SimpleNamespace(file=SimpleNamespace(src_uri=uri))


def test_links_of_pages_that_lie_elsewhere_lead_to_the_same_place():
    mended = hooks.on_page_markdown
    assert (
        mended("[a](docs/how-to/radio.md#x)", at("explanation/architecture.md"))
        == "[a](../how-to/radio.md#x)"
    )
    assert (
        mended("[a](../../ARCHITECTURE.md)", at("how-to/radio.md")) == "[a](../explanation/architecture.md)"
    )
    for untouched in ("[a](analysis.md)", "[a](https://x.example/)", "[a](#here)"):
        assert mended(untouched, at("reference/security.md")) == untouched


def test_formulas_need_no_script():
    shown = hooks.on_page_content(r'<p>a <span class="arithmatex">\(x &lt; 1\)</span></p>')
    assert "<math" in shown
    assert "arithmatex" not in shown


def test_a_site_with_faults_is_told_of_each(tmp_path):
    (tmp_path / "index.html").write_text(
        '<a href="there.html#known">a</a><a href="there.html#unknown">b</a><a href="away.html">c</a>'
        '<img src="https://elsewhere.example/a.png"><a href="https://elsewhere.example/">d</a>'
        '<script src="//elsewhere.example/a.js"></script>'
    )
    (tmp_path / "there.html").write_text('<h1 id="known">A</h1>')
    (tmp_path / "a.css").write_text(
        "@import url(https://fonts.elsewhere.example/a); b { background: url(x.png) }"
    )
    assert faults_of(tmp_path) == [
        "index.html: there.html#unknown names a heading that is not there",
        "index.html: away.html leads nowhere",
        "index.html: asks https://elsewhere.example/a.png",
        "index.html: asks //elsewhere.example/a.js",
        "a.css: asks https://fonts.elsewhere.example/a",
    ]


def test_a_site_without_faults_is_told_of_none(tmp_path):
    (tmp_path / "index.html").write_text('<a href="index.html#here">a</a><p id="here">')
    assert faults_of(tmp_path) == []


def test_every_picture_of_the_networks_can_be_drawn_anew_and_is_shown():
    drawn = {f"{name}.svg" for name in pictures.PICTURES}
    assert {path.name for path in pictures.FOLDER.glob("*.svg")} == drawn | {"lstm-cell.svg"}
    shown = "".join(path.read_text() for path in pictures.FOLDER.glob("*.md"))
    assert all(f"({name})" in shown for name in drawn | {"lstm-cell.svg"})
