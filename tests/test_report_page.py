"""The page of a run that is sent to somebody: it needs nothing else, escapes everything, and says what was measured."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from given_vectors import given

from mmalign_core.__main__ import main
from mmalign_core.commands.choices import choices_of
from mmalign_core.commands.line import parser
from mmalign_core.metrics.bootstrap import share_interval
from mmalign_core.params import parse_assignments
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Collection
from mmalign_core.workflow import Choices, Run, align, encode, repair_run, save_run
from mmalign_core.workflow.error_analysis.refit import held_out_parts
from mmalign_core.workflow.export.report_facts import command_line, finding, repair_facts
from mmalign_core.workflow.export.report_page import ReportPage, report_page
from tests.swapped_pairs import run_of, shifted, swapped

MADE = datetime(2030, 1, 2, 3, 4, tzinfo=UTC)
HOSTILE = '"><script>alert(1)</script><img src=http://example.org/x onerror=alert(2)>'


class Tags(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def run(few: Collection, store: Store) -> Run:
    """Drawings and their names, half of them held out; names, captions and one path are hostile."""
    first = few.ids[0]
    texts = {first: HOSTILE}
    media = tuple(replace(m, text=texts.get(m.item, m.text)) if m.modality == "text" else m for m in few.media)
    lost = next(m for m in media if m.modality == "image" and m.item != first)
    hostile = replace(few, name=f"data {HOSTILE}", media=media, attribution=f"by {HOSTILE}", digest="")
    made = align(hostile, encode(hostile, store=store), Choices(aligner="bridge", test=0.5), store=store)
    gone = tuple(replace(m, path="/nowhere/lost.png") if m is lost else m for m in media)
    return replace(made, collection=replace(hostile, media=gone, digest=hostile.digest))


@pytest.fixture(scope="module")
def page(run: Run, store: Store) -> ReportPage:
    return report_page(run, store=store, made=MADE)


def test_the_page_needs_nothing_else_and_escapes_everything(page: ReportPage) -> None:
    tags = Tags()
    tags.feed(page.html)
    assert not {tag for tag, _ in tags.found} & {"script", "iframe", "link", "object", "embed", "form", "base", "a"}
    for tag, attributes in tags.found:
        assert not any(name.startswith("on") for name in attributes), tag
        for name in ("src", "href", "srcset", "poster", "data"):
            assert str(attributes.get(name) or "data:").startswith("data:"), (tag, attributes)
    policy = next(a["content"] for t, a in tags.found if a.get("http-equiv") == "Content-Security-Policy")
    assert policy == "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'"
    assert ("meta", {"name": "generator", "content": "MMAlign"}) in tags.found
    assert "<script>" not in page.html and "&lt;script&gt;" in page.html
    assert "@import" not in page.html and not re.search(r"url\((?!data:)", page.html)


def test_it_says_what_was_found_against_chance(run: Run, page: ReportPage) -> None:
    found, report = page.html, run.report
    hits, n = round(20 * report["metrics"]["image->text"]["recall@1"]), report["metrics"]["image->text"]["n"]
    low, high = share_interval(hits, n)
    assert n == 20 and f"The right text is first for {hits} of {n} pictures" in page.sentence, "10 of 20 says little"
    assert f"95% interval {low:.0%} to {high:.0%}; by chance 5%" in page.sentence
    assert page.sentence in found and "(split: test 0.5)" in found and "2030-01-02 03:04 UTC" in found
    for way in report["metrics"]:
        assert f"{report['metrics'][way]['recall@5']:.1%}" in found
    assert f"{len(run.result.space['text']) + len(run.result.space['image'])} media as points" in found
    assert found.count('class="role">Asked') == found.count('class="role">Right') > 3
    assert {"metrics", "pairs", "map"} <= set(page.sections) and 'id="repair"' not in found
    assert run.collection.digest in found and "mmalign 0" in found


@pytest.mark.parametrize(
    ("aligner", "words"),
    [
        ("bridge", "Nothing was held out; bridge learns from no pairs."),
        ("procrustes", "Nothing was held out: the aligner was measured on the items that it was fitted on."),
    ],
)
def test_it_says_what_nothing_held_out_means(few: Collection, store: Store, aligner: str, words: str) -> None:
    made = align(few, encode(few, store=store), Choices(aligner=aligner), store=store)
    assert words in report_page(made, store=store, made=MADE).html


def test_the_same_run_gives_the_same_page(run: Run, page: ReportPage, store: Store) -> None:
    assert report_page(run, store=store, made=MADE).html == page.html


@pytest.mark.parametrize(
    "choices",
    [
        Choices(aligner="cca", params={"dims": 4}, test=0.4, seed=3),
        Choices(aligner="procrustes", folds=3, correction="csls", correction_params={"k": 3}, matcher="hungarian"),
    ],
)
def test_the_line_that_runs_it_again_asks_for_the_same(store: Store, choices: Choices) -> None:
    made = align(*given(40), choices, store=store)
    words = shlex.split(command_line(made))
    assert words[:4] == ["python", "-m", "mmalign_core", "align"]
    args = parser().parse_args(words[3:])
    again = choices_of(args, args.aligner, dict(parse_assignments(args.param)))
    again.check()
    assert again.new_aligner().params == made.aligner.params
    assert again.scoring().correction.params == made.choices.scoring().correction.params
    same = ("pair", "similarity", "correction", "matcher", "test", "folds", "seed")
    assert [getattr(again, name) for name in same] == [getattr(made.choices, name) for name in same]


def test_what_is_no_better_than_chance_is_called_so(store: Store) -> None:
    made = align(*given(40), Choices(aligner="cca", test=0.4), store=store)
    report = dict(made.report)
    report["ci95"] = {way: {name: [0.0, 1.0] for name in rows} for way, rows in report["ci95"].items()}
    assert finding(replace(made, report=report)).endswith("That is no better than chance.")
    assert "no better" not in finding(made)
    assert (
        finding(replace(made, report={"unmeasured": "no item has both"})) == "Nothing was measured: no item has both."
    )


def test_a_repair_and_slices_are_shown_where_there_are(store: Store) -> None:
    made = align(*given(40), Choices(aligner="cca", params={"dims": 1}, test=0.4), store=store)
    metrics = made.report["metrics"]
    repair = {
        "before": metrics,
        "after": metrics,
        "dropped": [1, 2],
        "fixed": ["i1"],
        "broken": [],
        "verdict": "V <b>.",
        "difference": {"image->text": {"recall@10": {"value": 0.125, "ci95": [0.05, 0.2]}}},
    }
    repaired = replace(made, report={**made.report, "repaired_from": "first", "repair": repair})
    assert repair_facts(made) is None
    apart = {"value": -0.1, "ci95": [-0.2, -0.05], "p": 0.01, "q": 0.031}
    row = {"label": "short <i>", "direction": "image->text", "n": 1234, "value": 0.5, "ci95": [0.2, 0.8]}
    rows = [{**row, "difference": apart, "significant": True}, {**row, "label": "noise", "significant": False}]
    found = report_page(repaired, store=store, slices={"metric": "recall@10", "slices": rows}, made=MADE)
    assert {"repair", "slices"} <= set(found.sections)
    assert "+0.125 (+0.050 to +0.200)" in found.html and "2 training pairs were changed" in found.html
    assert "V &lt;b&gt;." in found.html and "short &lt;i&gt;, image to text" in found.html
    assert all(words in found.html for words in ("1,234", "20.0% to 80.0%", "-0.100 (-0.200 to -0.050)", "0.031"))
    assert "noise" not in found.html
    assert "a given vector, without a medium" in found.html


def test_a_run_that_a_repair_made_says_what_it_brought(store: Store, tmp_path: Path) -> None:
    places = [int(item[1:]) for item in held_out_parts(run_of(swapped(), store))[0].train][::9]
    done = repair_run(run_of(swapped(shifted(places)), store), store=store, suggested=len(places))
    save_run(done.repaired_run(store=store), "mended", store=store)
    out = ["--store", str(store.root), "--json", str(tmp_path / "page.json")]
    assert main(["report", "mended", "--html", str(tmp_path / "page.html"), *out]) == 0
    said, page = json.loads((tmp_path / "page.json").read_text()), (tmp_path / "page.html").read_text()
    assert {"metrics", "repair", "pairs", "map"} <= set(said["sections"])
    assert escape(done.verdict()) in page and f"{len(done.changes)} training pairs were changed" in page
    assert said["sentence"] in page


def test_the_command_replaces_its_own_page_alone(run: Run, store: Store, tmp_path: Path, capsys) -> None:
    save_run(align(*given(40), Choices(aligner="cca", test=0.4), store=store), "reported", store=store)
    out = tmp_path / "report.html"
    argv = ["report", "reported", "--html", str(out), "--store", str(store.root), "--json", str(tmp_path / "r.json")]
    for _ in range(2):
        assert main(argv) == 0
    assert b'<meta name="generator" content="MMAlign">' in out.read_bytes()
    out.write_text("<p>mine</p>")
    assert main(argv) == 2 and out.read_text() == "<p>mine</p>"
    assert main([*argv[:3], "-", *argv[4:]]) == 2
    assert "name a file for the page" in capsys.readouterr().err


def test_a_run_of_an_earlier_version_is_refused_in_one_line(run: Run, store: Store) -> None:
    older = replace(run, report={name: value for name, value in run.report.items() if name != "ci95"})
    with pytest.raises(BadInput, match="holds no intervals"):
        report_page(older, store=store)
