"""Alignment without pairs: the parts against known answers, the whole on rotations of disjoint rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmalign_core.aligners import ALIGNERS
from mmalign_core.aligners.embedding.adversarial_game import GameSettings, draw_signs, play_games
from mmalign_core.aligners.embedding.procrustes import nearest_orthonormal
from mmalign_core.aligners.embedding.unpaired_base import HOPEFUL_ROWS
from mmalign_core.aligners.embedding.unpaired_initial import assign_clusters, profile_start, spherical_k_means
from mmalign_core.aligners.embedding.unpaired_matching import NEIGHBOURS, mutual_neighbours
from mmalign_core.types import BadInput, EmbeddingSet
from mmalign_core.vectors import unit_rows

QUICK = {"unpaired": {"restarts": 6, "refinement": 4}, "adversarial": {"steps": 100, "games": 4, "refinement": 4}}
both = pytest.mark.parametrize("name", QUICK)


def embedded(modality: str, vectors: np.ndarray, prefix: str = "") -> EmbeddingSet:
    ids = tuple(f"{prefix}{i:05d}" for i in range(len(vectors)))
    return EmbeddingSet(modality, ids, tuple(modality + i for i in ids), vectors, "toy@1")


def rotation(width: int, seed: int = 0) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((width, width)))[0]


def mixture(rows: int, width: int = 8, seed: int = 0) -> np.ndarray:
    """Groups of unequal size around centres that span all axes, some more than others."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(99).standard_normal((12, width)) * np.linspace(4, 0.5, width)
    group = rng.choice(12, size=rows, p=np.arange(1, 13) / 78)
    return centres[group] + 0.3 * rng.standard_normal((rows, width))


def top1(a: np.ndarray, b: np.ndarray) -> float:
    return float(((a @ b.T).argmax(1) == np.arange(len(a))).mean())


def test_mutual_neighbours_are_those_of_the_whole_csls_matrix() -> None:
    rng = np.random.default_rng(1)
    left, right = unit_rows(rng.standard_normal((60, 5))), unit_rows(rng.standard_normal((40, 5)))
    cosines = left.astype(float) @ right.T
    crowd = [np.sort(c, axis=1)[:, -NEIGHBOURS:].mean(1) for c in (cosines, cosines.T)]
    csls = 2 * cosines - crowd[0][:, None] - crowd[1]
    there, back = csls.argmax(1), csls.argmax(0)
    expected = [(i, j) for i, j in enumerate(there) if back[j] == i]
    found = mutual_neighbours(left, right)
    assert list(zip(found.left.tolist(), found.right.tolist())) == expected
    np.testing.assert_allclose(found.csls, [csls[pair] for pair in expected], atol=1e-5)
    assert found.share == len(expected) / 40 and found.agreement == pytest.approx(found.csls.sum() / 40)


def test_spherical_k_means_finds_separate_directions_and_leaves_no_cluster_empty() -> None:
    rng = np.random.default_rng(2)
    truth = np.repeat(np.eye(6), 50, axis=0)
    centres = spherical_k_means(unit_rows(truth + 0.05 * rng.standard_normal(truth.shape)), 6, rng)
    assert sorted(unit_rows(centres).argmax(1)) == list(range(6)) and unit_rows(centres).max(1).min() > 0.99
    assert np.isfinite(spherical_k_means(unit_rows(truth), 20, rng)).all()


def test_assignment_finds_a_hidden_permutation() -> None:
    rng = np.random.default_rng(3)
    centres, order = rng.standard_normal((15, 8)), rng.permutation(15)
    np.testing.assert_array_equal(order[assign_clusters(centres, (centres @ rotation(8))[order], rng)], np.arange(15))


def test_profiles_find_the_same_rows_where_nothing_clusters() -> None:
    rows = unit_rows(np.random.default_rng(4).standard_normal((300, 10)))
    turned = rotation(10)
    found = profile_start(rows, unit_rows(rows @ turned)[::-1].copy(), np.random.default_rng(0))
    np.testing.assert_allclose(found, turned, atol=0.05)


def test_signs_of_skew_axes_are_told_and_others_are_drawn() -> None:
    rng = np.random.default_rng(5)
    skew, even = rng.exponential(size=(3000, 4)) - 1, rng.standard_normal((3000, 4))
    turned = np.array([1, -1, 1, -1])
    signs = draw_signs(np.hstack([skew, even]), np.hstack([skew[::-1] * turned, even]), 200, 0)
    np.testing.assert_array_equal(signs[0, :4], turned)
    assert (np.sign(signs[:, :4].mean(0)) == turned).all() and np.abs(signs[:, 4:].mean(0)).max() < 0.99


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_game_brings_its_start_nearer_to_the_truth(seed: int) -> None:
    rng = np.random.default_rng(seed)
    centres = np.array([[3, 0, 0, 0], [0, 2, 0, 0], [-1, -1, 1, 0], [0, -1, -1, 1.0]])
    rows = unit_rows(centres[rng.integers(4, size=1500)] + 0.2 * rng.standard_normal((1500, 4)))
    small = np.eye(4)
    small[:2, :2] = [[np.cos(0.5), np.sin(0.5)], [-np.sin(0.5), np.cos(0.5)]]
    maps = play_games(
        rows[:700], unit_rows(rows[700:] @ small), GameSettings(games=4, steps=300), seed, lambda *values: None
    )
    error = min(float(np.linalg.norm(nearest_orthonormal(found) - small)) for found in maps)
    assert error < 0.6 * float(np.linalg.norm(np.eye(4) - small))


@both
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_rotation_is_recovered_from_disjoint_rows_of_different_number(name: str, seed: int) -> None:
    rows, turned = mixture(3000, seed=seed), rotation(8, seed)
    sets = {"text": embedded("text", rows[:1800]), "image": embedded("image", rows[1800:2800] @ turned)}
    model = ALIGNERS.create(name, **QUICK[name]).fit(sets, seed=seed)
    unseen = rows[2800:]
    places = model.transform(embedded("text", unseen)), model.transform(embedded("image", unseen @ turned))
    assert top1(*places) > {"unpaired": 0.5, "adversarial": 0.2}[name]  # chance is 0.005
    assert {"step", "mutual", "csls"} <= set(model.history[-1]) and len(model.history) >= 4


@both
def test_ids_repeated_rows_and_order_change_nothing(name: str) -> None:
    rows = mixture(150)
    image = embedded("image", rows[70:] @ rotation(8))
    plain = ALIGNERS.create(name, **QUICK[name]).fit({"text": embedded("text", rows[:70]), "image": image})
    twice = embedded("text", np.concatenate([rows[:70], rows[:30]])[::-1], prefix="other")
    again = ALIGNERS.create(name, **QUICK[name]).fit({"image": image, "text": twice})
    for key, value in plain.state().items():
        np.testing.assert_array_equal(again.state()[key], value)


@both
def test_too_little_is_refused_in_words(name: str) -> None:
    rows = mixture(50)
    full = embedded("image", rows)
    with pytest.raises(BadInput, match="two modalities"):
        ALIGNERS.create(name).fit({"image": full})
    for poor in (rows[:5], np.ones((40, 8)), np.zeros((0, 8)), np.zeros((30, 0))):
        with pytest.raises(BadInput, match=r"text has [015] different"):
            ALIGNERS.create(name).fit({"image": full, "text": embedded("text", poor)})


@settings(max_examples=15, deadline=None)
@given(
    st.integers(20, 60), st.integers(20, 60), st.integers(1, 8), st.integers(1, 8), st.integers(0, 99), st.booleans()
)
def test_any_two_clouds_get_finite_places(m: int, n: int, d: int, e: int, seed: int, constant: bool) -> None:
    rng = np.random.default_rng(seed)
    left, right = rng.standard_normal((m, d)) * 10.0 ** rng.integers(-6, 6), rng.standard_normal((n, e))
    if constant:
        right = np.hstack([right, np.full((n, 2), 7.0), right[:, :1]])
    sets = {"text": embedded("text", left), "image": embedded("image", right)}
    model = ALIGNERS.create("unpaired", restarts=2, refinement=2).fit(sets)
    for s in sets.values():
        places = model.transform(s)
        lengths = np.linalg.norm(places, axis=1)
        assert np.isfinite(places).all() and (np.isclose(lengths, 1, atol=1e-4) | (lengths == 0)).all()


def test_cancelling_stops_the_fit() -> None:
    class Stop(Exception):
        pass

    def progress(fraction: float, message: str) -> None:
        assert 0 <= fraction <= 1
        if fraction > 0.2:
            raise Stop

    rows = mixture(200)
    for name in QUICK:
        with pytest.raises(Stop):
            ALIGNERS.create(name).fit(
                {"text": embedded("text", rows), "image": embedded("image", rows)}, progress=progress
            )


def test_too_few_rows_for_more_than_chance_are_said_beforehand() -> None:
    for name in ("unpaired", "adversarial"):
        words = ALIGNERS.get(name).caution({"image": 406, "text": 5000})
        assert (
            words.startswith(f"{name} compares whole collections, and there are 406 rows of image") and "1000" in words
        )
        assert ALIGNERS.get(name).caution({"image": HOPEFUL_ROWS, "text": 5000}) == ""
    assert ALIGNERS.get("cca").caution({"image": 3, "text": 3}) == ""
