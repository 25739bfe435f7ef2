"""Slices of a run: a planted one is found, chance finds none, and each says what it is compared with."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmalign_core.__main__ import main
from mmalign_core.plots import slice_figure
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Collection, Concepts, EmbeddingSet, Media, digest_bytes
from mmalign_core.workflow import (
    Choices,
    Encoding,
    Run,
    align,
    find_clusters,
    find_findings,
    find_slices,
    report_html,
    save_run,
)

N = 120
BAD = "mammals, 哺乳动物"
WAYS = ("image->text", "text->image")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """An empty store."""
    return Store(Path(tmp_path_factory.mktemp("slices")))


def collection(seed: int = 0) -> Collection:
    """120 pairs with a text each; the pictures of the first group of 30 are noise."""
    rng = np.random.default_rng(seed)
    words = rng.standard_normal((N, 24))
    pictures = words + 0.6 * rng.standard_normal((N, 24))
    pictures[:30] = rng.standard_normal((30, 24))
    ids = tuple(f"i{k:03d}" for k in range(N))
    said = [f"{'=long and winding ' * (k % 4)}thing {k}" for k in range(N)]
    texts = tuple(Media(i, "text", digest_bytes(t.encode()), text=t) for i, t in zip(ids, said))
    columns = {
        "group": [BAD] * 30 + ["birds"] * 50 + ["=plants"] * 40,
        "year": rng.integers(1900, 2000, N),
        "serial": range(N),
        "name": said,
        "same": ["all"] * N,
        "rare": ["one"] * 3 + ["many"] * (N - 3),
        "day": [f"2024-{1 + k % 12:02d}-{1 + k % 28:02d}" for k in range(N)],
        "new": rng.random(N) < 0.5,
    }
    keys = {"text": tuple(m.digest for m in texts), "image": tuple(f"p{i}" for i in ids)}
    sets = {m: EmbeddingSet(m, ids, keys[m], v, "given@1") for m, v in (("image", pictures), ("text", words))}
    return Collection("planted", pd.DataFrame(columns, index=list(ids)), texts, vectors=sets)


def aligned(data: Collection, store: Store, **choices: object) -> Run:
    sets = dict(data.vectors)
    encoding = Encoding(sets, dict.fromkeys(sets, "given"), {}, (), {})
    return align(data, encoding, Choices(**{"aligner": "as-is", **choices}), store=store)


@pytest.fixture(scope="module")
def run(kept: Store) -> Run:
    return aligned(collection(), kept)


def test_a_planted_bad_slice_is_found_first(run: Run, kept: Store) -> None:
    found = find_slices(run, store=kept)
    assert [*found.directions] == [*WAYS]
    for way in WAYS:
        part, one = found.directions[way], found.find(f"group={BAD}", way)
        assert part.slices[0].key == one.key and one.q < 0.05 and one.is_significant
        assert (one.n, one.n_rest, len(one.items)) == (30, 90, 30) and one.items == run.collection.ids[:30]
        assert part.value == run.report["metrics"][way]["recall@10"]
        assert part.ci95 == tuple(run.report["ci95"][way]["recall@10"])
        assert part.value == pytest.approx((30 * one.value + 90 * one.rest) / N)
        assert one.difference == pytest.approx(one.value - one.rest) and one.difference_ci95[1] < -0.4
        assert one.ci95[0] <= one.value <= one.ci95[1] < one.rest_ci95[0]


def test_slices_come_from_what_is_known_and_never_hold_all_or_few(run: Run, kept: Store) -> None:
    found = find_slices(run, store=kept, direction=WAYS[0])
    slices = found.directions[WAYS[0]].slices
    keys = {one.key for one in slices}
    assert {f"group={BAD}", "group=birds", "year:1", "year:4", "day:2", "caption length:1", "new=yes"} <= keys
    assert any(key.startswith("cluster:") for key in keys)
    assert not {key for key in keys if key.startswith(("serial", "name", "same", "rare", "modalities", "duplicate"))}
    assert all(min(one.n, one.n_rest) >= 10 for one in slices) and found.n_tried == len(slices) == len(keys)
    (long,) = (one for one in slices if one.key == "caption length:4")
    assert long.group.label.startswith("caption length: ") and long.group.label.endswith(" characters")


def test_held_out_queries_alone_are_sliced_where_the_run_holds_out(kept: Store) -> None:
    held = aligned(collection(), kept, aligner="procrustes", test=0.5)
    found = find_slices(held, store=kept, direction=WAYS[0])
    part = found.directions[WAYS[0]]
    assert found.held_out and (part.n, found.split) == (60, held.report["split"])
    assert part.value == held.report["metrics"][WAYS[0]]["recall@10"]


def test_the_report_holds_the_contract(run: Run, kept: Store) -> None:
    found = find_slices(run, store=kept, metric="mrr").report()
    assert json.loads(json.dumps(found)) == found and found["metric"] == "mrr" and not found["held_out"]
    row = found["slices"][0]
    assert row["defined_by"] == {"column": "group", "value": BAD} and row["kind"] == "metadata"
    assert {"key", "direction", "label", "n", "value", "ci95", "rest", "significant", "items"} <= row.keys()
    assert {"value", "ci95", "p", "q"} == row["difference"].keys()
    again = find_slices(run, store=kept, metric="mrr").report()
    assert again == found


def test_the_command_writes_json_and_a_harmless_table(
    run: Run, kept: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_run(run, str(tmp_path / "run"), store=kept)
    argv = ["slices", str(tmp_path / "run"), "--store", str(kept.root), "--csv", str(tmp_path / "s.csv")]
    for _ in range(2):  # what it wrote before is replaced
        assert main([*argv, "--json", str(tmp_path / "s.json"), "--direction", WAYS[0]]) == 0
    written = json.loads((tmp_path / "s.json").read_text())
    assert written["n_tried"] == len(written["slices"]) and written["direction"] == WAYS[0]
    with (tmp_path / "s.csv").open(encoding="utf-8", newline="") as file:
        rows = [*csv.DictReader(file)]
    assert [row["key"] for row in rows] == [row["key"] for row in written["slices"]]
    assert "group=birds" in {row["key"] for row in rows} and not any(row["label"].startswith("=") for row in rows)
    assert f"* group: {BAD}" in capsys.readouterr().err
    assert main(["slices", str(tmp_path / "run"), "--metric", "median_rank"]) == 2
    assert "slices are measured by one of: accuracy, recall@1" in capsys.readouterr().err


def test_the_worst_slice_is_a_finding_that_leads_to_its_errors(run: Run, kept: Store) -> None:
    (found,) = (one for one in find_findings(run, store=kept) if one.kind == "slice")
    assert found.action["page"] == "errors" and found.action["slice"] == f"group={BAD}"
    assert f"of 'group: {BAD}' find less" in found.sentence and "30 of 120 queries" in found.sentence
    evidence = found.evidence
    assert found.cost == pytest.approx(-30 * evidence["difference"] / N) and evidence["q"] < 0.05
    none = aligned(collection(), kept)
    none.collection.items["group"] = np.random.default_rng(0).permutation(none.collection.items["group"])
    assert not [one for one in find_findings(none, store=kept) if one.kind == "slice"]


def test_the_report_page_lists_the_worst_slices(run: Run, kept: Store) -> None:
    page = report_html(run, store=kept)
    assert "slices" in page.sections and f"group: {BAD}" in page.html


def test_bars_say_which_slices_surely_differ_by_more_than_colour(run: Run, kept: Store) -> None:
    part = find_slices(run, store=kept).directions[WAYS[0]]
    named = replace(part.slices[1], group=replace(part.slices[1].group, label="<b>长" * 40))
    slices = [part.slices[0], named, *part.slices[2:6]]
    figure = slice_figure(slices, part.value, direction=WAYS[0], metric="recall@10", chosen=slices[2].key)
    (bars,), labels = figure.data, figure.layout.yaxis.ticktext
    assert [data[0] for data in bars.customdata] == [one.key for one in slices]
    assert labels[0].startswith("<b>▼ group: ") and not labels[-1].startswith("<b>")
    assert "<b>长" not in labels[1].removeprefix("<b>") and len(labels[1]) < 120
    assert bars.marker.line.width.index(4) == 2 and bars.hovertext[0].count("q ") == 1
    assert figure.layout.shapes[0].x0 == part.value


def test_concepts_name_the_clusters_where_there_is_no_text(kept: Store) -> None:
    rng = np.random.default_rng(4)
    kinds = np.repeat(np.arange(4), 15)
    vectors = 4 * rng.standard_normal((4, 12))[kinds] + rng.standard_normal((60, 12))
    seen = Concepts(("dog", "rain", "bell", "saw"), np.eye(4)[kinds] * 0.8 + 0.05)
    ids = tuple(f"i{k:02d}" for k in range(60))
    sets = {
        m: EmbeddingSet(m, ids, tuple(f"{m}{i}" for i in ids), vectors + 0.1, "given@1", concepts)
        for m, concepts in (("image", None), ("audio", seen))
    }
    made = aligned(Collection("sounds", pd.DataFrame(index=list(ids)), (), vectors=sets), kept, pair=("image", "audio"))
    found = find_clusters(made, store=kept)
    assert {found.label(k).partition(": ")[2] for k in range(1, 5)} == {"dog", "rain", "bell", "saw"}


def test_the_language_of_the_text_is_a_slice(kept: Store) -> None:
    data = collection()
    german = [f"Der Hund schläft neben dem Haus Nummer {k}" for k in range(30)]
    said = [*german, *(f"A dog sleeps beside the house number {k}" for k in range(30, N))]
    texts = tuple(Media(i, "text", digest_bytes(t.encode()), text=t) for i, t in zip(data.ids, said))
    words = replace(data.vectors["text"], keys=tuple(m.digest for m in texts))
    other = Collection("two languages", data.items[[]], texts, vectors={**data.vectors, "text": words})
    found = find_slices(aligned(other, kept), store=kept).find("language=de", WAYS[0])
    assert (found.n, found.group.kind) == (30, "language") and found.is_significant and found.difference < 0


def test_unknown_metrics_directions_and_slices_are_refused(run: Run, kept: Store) -> None:
    with pytest.raises(BadInput, match="unknown metric 'median_rank'"):
        find_slices(run, store=kept, metric="median_rank")
    with pytest.raises(BadInput, match="unknown direction 'audio->text'"):
        find_slices(run, store=kept, direction="audio->text")
    with pytest.raises(BadInput, match="has no slice 'group=fish'"):
        find_slices(run, store=kept).find("group=fish", WAYS[0])
