"""What is seen and what is heard of a video are told apart in its map: exactly where all is linear, else in sum."""

from pathlib import Path

import numpy as np
import pytest

from mmalign_core.data import read_collection
from mmalign_core.explain.masks import MediaMap
from mmalign_core.store import Store
from mmalign_core.workflow import Choices, Run, align, encode
from mmalign_core.workflow.explanation.masked_medium import MaskedMedium
from mmalign_core.workflow.explanation.media_maps import map_of
from tests.sample_files import colours, film, tone, write

SHADES = {"red": (200, 20, 20), "green": (20, 200, 20), "blue": (20, 20, 200), "sun": (220, 220, 20)}
WAYS = [("ridge", "occlusion"), ("infonce-mlp", "gradients"), ("rnn", "gradients")]
SOUNDS = {
    "red": tone(2.0, 440, 16_000),
    "green": np.random.default_rng(0).standard_normal(32_000).astype(np.float32) / 5,
    "blue": tone(2.0, 2500, 16_000),
}


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> tuple[Path, Store]:
    """Four films that turn grey; one is silent, the others differ in what is heard."""
    folder = write(tmp_path_factory.mktemp("films"), {f"{name}.txt": f"a {name} film" for name in SHADES})
    for name, shade in SHADES.items():
        sounds = [SOUNDS[name]] if name in SOUNDS else []
        film(folder / f"{name}.mp4", colours(shade, (120, 120, 120)), sounds=sounds)
    return folder, Store(tmp_path_factory.mktemp("store"))


def aligned(films: tuple[Path, Store], aligner: str, **params: object) -> Run:
    collection, store = read_collection(films[0]), films[1]
    choices = Choices(pair=("video", "text"), aligner=aligner, params=params)
    return align(collection, encode(collection, store=store), choices, store=store)


def taken_apart(run: Run, item: str, store: Store) -> MaskedMedium:
    medium = next(m for m in run.collection.media_of("video") if m.item == item)
    return MaskedMedium(run, medium, store=store)


def sums(found: MediaMap) -> dict[str, float]:
    values = {
        sense: [v for part, v in zip(found.parts, found.values) if part.sense == sense] for sense in _senses(found)
    }
    return {sense: float(np.sum(v)) for sense, v in values.items()}


def _senses(found: MediaMap) -> list[str]:
    return sorted({part.sense for part in found.parts})


def test_a_linear_map_splits_exactly(films) -> None:
    run, store = aligned(films, "ridge"), films[1]
    masked, target = taken_apart(run, "green", store), run.result.space["text"].vectors[1]
    found = map_of(masked, target, method="exact", faithful=False)
    opened = run.aligner.linear_map("video")
    assert opened is not None
    centre, linear = opened.homogeneous
    pooled = np.append(masked.sequence().astype(np.float64).mean(axis=0), 0)
    along = linear @ target / np.linalg.norm((pooled - centre) @ linear) / np.linalg.norm(target)
    split = masked.encoder.heard_from
    assert sums(found) == pytest.approx(
        {"seen": pooled[:split] @ along[:split], "heard": pooled[split:] @ along[split:]}
    )
    assert abs(sums(found)["heard"]) > 0.01 and found.values.sum() + found.rest == pytest.approx(found.score)


@pytest.mark.parametrize(("aligner", "method"), WAYS)
def test_other_maps_have_both_and_sum_with_their_rest(films, aligner: str, method: str) -> None:
    quick = {} if aligner == "ridge" else {"steps": 20, "prior": "off"}
    run, store = aligned(films, aligner, **quick), films[1]
    masked = taken_apart(run, "red", store)
    found = map_of(masked, run.result.space["text"].vectors[0], method=method, faithful=False)
    assert _senses(found) == ["heard", "seen"] and np.abs(found.values).max() > 0
    assert found.values.sum() + found.rest == pytest.approx(found.score, abs=1e-3)


def test_a_silent_video_is_only_seen_and_its_parts_say_nothing_of_it(films) -> None:
    run, store = aligned(films, "ridge"), films[1]
    masked = taken_apart(run, "sun", store)
    assert [part.sense for part in masked.parts] == [""] * 8
    found = map_of(masked, run.result.space["text"].vectors[0], faithful=False)
    assert len(found.values) == 8 and found.values.sum() + found.rest == pytest.approx(found.score)


def test_hiding_what_is_seen_leaves_what_is_heard(films) -> None:
    masked = taken_apart(aligned(films, "ridge"), "green", films[1])
    count = len(masked.parts) // 2
    blind, whole = masked.masked_view(np.arange(2 * count) >= count), masked.view
    assert np.array_equal(blind.sound, whole.sound)
    deaf = masked.masked_view(np.arange(2 * count) < count)
    assert np.array_equal(deaf.pixels, whole.pixels) and not deaf.audible
