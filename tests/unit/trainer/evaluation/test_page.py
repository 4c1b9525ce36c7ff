import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from services.trainer.evaluation.evaluating import evaluate
from services.trainer.evaluation.page import render_page
from services.trainer.evaluation.reports import Evaluation, LeftOut
from tests.unit.trainer.evaluation.songs import Planted, album, constant, knows, noise, protocol

HOSTILE = '</svg><script>alert("$x$ & $\\frac{")</script>'


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.ids, self.references = [], [], []

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        self.tags.append(tag)
        if "id" in named:
            self.ids.append(named["id"])
        self.references += re.findall(r"url\(#([^)]+)\)", " ".join(str(value) for value in named.values()))
        if str(named.get("href", "")).startswith("#"):
            self.references.append(named["href"][1:])


@pytest.fixture(scope="module")
def report():
    scorers = {
        HOSTILE: Planted(knows),
        "linear": Planted(noise),
        "constant": Planted(constant),
        "pairwise": Planted(noise, pairwise=True, background=True),
    }
    found = evaluate(album(6), scorers, protocol())
    left_out = [LeftOut(song="ff", title=HOSTILE, reason="It has 3 chunks.")]
    return found.model_copy(
        update={"pool": found.pool.model_copy(update={"titles": [HOSTILE], "left_out": left_out})}
    )


@pytest.fixture(scope="module")
def page(report):
    return render_page(report)


@pytest.fixture(scope="module")
def parsed(page):
    tags = Tags()
    tags.feed(page)
    return tags


def test_titles_and_names_are_text_and_nothing_else(page, parsed):
    assert "script" not in parsed.tags
    assert "&lt;script&gt;" in page
    assert parsed.tags.count("svg") == 2 + 2 * 4


def test_nothing_is_fetched_from_anywhere(page, parsed):
    assert not re.search(r"https?:|[\"'(]//", page)
    assert not {"script", "link", "iframe", "object", "embed"} & set(parsed.tags)
    assert "@import" not in page


def test_plots_do_not_share_names(parsed):
    assert len(parsed.ids) == len(set(parsed.ids))
    assert set(parsed.references) <= set(parsed.ids)


def test_it_follows_the_reader_s_colours_and_width(page):
    assert "prefers-color-scheme: dark" in page
    assert 'name="viewport"' in page
    assert "currentColor" in page
    assert "#010203" not in page


def test_the_figures_are_on_it_best_first(page, report):
    headline = report.approaches["linear"].headline
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>', page)

    assert f"{headline.mrr:.3f}" in page
    assert f"{headline.intervals['mrr'].low:.3f}–{headline.intervals['mrr'].high:.3f}" in page
    assert rows[0].startswith("&lt;/svg&gt;")
    assert "It has 3 chunks." in page
    assert "0.0025 %" in page


def test_the_same_report_gives_the_same_page_also_read_back_from_json(page, report):
    assert render_page(Evaluation.model_validate_json(report.model_dump_json())) == page


def test_with_few_songs_it_says_that_intervals_are_too_narrow():
    few = evaluate(album(2), {"alone": Planted(constant)}, protocol())

    page = render_page(few)

    assert "too narrow" in page
    assert "None was left out" in page


def test_only_the_page_needs_matplotlib_and_jinja():
    script = (
        "import sys, services.trainer.evaluation.evaluating, services.trainer.evaluation.summary\n"
        "sys.exit(bool({'matplotlib', 'jinja2'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_no_state_of_pyplot_is_made():
    script = "import sys, services.trainer.evaluation.page\nsys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
