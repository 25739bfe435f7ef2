"""Names of groups on a map at several levels: nested clusters of its points, keywords of their texts."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from mmalign_core.projection.hierarchy import SAMPLE, density_levels
from mmalign_core.store import Store
from mmalign_core.workflow import MapLabel, Run, label_levels, project_run
from pages._panels.space.map_layer import shown_labels


def nested(n: int, dimensions: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Points in three far regions of four groups each, and the group 0..11 of each point."""
    rng = np.random.default_rng(0)
    group = rng.integers(12, size=n)
    centres = np.zeros((12, dimensions))
    centres[:, 0] = np.repeat([0, 100, 200], 4)
    centres[:, 1] = np.tile([0, 8, 16, 24], 3)
    return (centres[group] + rng.normal(size=(n, dimensions))).astype(np.float32), group


@pytest.mark.parametrize(("n", "dimensions"), [(3000, 2), (3000, 3), (SAMPLE + 3000, 2)])
def test_levels_find_the_groups_and_nest(n: int, dimensions: int) -> None:
    points, group = nested(n, dimensions)
    levels = density_levels(points)
    assert 1 <= len(levels) <= 3 and len(levels[0].sizes) == 12
    first = levels[0]
    assert (first.sizes == np.bincount(first.numbers, minlength=13)[1:]).all() and (np.diff(first.sizes) <= 0).all()
    for number, place in enumerate(first.places, 1):
        kinds = np.bincount(group[first.numbers == number], minlength=12)
        assert kinds.max() / kinds.sum() > 0.99
        assert np.linalg.norm(place - points[group == kinds.argmax()].mean(axis=0)) < 1.5
    for coarse, fine in pairwise(levels):
        assert len(fine.sizes) > len(coarse.sizes)
        for number in range(1, len(fine.sizes) + 1):
            assert len(np.unique(coarse.numbers[fine.numbers == number])) == 1


def test_same_seed_same_levels_and_few_points_have_none() -> None:
    points, _ = nested(SAMPLE + 500)
    first, again = density_levels(points, seed=2), density_levels(points, seed=2)
    assert all((a.numbers == b.numbers).all() for a, b in zip(first, again, strict=True))
    assert density_levels(points[:39]) == () and density_levels(np.zeros((100, 2), np.float32)) == ()


def test_labels_of_a_run_tell_what_its_groups_hold(demo_run: Run, store: Store) -> None:
    drawn = project_run(demo_run, store=store)
    seen: list[float] = []
    levels = label_levels(demo_run, drawn, progress=lambda done, _: seen.append(done))
    assert levels and seen == sorted(seen) and seen[-1] == 1.0
    texts: dict[str, str] = {}
    for medium in demo_run.collection.media_of("text"):
        texts[medium.item] = texts.get(medium.item, "") + " " + (medium.text or "").casefold()
    items = drawn.points["item"].to_numpy()
    for level in levels:
        held = np.concatenate([label.members for label in level])
        assert len(held) == len(set(held.tolist())) and [x.size for x in level] == sorted(x.size for x in level)[::-1]
        for label in level:
            assert label.place.shape == (2,) and label.text
            for word in label.keywords:
                assert any(word.casefold() in texts[item] for item in items[label.members])
    assert any(label.keywords for level in levels for label in level)


def test_a_name_stays_while_no_name_inside_its_group_takes_its_place() -> None:
    def label(text: str, *members: int) -> MapLabel:
        return MapLabel(np.zeros(2, np.float32), text, (text,), np.array(members, np.int32))

    levels = [[label("animals", 0, 1, 2, 3), label("tools", 4, 5)], [label("cats", 0, 1)], [label("lions", 1)]]
    shown = [(text, depth) for text, _, depth, _ in shown_labels(levels, 6)]
    assert shown == [("animals", 0), ("tools", 0), ("cats", 1), ("tools", 1), ("lions", 2), ("tools", 2)]
    assert not shown_labels([], 6)
