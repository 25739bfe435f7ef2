"""Content recommendation: the oracle, shares that sum, queries of every kind, and bad queries."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmalign_core.recommend import (
    RECOMMENDERS,
    Controls,
    PlacedItems,
    PlacedQuery,
    Signal,
    place_items,
    scale_weights,
    top,
)
from mmalign_core.recommend.standard_scores import reliability
from mmalign_core.store import Store
from mmalign_core.types import BadInput, EmbeddingSet
from mmalign_core.vectors import unit_rows
from mmalign_core.workflow import QuerySpec, Run, recommend


def space(seed: int, items: int = 12, width: int = 5) -> dict[str, EmbeddingSet]:
    """Two modalities; the second has two rows for some items and none for others."""
    rng = np.random.default_rng(seed)
    ids = tuple(f"i{n}" for n in range(items))
    uneven = tuple(sorted(rng.choice(ids, items)))
    return {
        m: EmbeddingSet(
            m, names, tuple(f"{m}{n}" for n in range(len(names))), rng.normal(size=(len(names), width)), "t@1"
        )
        for m, names in (("image", ids), ("text", uneven))
    }


@given(st.integers(0, 10_000), st.floats(0, 3), st.floats(0.1, 3), st.integers(1, 20))
def test_scores_are_weighted_standardised_similarities_and_shares_sum(seed: int, wi: float, wt: float, k: int) -> None:
    sets = space(seed)
    ids = tuple(f"i{n}" for n in range(12))
    query = np.random.default_rng(seed + 1).normal(size=5).astype(np.float32)
    items = place_items(sets, ids)
    weights = scale_weights({"image": wi, "text": wt}, ("image", "text"))
    asked = PlacedQuery((Signal("text", dict.fromkeys(sets, query)),), weights=weights)
    found = top(RECOMMENDERS.create("content").fit(items), items, asked, k)
    expected = dict.fromkeys(ids, 0.0)
    for m, weight in (("image", wi), ("text", wt)):
        unit = sets[m].vectors / np.linalg.norm(sets[m].vectors, axis=1, keepdims=True)
        owners = sorted(set(sets[m].ids))
        near = [float(np.mean([unit[r] @ query for r, o in enumerate(sets[m].ids) if o == item])) for item in owners]
        for item, z in zip(owners, (np.array(near) - np.mean(near)) / np.std(near)):
            expected[item] += weight / (wi + wt) * float(z)
    assert len(found) == min(k, 12) and [r.rank for r in found] == list(range(1, len(found) + 1))
    assert [r.score for r in found] == pytest.approx(sorted(expected.values(), reverse=True)[:k], abs=1e-4)
    for r in found:
        assert r.score == pytest.approx(expected[r.id], abs=1e-4)
        assert sum(r.contributions.values()) == pytest.approx(r.score, abs=1e-9)


def test_a_modality_counts_as_much_as_it_answers_what_was_asked() -> None:
    """Pictures that lie anywhere say nothing of a text; sounds that lie near their texts do."""
    rng = np.random.default_rng(0)
    text = rng.normal(size=(60, 8))
    parts = {"text": text, "image": rng.normal(size=(60, 8)), "audio": text + 0.3 * rng.normal(size=(60, 8))}
    items = PlacedItems(tuple(map(str, range(60))), {m: unit_rows(part) for m, part in parts.items()})
    found = reliability(items, "text")
    assert sum(found.values()) == pytest.approx(3) and found["text"] > found["audio"] > 1 > 3 * found["image"]
    assert reliability(items, "") == dict.fromkeys(parts, 1.0), "nobody knows what it was made of"
    model, ranks = RECOMMENDERS.create("content").fit(items), {}
    for source in ("text", ""):
        near = [
            Signal("a", dict.fromkeys(parts, row), modality=source)
            for row in unit_rows(text + rng.normal(size=(60, 8)))
        ]
        scores = model.score([PlacedQuery((signal,)) for signal in near])
        ranks[source] = (scores >= np.diag(scores)[:, None]).sum(axis=1).mean()
    assert ranks["text"] < 0.8 * ranks[""]


@pytest.mark.parametrize("apart", [1.0, 0.3, 0.1, 0.03, 0.001])
def test_shares_sum_where_all_items_lie_close_together(apart: float) -> None:
    rng = np.random.default_rng(0)
    centre = rng.normal(size=(1, 256))
    parts = {m: unit_rows(centre + apart * rng.normal(size=(500, 256))) for m in ("text", "image")}
    items = PlacedItems(tuple(map(str, range(500))), parts)
    model = RECOMMENDERS.create("content").fit(items)
    asked = PlacedQuery(history=dict.fromkeys(map(int, rng.integers(0, 500, 40)), 1.0))
    scores = model.score([asked])[0]
    assert np.isfinite(scores).all() and np.any(scores) == (apart > 0.03)
    for view in model.views:
        assert np.abs(sum(model.shares(asked, np.arange(500), view).values()) - scores).max() < 1e-5


def test_what_was_never_seen_together_counts_as_the_least_reliable() -> None:
    rng = np.random.default_rng(1)
    text = unit_rows(rng.normal(size=(40, 6)))
    image, audio = text.copy(), text.copy()
    text[:10] = 0
    audio[10:] = 0
    found = reliability(PlacedItems(tuple(map(str, range(40))), {"text": text, "image": image, "audio": audio}), "text")
    assert found["audio"] == min(found.values()) > 0
    alone = PlacedItems(("a", "b"), {"text": text[10:12], "audio": np.zeros((2, 9), np.float32)})
    assert reliability(alone, "text") == {"text": 1.0, "audio": 1.0}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (QuerySpec.of(text="a cat"), "cat"),
        (QuerySpec.of(text="ein Elefant"), "elephant"),
        (QuerySpec.of(text="une guitare"), "guitar"),
        (QuerySpec.of(text="下雨"), "rain"),
    ],
)
def test_a_text_in_any_language_finds_its_item(demo_run: Run, store: Store, query: QuerySpec, expected: str) -> None:
    found = recommend(demo_run, query, store=store)
    assert any(expected in r.id or expected in text_of(demo_run, r.id) for r in found)


def text_of(run: Run, item: str) -> str:
    return " ".join(m.text or "" for m in run.collection.media if m.item == item).lower()


def test_a_picture_and_a_sound_of_an_item_find_it(demo_run: Run, store: Store) -> None:
    for modality in ("image", "audio"):
        medium = demo_run.collection.media_of(modality)[3]
        found = recommend(demo_run, QuerySpec.of(**{modality: medium.path}, weights={modality: 1.0}, k=3), store=store)
        assert found[0].id == medium.item and found[0].score > 2


def test_an_item_is_compared_modality_by_modality_and_what_it_lacks_through_the_others() -> None:
    axes = np.eye(4, dtype=np.float32)
    image = EmbeddingSet("image", ("a", "b", "c", "d"), tuple("1234"), axes[[0, 0, 1, 2]], "t@1")
    text = EmbeddingSet("text", ("b", "c", "d"), tuple("567"), axes[[1, 0, 3]], "t@1")
    items = place_items({"image": image, "text": text}, ("a", "b", "c", "d"))
    assert {m: p.tolist() for m, p in items.profile({1: 1}).items()} == {"image": [1, 0, 0, 0], "text": [0, 1, 0, 0]}
    assert items.profile({0: 1})["text"].tolist() == [1, 0, 0, 0]
    ranked = top(
        RECOMMENDERS.create("content").fit(items),
        items,
        PlacedQuery(history={0: 1}),
        4,
        controls=Controls(exclude=(0,)),
    )
    assert [r.id for r in ranked][2] == "d" and {ranked[0].id, ranked[1].id} == {"b", "c"}


def test_a_lone_item_and_equal_items_score_zero_not_nan() -> None:
    one = np.ones((1, 3), np.float32)
    for ids in (("a",), ("a", "b", "c")):
        sets = {"text": EmbeddingSet("text", ids, ids, one.repeat(len(ids), 0), "t@1")}
        items = place_items(sets, ids)
        asked = PlacedQuery((Signal("text", {"text": one[0]}),))
        found = top(RECOMMENDERS.create("content").fit(items), items, asked, 5)
        assert [(r.id, r.score) for r in found] == [(item, 0.0) for item in ids]


def test_an_item_or_a_user_is_not_recommended_what_they_have(demo_run: Run, store: Store) -> None:
    item = demo_run.collection.ids[0]
    assert item not in [r.id for r in recommend(demo_run, QuerySpec.of(item=item, k=400), store=store)]
    table = demo_run.collection.interactions
    assert table is not None
    user = str(table["user_id"].iloc[0])
    seen = set(table[table["user_id"] == user]["item_id"])
    found = recommend(demo_run, QuerySpec.of(user=user, k=len(demo_run.collection.ids)), store=store)
    assert not seen & {r.id for r in found} and len(found) == len(demo_run.collection.ids) - len(seen)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, "ask with at least one of"),
        ({"text": "a", "item": "b"}, "no item 'b'"),
        ({"item": "nobody"}, "no item 'nobody'"),
        ({"user": "nobody"}, "no user 'nobody'"),
        ({"image": "missing.png"}, "is missing"),
        ({"text": "   "}, "text"),
        ({"text": "caf\udce9"}, "UTF-8"),
        ({"image": __file__}, "holds text, not a picture"),
    ],
)
def test_a_query_that_cannot_work_is_named(demo_run: Run, store: Store, query: dict, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        recommend(demo_run, QuerySpec.of(**query), store=store)


@pytest.mark.parametrize(
    "weights", [{"image": -1.0}, {"image": 0.0}, {"video": 1.0}, {"image": np.nan}, {"image": np.inf}]
)
def test_weights_that_leave_nothing_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(BadInput, match="must be numbers from 0"):
        scale_weights(weights, ("image", "text"))
