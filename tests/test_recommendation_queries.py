"""Queries of several parts: which recommenders can answer them, and the contents of an answer."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmalign_core.data.media.references import file_media
from mmalign_core.recommend import PlacedItems, PlacedPart, PlacedQuery
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Media
from mmalign_core.workflow import (
    QueryPart,
    QuerySpec,
    Run,
    answer,
    fit_recommender,
    placed_items,
    recommend,
    with_interactions,
)
from mmalign_core.workflow.explanation import explain_recommendation
from mmalign_core.workflow.recommendation import queries

USER = "simulated-001"


def ids(found: object) -> list[str]:
    return [r.id for r in getattr(found, "results", found)]


def user_items(run: Run, user: str = USER) -> set[str]:
    table = run.collection.interactions
    assert table is not None
    return set(table[table["user_id"] == user]["item_id"])


def with_events(run: Run, rows: list[tuple[str, str]]) -> Run:
    table = pd.DataFrame(rows, columns=["user_id", "item_id"])
    return replace(run, collection=replace(run.collection, interactions=table, digest=""))


def test_a_mix_of_texts_scores_as_the_weighted_sum_of_each_alone(demo_run: Run, store: Store) -> None:
    everything = len(demo_run.collection.ids)
    alone = [
        {r.id: r.score for r in answer(demo_run, QuerySpec.of(text=text, k=everything), store=store).results}
        for text in ("a dog", "a wild animal")
    ]
    parts = (QueryPart("text", "a dog", 2.0), QueryPart("text", "a wild animal", -0.5))
    mixed = answer(demo_run, QuerySpec(parts, k=20), store=store)
    for r in mixed.results:
        assert r.score == pytest.approx(2 * alone[0][r.id] - 0.5 * alone[1][r.id], abs=1e-5)
        assert math.fsum(r.contributions.values()) == pytest.approx(r.score, abs=1e-9)


def test_all_five_kinds_mix_and_what_was_asked_with_or_met_is_left_out(demo_run: Run, store: Store) -> None:
    picture, sound = (demo_run.collection.media_of(m)[7].path for m in ("image", "audio"))
    cat = QueryPart("item", "cat", -1)
    query = QuerySpec.of(cat, text="music", image=picture, audio=sound, item="dog", user=USER, k=400)
    found = answer(demo_run, query, store=store)
    assert [s.label for s in found.placed.signals] == ["text", "image", "audio"]
    left_out = user_items(demo_run) | {"dog", "cat"}
    assert {found.items.ids[row] for row in found.controls.exclude} == left_out and not left_out & set(ids(found))
    assert len(found.results) == len(found.items.ids) - len(left_out)
    assert found.placed.user is None, "the history is not one user's alone"
    assert set(found.as_json["query"]) == {"wishes"} and len(found.as_json["query"]["wishes"]) == 6


def test_not_like_this_turns_the_order_around(demo_run: Run, store: Store) -> None:
    everything = len(demo_run.collection.ids)
    like = ids(answer(demo_run, QuerySpec.of(text="a cat", k=everything), store=store))
    unlike = ids(answer(demo_run, QuerySpec((QueryPart("text", "a cat", -1),), k=everything), store=store))
    assert unlike[0] == like[-1] and unlike[-1] == like[0]
    far = answer(demo_run, QuerySpec((QueryPart("item", "cat", -1),), k=everything), store=store)
    near = answer(demo_run, QuerySpec.of(item="cat", k=everything), store=store)
    assert ids(far) == ids(near)[::-1] and "cat" not in ids(far)


def test_a_history_shares_its_weight_and_the_strongest_wish_sets_the_scale() -> None:
    placed = (
        PlacedPart(QueryPart("user", "u", 1.0), rows=(0, 1, 2, 3)),
        PlacedPart(QueryPart("item", "x", 0.5), rows=(9,)),
        PlacedPart(QueryPart("item", "y", -0.25), rows=(3,)),
    )
    asked = PlacedQuery.of(placed, {"text": 1.0})
    assert asked.history == pytest.approx({0: 0.5, 1: 0.5, 2: 0.5, 9: 1.0}), "+1/4 and -1/4 of item 3 cancel"
    assert PlacedQuery.of(placed[:1], {}).history == dict.fromkeys(range(4), 1.0)
    assert PlacedQuery.of((PlacedPart(QueryPart("item", "x", -2.0), rows=(9,)),), {}).history == {9: -2.0}


def test_wishes_of_one_kind_are_told_apart() -> None:
    given = (("text", "a"), ("text", "a"), ("text", "x" * 99), ("image", "dog.png"))
    labels = QuerySpec(tuple(QueryPart(*part) for part in given)).labels
    assert labels[:2] == ("text “a”", "text “a” (2)") and len(labels[2]) < 60 and labels[3] == "image"
    assert len(set(labels)) == 4


def test_again_equals_asking_anew(demo_run: Run, store: Store) -> None:
    first = answer(demo_run, QuerySpec.of(text="a dog", item="cat", user=USER, k=5, where=("has:image",)), store=store)
    changed = first.again(k=7, weights={"image": 2, "text": 1}, mix=(1, -0.5, 2), diversity=0.3, popularity=-0.2)
    query = QuerySpec(
        (QueryPart("text", "a dog"), QueryPart("item", "cat", -0.5), QueryPart("user", USER, 2.0)),
        weights={"image": 2, "text": 1},
        where=("has:image",),
        k=7,
        diversity=0.3,
        popularity=-0.2,
    )
    fresh = answer(demo_run, query, store=store)
    assert changed.results == fresh.results and changed.query == fresh.query
    assert first.again().results == first.results


def test_again_without_the_other_wishes_knows_the_user_again(demo_run: Run, store: Store) -> None:
    first = answer(demo_run, QuerySpec.of(item="cat", user=USER), store=store)
    assert first.placed.user is None
    alone, lone_user = first.again(mix=(0, 1)), answer(demo_run, QuerySpec.of(user=USER), store=store)
    assert alone.placed.user == lone_user.placed.user is not None and alone.placed.history == lone_user.placed.history


def test_a_fitted_recommender_answers_as_a_fresh_one(demo_run: Run, store: Store) -> None:
    for name in ("content", "ease"):
        fitted = fit_recommender(demo_run, name)
        kept = answer(demo_run, QuerySpec.of(user=USER), store=store, recommender=fitted)
        assert kept.model is fitted.model
        assert kept.results == answer(demo_run, QuerySpec.of(user=USER), store=store, recommender=name).results
    with pytest.raises(BadInput, match="unknown parameter 'depth'"):
        fit_recommender(demo_run, "ease", {"depth": 3})


def test_filters_and_seen_items(demo_run: Run, store: Store) -> None:
    table = demo_run.collection.items
    found = answer(
        demo_run,
        QuerySpec.of(
            text="a cat",
            k=400,
            where=(
                "group=birds",
                "has:audio",
            ),
        ),
        store=store,
    )
    sounding = {m.item for m in demo_run.collection.media_of("audio")}
    assert set(ids(found)) == {i for i in table.index if table.at[i, "group"] == "birds"} & sounding != set()
    unseen = answer(demo_run, QuerySpec.of(user=USER, k=400), store=store)
    seen = unseen.again(include_seen=True)
    assert user_items(demo_run) <= set(ids(seen)) and not user_items(demo_run) & set(ids(unseen))
    assert seen.results == answer(demo_run, QuerySpec.of(user=USER, k=400, include_seen=True), store=store).results


def test_a_recommender_that_reads_no_signals_says_who_does(demo_run: Run, store: Store) -> None:
    with pytest.raises(BadInput, match=r"'ease' reads only the history.*take one of: .*content"):
        answer(demo_run, QuerySpec.of(text="a cat"), store=store, recommender="ease")
    both = answer(demo_run, QuerySpec.of(text="a cat", user=USER), store=store, recommender="ease")
    assert both.results == answer(demo_run, QuerySpec.of(user=USER), store=store, recommender="ease").results
    assert "the text of the query did not count" in both.notes[0]


def test_interactions_are_missed_before_anything_is_fitted(demo_run: Run, store: Store, tmp_path: Path) -> None:
    without = replace(demo_run, collection=replace(demo_run.collection, interactions=None))
    with pytest.raises(BadInput, match=r"'ease' learns from interactions.*content"):
        answer(without, QuerySpec.of(item="cat"), store=store, recommender="ease")
    with pytest.raises(BadInput, match="no interactions"):
        answer(without, QuerySpec.of(user="u"), store=store)
    path = tmp_path / "likes.csv"
    path.write_text("user_id,item_id\nu,cat\nu,dog\nv,cat\nv,whale\nv,no-such-item\n")
    given, skipped = with_interactions(without, path)
    assert ids(answer(given, QuerySpec.of(user="u", k=1), store=store, recommender="ease")) == ["whale"]
    assert len(skipped) == 1 and given.collection.digest != without.collection.digest
    path.write_text("user_id,item_id\nu,nothing-here\n")
    with pytest.raises(BadInput, match="no interaction with an item of this run"):
        with_interactions(without, path)


def test_an_unknown_or_cold_user_is_answered_by_what_was_typed(demo_run: Run, store: Store) -> None:
    text = answer(demo_run, QuerySpec.of(text="a cat"), store=store)
    for run, user, words in (
        (demo_run, "simulated-1", "is most like it"),
        (with_events(demo_run, [("cold", "gone"), ("warm", "cat")]), "cold", "none of the 1 items of user 'cold'"),
        (replace(demo_run, collection=replace(demo_run.collection, interactions=None)), "u", "no interactions"),
    ):
        both = answer(run, QuerySpec.of(text="a cat", user=user), store=store)
        assert both.results == text.results and words in both.notes[0] and both.placed.user is None
        with pytest.raises(BadInput, match=words):
            answer(run, QuerySpec.of(user=user), store=store)


def test_what_a_user_rated_badly_speaks_for_nothing_and_is_not_shown_again(demo_run: Run, store: Store) -> None:
    everything = len(demo_run.collection.ids)
    rows = [("u", "cat", 5.0), ("u", "whale", 1.0), ("v", "cat", 5.0), ("v", "dog", 4.0), ("w", "whale", 2.0)]
    table = pd.DataFrame(rows, columns=["user_id", "item_id", "rating"])
    run = replace(demo_run, collection=replace(demo_run.collection, interactions=table, digest=""))
    liked = answer(with_events(run, [("u", "cat")]), QuerySpec.of(user="u", k=everything), store=store)
    query = QuerySpec.of(user="u", k=everything)
    every, some = (answer(run, query, store=store, params={"least_rating": least}) for least in (0, 3))
    known = {r.id: r.score for r in liked.results}
    assert all(r.score == pytest.approx(known[r.id]) for r in some.results)
    assert some.placed.history != every.placed.history
    assert ids(some) == [item for item in ids(liked) if item != "whale"]
    assert some.again(include_seen=True).results == liked.again(include_seen=True).results
    assert some.notes == ("1 of the 2 items met are rated below 3 and do not count.",) and not every.notes
    with pytest.raises(BadInput, match="'w' rated none of the 1 items met 3 or more"):
        answer(run, QuerySpec.of(user="w"), store=store, params={"least_rating": 3})


def test_more_than_there_are_and_a_script_s_list(demo_run: Run, store: Store) -> None:
    found = recommend(demo_run, QuerySpec.of(text="a cat", k=10_000), store=store)
    assert isinstance(found, list) and len(found) == len(placed_items(demo_run).ids)
    assert answer(demo_run, QuerySpec.of(text="a cat", k=1), store=store).as_json["query"] == {"text": "a cat"}


def test_items_of_a_space_are_in_the_collection_s_order(demo_run: Run) -> None:
    items = placed_items(demo_run)
    assert isinstance(items, PlacedItems) and items.ids == demo_run.collection.ids


def test_a_user_who_has_met_everything_gets_one_clear_line(demo_run: Run, store: Store) -> None:
    run = with_events(demo_run, [("u", item) for item in demo_run.collection.ids])
    with pytest.raises(BadInput, match="nothing is left to recommend: all items are"):
        answer(run, QuerySpec.of(user="u"), store=store)
    everything = answer(run, QuerySpec.of(user="u", include_seen=True, k=10_000), store=store)
    assert len(everything.results) == len(run.collection.ids)
    assert np.isfinite([r.score for r in everything.results]).all()


def test_a_file_of_a_query_is_read_once_from_the_query_to_its_map(
    demo_run: Run, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture, read = demo_run.collection.media_of("image")[7].path, list[str]()

    def counted(item: str, modality: str, path: Path, name: str, settings: Settings) -> Media:
        read.append(modality)
        return file_media(item, modality, path, name, settings)

    monkeypatch.setattr(queries, "file_media", counted)
    found = answer(demo_run, QuerySpec.of(image=picture, k=1), store=store)
    maps = explain_recommendation(demo_run, found, found.results[0].id, store=store, grid=2, faithful=False)
    assert read == ["image"] and "query" in {each.side for each in maps.maps}
