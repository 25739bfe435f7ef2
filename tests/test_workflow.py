"""The use cases end to end on the demo: encode once, align, look, recommend, save and open again."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmalign_core.store import Store
from mmalign_core.types import BadInput, Cancelled, Collection, EmbeddingSet
from mmalign_core.workflow import (
    ORDERINGS,
    Choices,
    Encoding,
    QuerySpec,
    Run,
    SpaceMap,
    align,
    drawn_map,
    judge_in_space,
    load_run,
    place_on_map,
    place_part,
    project_run,
    recommend,
    save_run,
    similarity_block,
)
from tests.given_vectors import dated, given


def test_the_report_holds_what_the_command_line_promises(demo_run: Run) -> None:
    report = demo_run.report
    row = {"accuracy", "recall@1", "recall@5", "recall@10", "mrr", "median_rank", "n", "candidates"}
    for part in ("metrics", "ci95", "baseline"):
        assert set(report[part]) == {"image->text", "text->image"}
    assert row <= set(report["metrics"]["image->text"]) and row <= set(report["baseline"]["text->image"])
    assert {"gap", "hubness", "alignment", "uniformity"} <= set(report["space"])
    assert {"read", "encode", "fit", "match"} <= set(report["seconds"]) and report["peak_rss_mb"] > 0
    assert report["split"] == "none" and report["n_train"] == report["n_test"] == len(demo_run.collection.ids)


def test_the_bridge_lines_the_demo_up_far_above_chance(demo_run: Run) -> None:
    for way in ("image->text", "text->image"):
        low, _ = demo_run.report["ci95"][way]["recall@10"]
        assert low > 3 * demo_run.report["baseline"][way]["recall@10"]


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"pair": ("image", "audio")}, "no usable audio"),
        ({"aligner": "brigde"}, "did you mean 'bridge'"),
        ({"similarity": "cosin"}, "did you mean 'cosine'"),
        ({"params": {"depth": 3}}, "unknown parameter 'depth'"),
        ({"folds": 99}, "99 folds"),
        ({"seed": -1}, "the seed is -1"),
        ({"seed": 2**32}, "from 0 to 4294967295"),
        ({"aligner": "bridge"}, "comes without named concepts"),
    ],
)
def test_choices_that_cannot_work_are_named(choices: dict, words: str, store: Store) -> None:
    with pytest.raises(BadInput, match=words):
        align(*given(), Choices(**{"aligner": "as-is", **choices}), store=store)


def test_a_run_opens_again_as_it_was(demo_run: Run, store: Store, tmp_path: Path) -> None:
    query = QuerySpec.of(text="a big animal with a trunk")
    before = recommend(demo_run, replace(query, k=5), store=store)
    for ref in (str(tmp_path / "run"), "a-name"):
        save_run(demo_run, ref, store=store)
        again = load_run(ref, store=store)
        assert again.report == demo_run.report and again.result.digest == demo_run.result.digest
        assert [r.id for r in recommend(again, replace(query, k=5), store=store)] == [r.id for r in before]


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_every_ordering_shows_the_same_scores(demo_run: Run, ordering: str) -> None:
    many = 20 if "pairs first" not in ordering else len(demo_run.collection.ids)
    plain = similarity_block(demo_run, "image", "text", limit=many)
    block = similarity_block(demo_run, "image", "text", limit=many, ordering=ordering)
    assert block.scores.shape == plain.scores.shape and sorted(block.source_rows) == sorted(plain.source_rows)
    assert np.allclose(np.sort(np.diag(block.scores)), np.sort(np.diag(plain.scores)))
    if ordering == "best pairs first":
        assert (np.diff(np.diag(block.scores)) <= 0).all()


def test_judgements_in_the_space_agree_with_the_report(demo_run: Run) -> None:
    judged = judge_in_space(demo_run, "image", "text")
    metrics = demo_run.report["metrics"]["image->text"]
    assert np.mean(judged.rank <= 10) == pytest.approx(metrics["recall@10"])
    assert (np.diff(judged.rank[judged.worst_first()]) <= 0).all()
    assert (judged.chosen_score >= judged.right_score - 1e-6).all()


def test_the_map_has_one_point_per_medium_and_is_drawn_once(demo_run: Run, store: Store) -> None:
    made, again = project_run(demo_run, store=store), project_run(demo_run, store=store)
    assert len(made.points) == sum(len(s) for s in demo_run.result.space.values())
    assert {"item", "modality", "x", "y", "group"} <= set(made.points) and made.points["group"].notna().all()
    assert 0.5 < made.projection.trustworthiness <= 1
    assert again.projection.seconds == made.projection.seconds and again.points.equals(made.points)


def test_a_damaged_map_is_drawn_again(demo_run: Run, store: Store) -> None:
    made = project_run(demo_run, store=store)
    for path in (store.root / "maps").iterdir():
        path.write_bytes(b"not a map")
    assert np.array_equal(project_run(demo_run, store=store).projection.coordinates, made.projection.coordinates)


def test_a_cancelled_large_map_is_kept_shown_first_and_drawn_to_the_end(
    demo_run: Run, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mmalign_core.projection.maps.EXACT_ROWS", 100)

    def stop(done: float, _: str) -> None:
        if done > 0.3:
            raise Cancelled

    shown: list[SpaceMap] = []
    with pytest.raises(Cancelled):
        project_run(demo_run, seed=7, store=store, progress=stop, on_state=shown.append)
    kept = drawn_map(demo_run, seed=7, store=store)
    assert kept is not None and 0 < kept.projection.done < 1 and kept.points.equals(shown[-1].points)
    again: list[SpaceMap] = []
    whole = project_run(demo_run, seed=7, store=store, on_state=again.append)
    done = [state.projection.done for state in again]
    assert again[0].points.equals(kept.points) and done == sorted(set(done)) and done[-1] == whole.projection.done == 1
    assert set(whole.points) == set(kept.points) and whole.report()["neighbours_n"] > 0
    found = drawn_map(demo_run, seed=7, store=store)
    assert found is not None and found.points.equals(whole.points)


def test_a_query_that_equals_an_item_lands_on_it(demo_run: Run, store: Store) -> None:
    drawn = project_run(demo_run, store=store)
    medium = demo_run.collection.media_of("image")[5]
    row = place_part(demo_run, QuerySpec.of(image=medium.path), store=store)
    at = drawn.points[(drawn.points["item"] == medium.item) & (drawn.points["modality"] == "image")]
    spread = drawn.points[["x", "y"]].std().to_numpy()
    offset = np.abs(place_on_map(demo_run, drawn, row)[0] - at[["x", "y"]].to_numpy()[0])
    assert (offset < 0.05 * spread).all()


def test_metadata_called_like_a_coordinate_is_renamed_and_nothing_twice(store: Store) -> None:
    collection, encoding = given()
    columns = {"x": 1, "x_": 2, "item": 3, "year": 4}
    named = replace(collection, items=collection.items.assign(**columns), digest="")
    points = project_run(align(named, encoding, Choices(aligner="as-is"), store=store), store=store).points
    assert points.columns.is_unique
    assert points.loc[0, ["x__", "x_", "item_", "year"]].tolist() == [1, 2, 3, 4]


def test_a_modality_that_does_not_fit_beside_the_pair_is_left_out_of_the_space(
    demo_encoding: Encoding, demo: Collection, store: Store
) -> None:
    """Sounds of another width must not keep given pictures and texts from being aligned, nor given texts the bridge."""
    collection, encoding = given()
    wide = replace(encoding.sets["text"], modality="audio", vectors=np.ones((30, 3), np.float32))
    run = align(
        collection, replace(encoding, sets={**encoding.sets, "audio": wide}), Choices(aligner="as-is"), store=store
    )
    assert set(run.result.space) == {"image", "text"} == set(run.encoders)
    ids = demo_encoding.sets["text"].ids
    foreign = EmbeddingSet("text", ids, ids, np.ones((len(ids), 5), np.float32), "given@1")
    mixed = replace(demo_encoding, sets={**demo_encoding.sets, "text": foreign})
    run = align(demo, mixed, Choices(pair=("audio", "image"), aligner="bridge"), store=store)
    assert set(run.result.space) == {"image", "audio"}
    picture = next(m for m in demo.media_of("image"))
    asked, images = place_part(run, QuerySpec.of(image=picture.path), store=store), run.result.space["image"]
    np.testing.assert_allclose(asked.vectors[0], images.vectors[images.ids.index(picture.item)], atol=1e-6)


def test_a_modality_that_cannot_join_the_space_is_named(store: Store) -> None:
    collection, encoding = given()
    ids = encoding.sets["image"].ids
    other = EmbeddingSet("audio", ids, ids, np.ones((len(ids), 3), np.float32), "given@2")
    wider = Encoding({**encoding.sets, "audio": other}, {**encoding.encoders, "audio": "given@2"}, {}, (), {})
    run = align(collection, wider, Choices(aligner="as-is"), store=store)
    assert run.report["left_out"] == ["audio"] and set(run.result.space) == {"image", "text"}
    assert align(collection, encoding, Choices(aligner="as-is"), store=store).report["left_out"] == []


def test_all_choices_of_a_run_are_kept_and_runs_without_them_still_open(store: Store, tmp_path: Path) -> None:
    choices = Choices(
        aligner="as-is", correction="csls", correction_params={"k": 3}, test=0.3, time_column="year", seed=4
    )
    run = align(*dated(year=list(range(30))), choices, store=store)
    save_run(run, str(tmp_path / "run"), store=store)
    assert load_run(str(tmp_path / "run"), store=store).choices == replace(
        run.choices, params={}, correction_params=run.report["correction_params"], matcher_params={}
    )
    old = {k: v for k, v in run.report.items() if k not in ("holding_out", "correction_params")}
    save_run(replace(run, report=old), str(tmp_path / "old"), store=store)
    assert load_run(str(tmp_path / "old"), store=store).choices.test is None


def test_the_report_says_what_new_items_and_the_fit_cost(store: Store) -> None:
    report = align(*given(), Choices(aligner="procrustes", folds=3), store=store).report
    assert report["infer_seconds_per_1000"] > 0 and report["fit_peak_mb"] > 0 and report["fit_added_mb"] >= 0
