"""Fusion: whole items are placed better than any one of their modalities, whatever is missing."""

from functools import cache

import numpy as np
import pytest
import torch

from mmalign_core.aligners import ALIGNERS, Aligner
from mmalign_core.aligners.fusion.attention_projections import attention_mean, attention_weights
from mmalign_core.aligners.fusion.graph import agreement, item_graph, modality_graph, propagate
from mmalign_core.aligners.fusion.neighbourhood import known_items
from mmalign_core.aligners.fusion.selection import select_best
from mmalign_core.aligners.fusion.self_attention import random_subset
from mmalign_core.aligners.fusion.tuple_scores import fit_calibration, mean_cosine, tuple_loss
from mmalign_core.aligners.training import seeded_generator, sigmoid_loss
from mmalign_core.types import BadInput, EmbeddingSet
from mmalign_core.vectors import unit_rows

FUSIONS = ("attention", "concat", "graph", "late-average", "self-attention")
every_fusion = pytest.mark.parametrize("name", FUSIONS)
SEEN, HELD = range(240), range(240, 320)
HALF = 6


def halves(items: range, without: dict[str, range] | None = None) -> dict[str, EmbeddingSet]:
    """Pictures see one half of a latent point, sounds the other, texts all of it; `without`: items that lack one."""
    rng = np.random.default_rng(11)
    latent = rng.standard_normal((320, 2 * HALF))
    parts = {"text": slice(None), "image": slice(0, HALF), "audio": slice(HALF, None)}
    sets = {}
    for modality, part in parts.items():
        seen = latent[:, part]
        vectors = seen @ rng.standard_normal((seen.shape[1], 16)) + 0.3 * rng.standard_normal((320, 16))
        rows = [i for i in items if i not in (without or {}).get(modality, range(0))]
        ids = tuple(f"{i:03d}" for i in rows)
        sets[modality] = EmbeddingSet(modality, ids, tuple(modality + i for i in ids), vectors[rows], "toy@1")
    return sets


def fitted(name: str, sets: dict[str, EmbeddingSet] | None = None) -> Aligner:
    return quick(name).fit(sets) if sets else fitted_whole(name)


@cache
def fitted_whole(name: str) -> Aligner:
    return quick(name).fit(halves(SEEN))


def quick(name: str) -> Aligner:
    return ALIGNERS.create(name, **({"steps": 20} if "steps" in ALIGNERS.get(name).declared_params() else {}))


def found_first(queries: np.ndarray, candidates: np.ndarray) -> float:
    return float(((queries @ candidates.T).argmax(1) == np.arange(len(queries))).mean())


@every_fusion
def test_two_halves_together_find_the_whole_better_than_either(name: str) -> None:
    model, held = fitted(name), halves(HELD)
    ids, fused = model.fuse({m: held[m] for m in ("image", "audio")})
    text = model.transform(held["text"])
    alone = max(found_first(model.transform(held[m]), text) for m in ("image", "audio"))
    assert ids == held["text"].ids
    np.testing.assert_allclose(np.linalg.norm(fused, axis=1), 1, atol=1e-4)
    assert found_first(fused, text) > alone + 0.2
    assert found_first(text, fused) > 0.5


@every_fusion
def test_items_may_lack_a_modality_at_fit(name: str) -> None:
    partly = halves(SEEN, without={"audio": range(80), "image": range(160, 240)})
    model, held = fitted(name, partly), halves(HELD)
    fused = model.fuse({m: held[m] for m in ("image", "audio")})[1]
    assert found_first(fused, model.transform(held["text"])) > 0.3


@every_fusion
def test_items_may_lack_a_modality_at_use(name: str) -> None:
    model, held = fitted(name), halves(HELD, without={"audio": range(240, 280)})
    ids, fused = model.fuse({m: held[m] for m in ("image", "audio")})
    assert ids == held["image"].ids
    alone = model.fuse({"image": held["image"]})[1]
    np.testing.assert_allclose(fused[:40], alone[:40], atol=1e-5)
    np.testing.assert_allclose(alone, model.transform(held["image"]), atol=1e-5)
    assert not np.allclose(fused[40:], alone[40:], atol=1e-2)


@every_fusion
def test_a_modality_never_fitted_is_refused_and_two_are_enough(name: str) -> None:
    sets = halves(SEEN)
    model = fitted(name, {m: sets[m] for m in ("image", "text")})
    with pytest.raises(BadInput, match=rf"{name} was fitted without audio"):
        model.transform(sets["audio"])
    assert model.fuse({m: halves(HELD)[m] for m in ("image", "text")})[1].shape[0] == len(HELD)


@every_fusion
def test_few_constant_and_unpaired_rows(name: str) -> None:
    two = {m: s.take([0, 1]) for m, s in halves(SEEN).items()}
    assert all(np.isfinite(fitted(name, two).transform(s)).all() for s in two.values())
    with pytest.raises(BadInput, match=f"{name} learns from items that have both"):
        fitted(name, {"image": two["image"].take([0]), "text": two["text"].take([1])})
    same = EmbeddingSet("text", two["text"].ids, two["text"].keys, np.ones((2, 16)), "toy@1")
    with pytest.raises(BadInput, match="identical"):
        fitted(name, {"image": two["image"], "text": same})


@every_fusion
def test_several_rows_of_an_item_and_constant_columns_do_no_harm(name: str) -> None:
    sets = halves(SEEN)
    vectors = sets["image"].vectors.copy()
    vectors[:, 3], vectors[:, 5] = 7.0, vectors[:, 4]
    image = EmbeddingSet("image", sets["image"].ids, sets["image"].keys, vectors, "toy@1")
    text = sets["text"].take([*range(240), *range(100)])
    model = fitted(name, {"image": image, "text": text})
    ids, fused = model.fuse({"image": image, "text": text})
    assert len(ids) == 240 and np.isfinite(fused).all()


def test_concat_tells_true_tuples_from_broken_ones() -> None:
    model, held = fitted("concat"), halves(HELD)
    ids, true = model.belongs(held)
    turned = held["audio"].take(np.roll(np.arange(len(HELD)), 7))
    swapped = EmbeddingSet("audio", held["audio"].ids, turned.keys, turned.vectors, "toy@1")
    broken = model.belongs({**held, "audio": swapped})[1]
    assert ids == held["text"].ids and ((true >= 0) & (true <= 1)).all()
    assert (true > broken).mean() > 0.85
    assert 0.3 < (true.sum() + broken.sum()) / (2 * len(true)) < 0.7
    assert true.mean() > 0.6 and broken.mean() < 0.4


def test_concat_judges_tuples_that_lack_a_member_and_refuses_lone_ones() -> None:
    model, held = fitted("concat"), halves(HELD, without={"audio": range(240, 250), "image": range(240, 245)})
    ids, probability = model.belongs(held)
    assert len(ids) == len(HELD) - 5 == len(probability)
    with pytest.raises(BadInput, match="nothing can be tested"):
        model.belongs({"text": held["text"]})


def unit(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.nn.functional.normalize(torch.randn(*shape, generator=seeded_generator(seed)), dim=1)


def test_the_judge_is_a_mean_of_pairwise_cosines() -> None:
    places = {m: unit(5, 4, seed=i) for i, m in enumerate(("text", "image", "audio"))}
    present = {m: torch.ones(5, dtype=torch.bool) for m in places}
    present["audio"] = torch.tensor([True, True, True, False, False])
    a, b, c = places.values()
    pairs = (a * b).sum(1), (a * c).sum(1), (b * c).sum(1)
    expected = torch.where(present["audio"], sum(pairs) / 3, pairs[0])
    torch.testing.assert_close(mean_cosine(places, present), expected)


def test_for_two_modalities_the_tuple_loss_is_the_sigmoid_loss() -> None:
    places = {"text": unit(6, 4), "image": unit(6, 4, seed=1)}
    present, groups = {m: torch.ones(6, dtype=torch.bool) for m in places}, torch.tensor([0, 1, 2, 3, 4, 4])
    scale, bias = torch.tensor(8.0), torch.tensor(-3.0)
    expected = sigmoid_loss(places["text"] @ places["image"].T, groups, scale, bias)
    torch.testing.assert_close(tuple_loss(places, present, groups, scale, bias), expected)


def test_calibration_agrees_with_the_logistic_truth() -> None:
    rng = np.random.default_rng(0)
    true, broken = rng.normal(0.6, 0.2, 20_000), rng.normal(0.2, 0.2, 20_000)
    found = fit_calibration(true, broken)  # equal variances: log odds = (0.4 / 0.04) x - (0.6² - 0.2²) / 0.08
    assert found.scale == pytest.approx(10, rel=0.05) and found.bias == pytest.approx(-4, rel=0.05)
    apart = fit_calibration(np.ones(9), np.zeros(9))
    assert np.isfinite([apart.scale, apart.bias]).all() and apart(np.array([1.0]))[0] > 0.9


def test_attention_weights_sum_to_one_and_name_the_nearest_items() -> None:
    model, held = fitted("attention"), halves(HELD)
    for m, rows in held.items():
        weights = model.attention(rows.take(range(5)), top=10_000)
        assert all(len(row) == len(SEEN) and sum(w for _, w in row) == pytest.approx(1, abs=1e-4) for row in weights)
        top = model.attention(rows.take(range(5)), top=3)
        assert [row[:3] for row in weights] == top and all(r == sorted(r, key=lambda x: -x[1]) for r in top)
        known = halves(SEEN)[m].take([17])
        assert model.attention(known, top=1)[0][0][0] == known.ids[0]
    with pytest.raises(BadInput, match="without video"):
        model.attention(EmbeddingSet("video", ("a",), ("a",), np.ones((1, 16)), "toy@1"))


def test_attention_ends_between_nearest_and_mean() -> None:
    queries, keys, values = (unit_rows(np.random.default_rng(i).standard_normal((7, 3))) for i in range(3))
    nearest = attention_mean(queries, keys, values, 1e-4)
    np.testing.assert_allclose(nearest, values[(queries @ keys.T).argmax(1)], atol=1e-4)
    spread = attention_mean(queries, keys, values, 1e5)[0]
    np.testing.assert_allclose(spread, unit_rows(values.mean(0)[None])[0], atol=1e-3)
    np.testing.assert_allclose(attention_weights(queries, keys, 0.1).sum(1), 1, atol=1e-5)


@pytest.mark.parametrize("k", [1, 240, 1000])
def test_graph_with_more_neighbours_than_items(k: int) -> None:
    model = ALIGNERS.create("graph", k=k, choose=False).fit(halves(SEEN))
    assert all(np.isfinite(model.transform(s)).all() for s in halves(HELD).values())


def test_graph_without_mix_is_the_late_average() -> None:
    plain = ALIGNERS.create("graph", mix=0.0, choose=False).fit(halves(SEEN))
    for rows in halves(HELD).values():
        np.testing.assert_array_equal(plain.transform(rows), fitted("late-average").transform(rows))


def test_a_graph_links_nearest_others_and_propagation_is_a_mean_of_steps() -> None:
    keys = unit_rows(np.array([[1, 0], [1, 0.1], [0, 1], [0.1, 1], [1, 0]], float))
    graph = modality_graph(keys, np.arange(5), 5, 1).toarray()
    assert not graph.diagonal().any() and (graph.sum(1) == 1).all()
    assert graph[0, 4] == graph[4, 0] == graph[2, 3] == graph[3, 2] == 1
    sets = {"image": EmbeddingSet("image", tuple("abcde"), tuple("abcde"), keys, "toy@1")}
    joint, weights = item_graph(known_items(sets, tuple("abcde")), keys, 2)
    assert weights == {"image": 1.0}
    dense, places = joint.toarray(), keys.astype(float)
    np.testing.assert_allclose(dense, dense.T)
    expected = unit_rows((places + dense @ places + dense @ dense @ places) / 3)
    np.testing.assert_allclose(propagate(joint, keys, 2), expected, atol=1e-6)
    assert agreement(joint, keys) > 0


def test_modality_dropout_leaves_something_of_everyone() -> None:
    present = {"a": torch.tensor([True, True, False, False] * 50), "b": torch.tensor([True, False, True, False] * 50)}
    kept = random_subset(present, seeded_generator(0))
    either = kept["a"] | kept["b"]
    assert torch.equal(either, present["a"] | present["b"])
    assert not (kept["a"] & ~present["a"]).any() and 0 < (kept["a"] & kept["b"]).sum() < 50


def test_the_best_setting_is_the_first_of_equals() -> None:
    assert select_best([3, 1, 2], lambda s: -abs(s - 1.5)) == 1


def test_a_rare_modality_does_not_turn_the_space_of_the_others() -> None:
    whole, held = halves(SEEN), halves(HELD)
    rare = {**whole, "audio": whole["audio"].take(range(12))}
    alone = fitted("late-average", {m: whole[m] for m in ("image", "text")})
    beside = fitted("late-average", rare)
    scores = [found_first(m.transform(held["image"]), m.transform(held["text"])) for m in (alone, beside)]
    assert scores[1] > 0.7 * scores[0]


@every_fusion
def test_a_saved_fit_fuses_alike_and_keeps_what_it_can_tell(name: str) -> None:
    model, held = fitted(name), halves(HELD)
    again = ALIGNERS.create(name, **model.params).load_state(model.state())
    np.testing.assert_array_equal(again.fuse(held)[1], model.fuse(held)[1])
    if name == "concat":
        np.testing.assert_array_equal(again.belongs(held)[1], model.belongs(held)[1])
    if name == "attention":
        assert again.attention(held["image"], top=2) == model.attention(held["image"], top=2)
