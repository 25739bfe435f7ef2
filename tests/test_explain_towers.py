"""Maps of a run's media by gradients and attention of large encoders: sums, labels, and what does not suit."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("transformers", reason="transformers is an optional package")

from mmalign_core.data.media.references import file_media
from mmalign_core.encoders.attribution import Attribution
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Media
from mmalign_core.workflow import Choices, align, encode, open_collection
from mmalign_core.workflow.explanation import media_map
from mmalign_core.workflow.explanation.attribution_model import share_among_parts
from tests.tiny_clap import RATE, save_clap, save_wav, tone
from tests.tiny_clip import towers


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return towers(tmp_path_factory.mktemp("towers"))


def pixels_of(size=64, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (size, size, 3), dtype=np.uint8)


# Maps of a run


@pytest.fixture(scope="module")
def clip_run(folders, store, tmp_path_factory):
    return run_of(folders["vit"], store, tmp_path_factory.mktemp("items"))


def run_of(folder: Path, store, place: Path, aligner="as-is", **params):
    rows = []
    for i in range(8):
        Image.fromarray(pixels_of(64, i)).save(place / f"{i}.png")
        rows.append(
            {"id": f"i{i}", "image": f"{i}.png", "text": ("a dog", "trains", "wet sand", "one")[i % 4] + f" {i}"}
        )
    (place / "items.jsonl").write_text("\n".join(map(json.dumps, rows)))
    collection = open_collection(str(place / "items.jsonl"))
    reference = f"open-clip:local-dir:{folder}"
    encoding = encode(collection, {"image": reference, "text": reference}, store=store)
    return align(collection, encoding, Choices(pair=("image", "text"), aligner=aligner, params=params), store=store)


def medium_of(run, modality, row=0):
    return next(m for m in run.collection.media if m.modality == modality and m.item == f"i{row}")


@pytest.mark.parametrize("aligner", ["as-is", "ridge", "infonce-mlp"])
@pytest.mark.parametrize("kind", ["vit", "resnet"])
def test_maps_of_a_picture_sum_to_its_cosine_through_any_aligner(folders, store, tmp_path, kind, aligner):
    params = {"steps": 5, "prior": "off"} if aligner == "infonce-mlp" else {}
    run = run_of(folders[kind], store, tmp_path, aligner, **params)
    space, target = run.result.space["image"], run.result.space["text"].vectors[3]
    for method, label in (("auto", "integrated gradients through the model"), ("grad-eclip", "Grad-ECLIP")):
        made = media_map(run, medium_of(run, "image"), target, store=store, method=method, faithful=False, grid=3)
        row = space.ids.index("i0")
        assert made.method == label and made.values.shape == (9,)
        assert made.score == pytest.approx(float(space.vectors[row] @ target), abs=1e-4)
        assert made.values.sum() + made.rest == pytest.approx(made.score, abs=1e-9)


def test_integrated_gradients_sum_to_what_masking_everything_changes(clip_run, store):
    target = clip_run.result.space["text"].vectors[3]
    auto, masked = (
        media_map(clip_run, medium_of(clip_run, "image"), target, store=store, method=method, faithful=False, grid=1)
        for method in ("gradients", "occlusion")
    )
    assert auto.values[0] == pytest.approx(masked.values[0], abs=0.05)


def test_a_picture_of_one_colour_has_a_map_of_nothing(clip_run, store, tmp_path):
    Image.fromarray(np.full((70, 50, 3), 90, np.uint8)).save(tmp_path / "grey.png")
    medium = file_media("grey", "image", tmp_path / "grey.png", "grey.png", Settings())
    for method in ("gradients", "attention", "legrad", "grad-eclip"):
        made = media_map(clip_run, medium, clip_run.result.space["text"].vectors[0], store=store, method=method)
        assert not made.values.any() and made.rest == pytest.approx(made.score)


def test_texts_take_attention_where_words_are_many(clip_run, store):
    target = clip_run.result.space["image"].vectors[3]
    for text, label in (("a dog on wet sand", "occlusion"), ("我们在这里看" * 20, "gradient-weighted attention")):
        assert media_map(clip_run, Media("q", "text", text, text=text), target, store=store).method == label
    made = media_map(clip_run, medium_of(clip_run, "text"), target, store=store, method="attention")
    assert made.method == "gradient-weighted attention" and made.faithfulness is not None
    assert (made.values >= 0).all() and made.values.sum() + made.rest == pytest.approx(made.score, abs=1e-9)


def test_what_does_not_suit_says_why(clip_run, folders, store, tmp_path):
    target = clip_run.result.space["image"].vectors[3]
    with pytest.raises(BadInput, match="has no gradients"):
        media_map(clip_run, medium_of(clip_run, "text"), target, store=store, method="gradients")
    run = run_of(folders["vit"], store, tmp_path, "relative")
    medium, target = medium_of(run, "image"), run.result.space["text"].vectors[3]
    for method in ("legrad", "gradients"):
        with pytest.raises(BadInput, match="relative has no gradients here; use auto"):
            media_map(run, medium, target, store=store, method=method)
    assert media_map(run, medium, target, store=store, faithful=False, grid=2).method == "occlusion"


def test_only_the_second_that_is_heard_makes_the_score_of_a_sound(store, tmp_path):
    """Elsewhere the sound is what masking makes of it."""
    rows = []
    for i in range(4):
        heard = np.zeros(6 * RATE, np.float32)
        heard[2 * RATE : 3 * RATE] = tone(1, 200 * (i + 1))
        save_wav(tmp_path / f"{i}.wav", heard)
        rows.append({"id": f"i{i}", "audio": f"{i}.wav", "text": ("a dog", "rain", "roof", "home")[i]})
    (tmp_path / "items.jsonl").write_text("\n".join(map(json.dumps, rows)))
    collection = open_collection(str(tmp_path / "items.jsonl"))
    reference = f"clap:{save_clap(tmp_path / 'clap')}"
    encoding = encode(collection, {"audio": reference, "text": reference}, store=store)
    run = align(collection, encoding, Choices(pair=("audio", "text"), aligner="as-is"), store=store)
    target = run.result.space["text"].vectors[1]
    made = media_map(run, medium_of(run, "audio"), target, store=store, faithful=False)
    assert made.method == "integrated gradients through the model" and len(made.values) == 12
    assert made.values.sum() + made.rest == pytest.approx(made.score, abs=1e-9)
    outside = [abs(v) for v, part in zip(made.values, made.parts) if part.place[1] < 1.9 or part.place[0] > 3.1]
    assert abs(made.values[4:6]).sum() > 0 and max(outside) < 1e-6


# Steps and parts


def test_steps_are_shared_out_by_what_they_cover():
    cells = np.array([[0, 0, 0.5, 0.5], [0.5, 0, 1, 0.5], [0, 0.5, 0.5, 1], [0.5, 0.5, 1, 1]])
    thirds = [(c / 3, r / 3, (c + 1) / 3, (r + 1) / 3) for r in range(3) for c in range(3)]
    found = share_among_parts(Attribution(np.array([9.0, 0, 0, 0]), cells), np.array(thirds))
    np.testing.assert_allclose(found, [4, 2, 0, 2, 1, 0, 0, 0, 0], atol=1e-9)
    words = share_among_parts(
        Attribution(np.array([5.0, 1, 2]), np.array([[0, 0], [0, 2], [2, 6]])), np.array([[0, 4], [4, 6]])
    )
    np.testing.assert_allclose(words, [2, 1])
    assert share_among_parts(Attribution(np.ones(1), np.zeros((1, 2))), np.zeros((0, 2))).shape == (0,)
