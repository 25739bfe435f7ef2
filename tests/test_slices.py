"""Slices of a run: a planted one is found, chance finds none, and each says what it is compared with."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import fisher_exact

from mmalign_core.__main__ import main
from mmalign_core.metrics.bootstrap import share_interval
from mmalign_core.metrics.permutation import permutation_p
from mmalign_core.plots import slice_figure
from mmalign_core.store import Store
from mmalign_core.triage.clusters import cluster_items
from mmalign_core.triage.slice_groups import by_causes, by_column, by_part, by_value
from mmalign_core.triage.slices import Group, corrected, measure_slices, sizeable
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


def test_at_most_five_of_a_hundred_shuffled_tables_have_a_significant_slice() -> None:
    rng, wrong, tries = np.random.default_rng(0), 0, 200
    items = [str(k) for k in range(80)]
    labels = np.repeat([0, 1, 2, 3], 20)
    for _ in range(tries):
        values = (rng.permutation(80) < 24).astype(float)
        groups = [Group(f"g={k}", "metadata", "g", {}, labels == k) for k in range(4)]
        found = corrected(measure_slices(groups, values, items, resamples=20, permutations=400))
        wrong += any(one.is_significant for one in found)
    assert wrong <= 0.05 * tries + 2 * (0.05 * 0.95 * tries) ** 0.5  # two standard deviations of a binomial


def test_p_is_the_share_of_all_permutations_exact_or_estimated() -> None:
    rng = np.random.default_rng(1)
    values, inside = (rng.random(60) < 0.4).astype(float), np.arange(60) < 20
    values[:20] *= rng.random(20) < 0.5
    items = [str(k) for k in range(60)]
    exact = permutation_p(values, inside[:, None], items)[0]
    # A value that is neither 0 nor 1 lets the same p be estimated.
    nearly = np.where(values == 1, 1 - 1e-7, 0)
    assert permutation_p(nearly, inside[:, None], items)[0] == pytest.approx(exact, abs=0.015)
    even = np.arange(60) < 30  # both parts alike: Fisher's order of tables is that of the difference
    table = [[np.sum(values[part] == value) for value in (0, 1)] for part in (even, ~even)]
    assert permutation_p(values, even[:, None], items)[0] == pytest.approx(fisher_exact(table).pvalue)


def test_queries_of_one_item_count_once() -> None:
    """Five captions of 12 items are no 60 independent queries."""
    values = np.repeat([0.0] * 6 + [1.0] * 6, 5)
    inside = np.repeat([True] * 4 + [False] * 8, 5)[:, None]
    owners = np.repeat([f"i{k}" for k in range(12)], 5).tolist()
    own = permutation_p(values, inside, owners)[0]
    alone = permutation_p(values, inside, [str(k) for k in range(60)])[0]
    assert alone < 0.001 and 0.02 < own < 0.2


def test_q_is_the_step_up_correction_of_benjamini_and_hochberg() -> None:
    rng = np.random.default_rng(2)
    values, items = rng.random(100), [str(k) for k in range(100)]
    groups = [Group(f"g={k}", "metadata", "g", {}, rng.random(100) < 0.3) for k in range(7)]
    found = corrected(measure_slices(groups, values, items, resamples=20, permutations=500))
    p = np.array([one.p for one in found])
    order, expected, smallest = np.argsort(p), np.zeros(7), 1.0
    for place in range(6, -1, -1):
        smallest = min(smallest, p[order[place]] * 7 / (place + 1))
        expected[order[place]] = smallest
    assert [one.q for one in found] == pytest.approx(expected) and corrected([]) == ()


def test_a_slice_without_any_hit_has_the_interval_of_a_share() -> None:
    values = np.array([0.0] * 12 + [1.0, 0.0] * 20)
    inside = np.arange(52) < 12
    (one,) = measure_slices([Group("g", "metadata", "g", {}, inside)], values, [str(k) for k in range(52)])
    assert one.ci95 == share_interval(0, 12)
    low, high = one.rest_ci95
    newcombe = -0.5 - (high - 0.5), -0.5 + np.hypot(one.ci95[1], 0.5 - low)
    assert one.difference_ci95 == pytest.approx(newcombe) and one.difference_ci95[0] < -0.5 < one.difference_ci95[1]


def test_groups_that_are_small_whole_or_equal_are_left_out() -> None:
    items = [str(k) for k in range(40)]
    marks = {"few": 9, "half": 20, "same": 20, "most": 31, "all": 40}
    groups = [Group(name, "metadata", name, {}, np.arange(40) < many) for name, many in marks.items()]
    groups.append(Group("half", "metadata", "another of this key", {}, np.arange(40) >= 25))
    assert [group.key for group in sizeable(groups, items)] == ["half", "half#2"]
    twice = [Group("pairs", "metadata", "", {}, np.arange(40) < 18)]
    assert not sizeable(twice, [str(k // 2) for k in range(40)])  # 18 queries of 9 items


def test_a_cause_of_wrong_queries_is_compared_with_wrong_queries() -> None:
    missed = np.array([True] * 6 + [False] * 6)
    causes = [("hub", "short"), ("hub",)] + [()] * 6 + [("short",)] * 4
    of = {group.key: group for group in by_causes(causes, missed)}
    assert [*of] == ["cause=short", "cause=hub"]
    assert of["cause=hub"].among is missed and of["cause=short"].among is None
    assert of["cause=hub"].label == "cause: hub, among wrong queries"


def column(values: list[object], name: str = "c") -> list[str]:
    ids = [f"i{k}" for k in range(len(values))]
    return [group.label for group in by_column(name, pd.Series(values, index=ids), ids)]


def test_the_language_of_the_text_is_a_slice(kept: Store) -> None:
    data = collection()
    german = [f"Der Hund schläft neben dem Haus Nummer {k}" for k in range(30)]
    said = [*german, *(f"A dog sleeps beside the house number {k}" for k in range(30, N))]
    texts = tuple(Media(i, "text", digest_bytes(t.encode()), text=t) for i, t in zip(data.ids, said))
    words = replace(data.vectors["text"], keys=tuple(m.digest for m in texts))
    other = Collection("two languages", data.items[[]], texts, vectors={**data.vectors, "text": words})
    found = find_slices(aligned(other, kept), store=kept).find("language=de", WAYS[0])
    assert (found.n, found.group.kind) == (30, "language") and found.is_significant and found.difference < 0


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        (["a", "b", "a", None, "a", "b"], ["c: a", "c: b", "c: no value"]),
        ([True, False, True], ["c: yes", "c: no"]),
        (['["x", "y"]', '["x"]', '["x"]', '["y"]'], ["c: x", "c: y"]),
        ([1.0, 2.0, 1.0, None], ["c: 1", "c: 2", "c: no value"]),
        ([0.5 * k for k in range(12)], ["c: 0 to 1", "c: 1.5 to 2.5", "c: 3 to 4", "c: 4.5 to 5.5"]),
        ([None, None], []),
        (["one text", "another text", "a third"], []),
        (list(range(30)), []),
    ],
)
def test_a_column_gives_values_or_parts_of_its_range(values: list[object], labels: list[str]) -> None:
    assert column(values) == labels


def test_ids_give_no_slices_and_dates_are_parts_of_their_range() -> None:
    rng = np.random.default_rng(0)
    numbers = [int(k) for k in rng.permutation(1000)[:40]]
    assert column(numbers, "image id") == [] and len(column(numbers, "bytes")) == 4
    days = [f"2024-01-{k:02d}" for k in range(1, 21)]
    assert column([*days])[0] == "c: 2024-01-01 to 2024-01-05"


def test_skewed_ranges_have_fewer_parts_and_many_values_only_the_most_frequent() -> None:
    values = np.array([0.0] * 90 + [1.0, 2.0, 3.0, 4.0])
    groups = by_part("metadata", "c", values, values)
    assert [group.key for group in groups][:1] == ["c:1"] and len(groups) < 4
    assert sum(group.members.sum() for group in groups) == len(values)
    assert len(by_value("metadata", "c", [(str(k),) for k in range(100)])) == 20


def test_clusters_are_found_alike_whatever_the_gap_and_the_order() -> None:
    rng = np.random.default_rng(3)
    kinds = np.repeat(np.arange(6), 20)
    words = 3 * rng.standard_normal((6, 16))[kinds] + rng.standard_normal((120, 16))
    pictures = words + 0.5 * rng.standard_normal((120, 16)) + 20
    ids = tuple(f"i{k:03d}" for k in range(120))
    space = {m: EmbeddingSet(m, ids, ids, v, "x@1") for m, v in (("image", pictures), ("text", words))}
    found = cluster_items(space)
    assert found.count == 6 and found.separation > 0.5
    assert all(len(set(found.number[kinds == kind].tolist())) == 1 for kind in range(6))
    turned = {m: rows.take(rng.permutation(120)) for m, rows in space.items()}
    assert cluster_items(turned).by_item() == found.by_item()
    assert cluster_items({m: rows.take(range(39)) for m, rows in space.items()}).count == 0
    alike = {m: EmbeddingSet(m, ids, ids, np.ones((120, 4)), "x@1") for m in space}
    assert cluster_items(alike).count == 0


def _group(members: list[bool]) -> list[Group]:
    return [Group("g=x", "metadata", "g", {}, np.array(members, bool))]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: measure_slices([], np.array([0.5, np.nan]), ["a", "b"]), "give one number from 0 to 1"),
        (lambda: measure_slices([], np.array([0.5]), ["a", "b"]), "1 values for 2 queries"),
        (lambda: measure_slices([], np.array([3.0]), ["a"]), "give one number from 0 to 1"),
        (lambda: measure_slices(_group([True]), np.zeros(2), ["a", "b"]), "slice 'g=x' marks 1 queries of 2"),
        (lambda: measure_slices(_group([True] * 2), np.zeros(2), ["a", "b"]), "holds no query or all of them"),
        (lambda: permutation_p(np.zeros(2), np.zeros((2, 1), bool), ["a", "b"]), "one query inside and one outside"),
    ],
)
def test_bad_input_is_said_in_one_line(call: Callable[[], object], words: str) -> None:
    with pytest.raises(BadInput, match=words) as refused:
        call()
    assert "\n" not in str(refused.value)


def test_unknown_metrics_directions_and_slices_are_refused(run: Run, kept: Store) -> None:
    with pytest.raises(BadInput, match="unknown metric 'median_rank'"):
        find_slices(run, store=kept, metric="median_rank")
    with pytest.raises(BadInput, match="unknown direction 'audio->text'"):
        find_slices(run, store=kept, direction="audio->text")
    with pytest.raises(BadInput, match="has no slice 'group=fish'"):
        find_slices(run, store=kept).find("group=fish", WAYS[0])
