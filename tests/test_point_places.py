"""The points of a map as the browser gets them: bytes, order, colours, outlines and pictures."""

import gzip

import numpy as np
import pandas as pd
import pytest

from mmalign_core.plots import (
    density_picture,
    inside_outline,
    map_groups,
    map_points,
    packed_values,
    seen_places,
    shared_first,
)

RNG = np.random.default_rng(0)


def rows(n: int = 60, dimensions: int = 2) -> pd.DataFrame:
    frame = pd.DataFrame(RNG.normal(0, 5, (n, dimensions)), columns=list("xyz"[:dimensions]))
    items, modality = [f"i{k // 2}" for k in range(n)], np.where(np.arange(n) % 2, "text", "image")
    return frame.assign(item=items, modality=modality, key=[f"k{k}" for k in range(n)])


def steps(packed: bytes, kind: str, axes: int = 1) -> np.ndarray:
    return np.frombuffer(gzip.decompress(packed), kind).reshape(-1, axes)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_place_comes_back_within_half_a_step_and_costs_two_bytes_an_axis(dimensions: int) -> None:
    frame = rows(60, dimensions)
    points = map_points(frame)
    sent = steps(points.places, "<u2", dimensions)
    back = points.low + sent / 65535 * points.span
    true = frame[list("xyz"[:dimensions])].to_numpy()[points.order]
    assert np.abs(back - true).max() <= (points.span / 65535).max() / 2 + 1e-9
    assert sent.nbytes == 2 * dimensions * len(frame)
    kinds = np.array(points.kinds)[steps(points.numbers, "u1")[:, 0]]
    assert (kinds == frame["modality"].to_numpy()[points.order]).all()


def test_the_first_points_are_a_sample_and_the_order_is_the_same_each_time() -> None:
    frame = rows(4000)
    points = map_points(frame.sort_values("x").reset_index(drop=True))
    tenth = points.order[:400]
    assert abs(tenth.mean() / 2000 - 1) < 0.1, "the first tenth comes from everywhere"
    assert (points.drawn[points.order] == np.arange(4000)).all()
    assert map_points(frame).digest == map_points(frame.copy()).digest != points.digest


def test_points_and_links_of_items_are_found_by_number() -> None:
    points = map_points(rows())
    found = points.of_items(["i7", "no such item", "i2"])
    assert sorted(points.order[found].tolist()) == [4, 5, 14, 15]
    links = points.links(["i2", "i7"], 10)
    assert points.order[links].tolist() == [4, 5, 14, 15] and points.links(["i2", "i7"], 1) == links[:2]
    assert points.of_items([]).tolist() == []


def test_all_points_on_one_place_are_still_a_map() -> None:
    points = map_points(rows().assign(x=1.0, y=2.0))
    assert (points.span > 0).all() and np.isfinite(steps(points.places, "<u2", 2)).all()


def test_media_of_two_maps_are_told_by_one_number() -> None:
    a = rows()
    b = a.sample(40, random_state=1).reset_index(drop=True)
    left, right = shared_first(a, b)
    one, two = map_points(a, first=left), map_points(b, first=right)
    names = ["item", "modality", "key"]
    assert (a[names].iloc[one.order[:40]].to_numpy() == b[names].iloc[two.order[:40]].to_numpy()).all()
    assert sorted(one.order.tolist()) == list(range(60))


def test_an_outline_holds_what_lies_inside_also_where_it_is_hollow() -> None:
    places = RNG.uniform(-2, 2, (5000, 2))
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    assert (inside_outline(square, places) == (np.abs(places) < 1).all(axis=1)).all()
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    away = np.linalg.norm(places, axis=1)
    clear = np.abs(away - 1) > 0.001
    assert (inside_outline(circle, places) == (away < 1))[clear].all()
    hook = np.array([[-1, -1], [1, -1], [1, 1], [0, 1], [0, 0], [-1, 0]])
    corner = (places[:, 0] < 0) & (places[:, 1] > 0)
    assert (inside_outline(hook, places) == ((np.abs(places) < 1).all(axis=1) & ~corner)).all()
    assert not inside_outline(square[:2], places).any() and not inside_outline(np.empty((0, 2)), places).any()


def test_a_map_in_space_is_outlined_on_the_screen() -> None:
    shares = RNG.uniform(0, 1, (50, 3))
    view = np.eye(4).ravel()
    assert np.allclose(seen_places(view, shares), shares[:, :2])
    behind = np.eye(4)
    behind[3, 3] = -1
    assert np.isnan(seen_places(behind.ravel(), shares)).all()
    assert not inside_outline(np.array([[-9, -9], [9, -9], [0, 9]]), seen_places(behind.ravel(), shares)).any()


def test_codes_are_groups_of_a_category_or_steps_of_a_scale() -> None:
    kinds = map_groups(["image"] * 4, ["a", "b", "a", None], "kind")
    assert [(g.name, g.count) for g in kinds.groups] == [("a", 2), ("b", 1), ("none", 1)]
    assert kinds.codes.tolist() == [0, 1, 0, 2] and kinds.scale is None
    many = map_groups(["image"] * 30, [f"c{k}" for k in range(30)])
    assert many.groups[-1].name == "20 others" and many.groups[-1].count == 20 and max(many.codes) == 10
    ranks = map_groups(["image"] * 4, [1.0, 10.0, 100.0, None], "rank", logarithmic=True)
    assert ranks.codes.tolist() == [1, 128, 255, 0] and ranks.scale is not None
    assert ranks.scale.ticks == ((0.0, "1"), (0.5, "10"), (1.0, "100"))
    assert ranks.groups[0].name == "none" and ranks.groups[0].count == 1
    assert len(gzip.decompress(packed_values(ranks.codes))) == 4


def test_the_picture_of_the_density_shows_where_points_lie() -> None:
    places = np.concatenate([np.full((500, 2), 0.25), [[0.9, 0.9]]])
    groups = map_groups(["image"] * 500 + ["text"], None)
    pixels = np.asarray(density_picture(places, groups, (100, 80)))
    assert pixels.shape == (80, 100, 4)
    dense, single = pixels[59, 25], pixels[8, 89]
    assert tuple(dense[:3]) == (0xD9, 0x73, 0x1A) and tuple(single[:3]) == (0x39, 0x87, 0xE0)
    assert dense[3] > single[3] > 60 and pixels[40, 60, 3] == 0
