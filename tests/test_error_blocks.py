"""Parts of the similarity matrix that show errors, groups, and values of map points, against brute force."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmalign_core.store import Store
from mmalign_core.types import Collection, EmbeddingSet, Media
from mmalign_core.workflow import (
    Choices,
    Encoding,
    Judgements,
    Run,
    align,
    error_block,
    group_matrix,
    groupings,
    item_groups,
    judge,
    judge_all,
    judge_in_space,
    judged_rows,
    map_clusters,
    named_clusters,
    point_values,
    project_run,
    row_groups,
    similarity_block,
)

N = 90
WAY = ("image", "text")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(Path(tmp_path_factory.mktemp("blocks")))


@pytest.fixture(scope="module")
def run(kept: Store) -> Run:
    """90 noisy pairs in four groups of items far apart; the last five have no text, and a fifth is held out."""
    rng = np.random.default_rng(1)
    ids = tuple(f"i{k:02d}" for k in range(N))
    pictures = rng.standard_normal((N, 12)) + 4 * np.eye(12)[np.arange(N) % 4]
    words = pictures[:-5] + rng.standard_normal((N - 5, 12))
    sets = {
        "image": EmbeddingSet("image", ids, ids, pictures, "given@1"),
        "text": EmbeddingSet("text", ids[:-5], tuple(f"t{k}" for k in range(N - 5)), words, "given@1"),
    }
    kinds = ["fruit", "animal", "tool", "sound"]
    items = pd.DataFrame({"kind": [kinds[k % 4] for k in range(N)], "size": np.arange(N) * 1.5}, index=list(ids))
    texts = [Media(ids[k], "text", f"t{k}", text=f"{kinds[k % 4]} number {k}") for k in range(N - 5)]
    collection = Collection("toy", items, tuple(texts), vectors=sets)
    encoding = Encoding(sets, dict.fromkeys(sets, "given"), {}, (), {})
    return align(collection, encoding, Choices(pair=WAY, aligner="as-is", test=0.2), store=kept)


@pytest.fixture(scope="module")
def judged(run: Run, kept: Store) -> Judgements:
    return judge(run, WAY, store=kept)


def test_the_worst_pairs_are_those_of_the_whole_collection(run: Run) -> None:
    """The order is over all pairs; it was over an arbitrary sample."""
    own = np.diag(run.scores(*WAY).dense()[: N - 5])
    worst = similarity_block(run, *WAY, limit=10, ordering="worst pairs first")
    assert worst.source_rows.tolist() == np.argsort(own, kind="stable")[:10].tolist()
    best = similarity_block(run, *WAY, limit=10, ordering="best pairs first")
    assert best.source_rows.tolist() == best.target_rows.tolist() == np.argsort(-own, kind="stable")[:10].tolist()


def test_an_error_block_shows_what_was_chosen_beside_the_right_answer(run: Run, judged: Judgements) -> None:
    worst = judged.worst_first()[:15]
    whole = run.scores(*WAY).dense()
    block = error_block(run, judged, worst.tolist(), ordering="worst pairs first")
    assert [block.source.ids[row] for row in block.source_rows] == [judged.queries.ids[row] for row in worst]
    columns = block.target_rows.tolist()
    assert len(columns) == len(set(columns))
    assert set(columns) == {*judged.right[worst].tolist(), *judged.chosen[worst].tolist()}
    assert columns[:2] == [judged.right[worst[0]], judged.chosen[worst[0]]]
    np.testing.assert_allclose(block.scores, whole[np.ix_(block.source_rows, columns)], atol=1e-5)
    for place, row in enumerate(worst):
        assert block.right[place, columns.index(int(judged.right[row]))]
        assert not block.right[place].sum() > 1


@pytest.mark.parametrize("ordering", ["similar items together", "collection", "best pairs first"])
def test_every_order_of_an_error_block_holds_the_same_queries(run: Run, judged: Judgements, ordering: str) -> None:
    given = judged.worst_first()[:9].tolist()
    block = error_block(run, judged, given, ordering=ordering)
    rows = [block.source.ids[row] for row in block.source_rows]
    assert sorted(rows) == sorted(judged.queries.ids[row] for row in given)
    if ordering == "best pairs first":
        assert rows == [judged.queries.ids[row] for row in given[::-1]]


def test_held_out_queries_alone_keep_their_places(run: Run, judged: Judgements) -> None:
    held = judged.take(judged.held_out)
    assert 0 < len(held) < len(judged)
    rows = judged_rows(run, held)
    assert [run.result.space["image"].ids[row] for row in rows] == list(held.queries.ids)
    block = error_block(run, held, [0, 1], ordering="collection")
    assert [block.source.ids[row] for row in block.source_rows] == list(held.queries.ids[:2])


def test_other_pairs_are_judged_among_all_candidates(run: Run) -> None:
    found = judge_in_space(run, "text", "image")
    whole = run.scores("text", "image").dense()
    expected = [1 + int((whole[k] >= whole[k, k]).sum()) - 1 for k in range(N - 5)]
    assert found.rank.tolist() == expected and not found.held_out.any() and (found.n_candidates == N).all()


@pytest.mark.parametrize("column", ["kind", "size"])
def test_group_means_are_those_of_all_pairs(run: Run, judged: Judgements, column: str) -> None:
    groups = item_groups(run.collection, column)
    rows, targets = row_groups(judged.queries, groups), row_groups(judged.candidates, groups)
    scores = run.scores(*WAY).take(judged_rows(run, judged))
    found, whole = group_matrix(judged, scores, rows, targets), scores.dense()
    assert {*found.rows} == {*rows} and len(found.rows) == (4 if column == "kind" else 5)
    for i, row in enumerate(found.rows):
        for j, target in enumerate(found.columns):
            inside = np.ix_(np.array(rows) == row, np.array(targets) == target)
            assert found.means[i, j] == pytest.approx(whole[inside].mean(), abs=1e-4)
            asked = [q for q in range(len(judged)) if rows[q] == row and targets[judged.chosen[q]] == target]
            assert found.chosen[i, j] == len(asked)
            assert np.flatnonzero((found.query_group == i) & (found.chosen_group == j)).tolist() == asked
    assert found.chosen.sum() == len(judged)


def test_groups_beyond_the_largest_are_one(kept: Store) -> None:
    assert groupings(Collection("none", pd.DataFrame({"one": ["x"] * 3}, index=list("abc")), ())) == []
    rng = np.random.default_rng(0)
    ids = tuple(f"i{k}" for k in range(60))
    rows = EmbeddingSet("image", ids, ids, rng.standard_normal((60, 4)), "given@1")
    labels = [f"g{min(k, 45)}" for k in range(60)]
    sets = {"image": rows, "text": replace(rows, modality="text")}
    collection = Collection("many", pd.DataFrame({"g": labels}, index=list(ids)), (), vectors=sets)
    encoding = Encoding(sets, dict.fromkeys(sets, "given"), {}, (), {})
    made = align(collection, encoding, Choices(pair=WAY, aligner="as-is"), store=kept)
    found = judge_in_space(made, *WAY)
    matrix = group_matrix(found, made.scores(*WAY), labels, labels)
    assert len(matrix.rows) == 30 and matrix.rows[-1] == "others" and matrix.rows[0] == "g45"
    assert matrix.queries.sum() == 60 and matrix.queries[-1] == 60 - 15 - 28


def test_every_point_of_the_map_has_the_values_of_its_query(run: Run, kept: Store, judged: Judgements) -> None:
    drawn = project_run(run, store=kept)
    both = judge_all(run, store=kept)
    found = point_values(run, drawn, both)
    assert len(found) == len(drawn.points)
    for place, point in drawn.points.iterrows():
        way = both["image->text" if point["modality"] == "image" else "text->image"]
        back = both["text->image" if point["modality"] == "image" else "image->text"]
        value = found.loc[place]
        assert value["times chosen"] == (back.chosen == point["row"]).sum()
        if point["item"] not in way.queries.ids:
            assert value["correctness"] is None or value["correctness"] != value["correctness"]
            continue
        row = way.queries.ids.index(point["item"])
        assert value["correctness"] == ("right" if way.correct[row] else "wrong")
        assert value["rank"] == way.rank[row] and value["margin"] == pytest.approx(way.margin[row])
        assert value["held out"] == ("held out" if way.held_out[row] else "not held out")


def test_clusters_of_the_map_are_named_by_their_words(run: Run, kept: Store) -> None:
    drawn = project_run(run, store=kept)
    found = map_clusters(run, drawn)
    assert len(found.point_names) == len(drawn.points) and {*found.point_names} == {*found.names.values(), None}
    kinds = drawn.points["item"].map(run.collection.items["kind"])
    for number, name in found.names.items():
        inside = [place for place, held in enumerate(found.point_names) if held == name]
        assert {kinds[place] for place in inside} == {found.keywords[number][0]}
        pictures = [place for place in inside if drawn.points["modality"][place] == "image"]
        np.testing.assert_allclose(found.centres[number], np.median(drawn.projection.coordinates[pictures], axis=0))
    alone = [place for place, item in enumerate(drawn.points["item"]) if item >= "i85"]
    assert all(found.point_names[place] is None for place in alone), "they have no text"


def test_items_are_grouped_by_cluster_too(run: Run) -> None:
    groups = named_clusters(run).groups(run.collection.ids)
    assert [item for item, name in groups.items() if name == "no cluster"] == [f"i{k}" for k in range(85, 90)]
    kinds = run.collection.items["kind"]
    assert all(kinds[item] in name for item, name in groups.items() if name != "no cluster")
