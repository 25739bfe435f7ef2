"""What models read as numbers: gradients through towers are captum's, squares and seconds lie where they are seen."""

import json

import numpy as np
import pytest

pytest.importorskip("transformers", reason="transformers is an optional package")

from mmalign_core.encoders import create_encoder
from mmalign_core.encoders.attention import watch_attention
from mmalign_core.encoders.attribution import RULES
from mmalign_core.encoders.explainable import picture_input, without_border
from mmalign_core.types import BadInput
from tests.tiny_clap import RATE, noise, save_clap, save_wav, tone
from tests.tiny_clip import TOWERS, saved, tower, towers


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return towers(tmp_path_factory.mktemp("towers"))


@pytest.fixture(scope="module")
def clap(tmp_path_factory):
    return save_clap(tmp_path_factory.mktemp("clap") / "tiny")


def pixels_of(size=64, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (size, size, 3), dtype=np.uint8)


def along(width=24, seed=1):
    return np.random.default_rng(seed).standard_normal(width)


@pytest.mark.parametrize("kind", TOWERS)
def test_gradients_through_a_tower_are_captums(folders, kind):
    from captum.attr import InputXGradient

    made = tower(folders[kind], "image")
    read, direction = made.differentiable_input(pixels_of()), along()
    import torch
    from torch.nn.functional import normalize

    given = torch.tensor(read.inputs)[None].requires_grad_()
    (slope,) = torch.autograd.grad(read.vectors(given)[0] @ torch.tensor(direction, dtype=torch.float32), given)
    model = made.loaded.model

    def score(pixels):
        return normalize(model.encode_image(pixels), dim=-1) @ torch.tensor(direction, dtype=torch.float32)

    pixels = torch.tensor(made.from_view(pixels_of()))[None].requires_grad_()
    theirs = InputXGradient(score).attribute(pixels).detach().numpy()[0]
    ours = (slope * given).detach()[0].sum((1, 2, 3)).numpy()
    side = round(len(ours) ** 0.5)
    block = theirs.shape[-1] // side
    np.testing.assert_allclose(
        ours.reshape(side, side), theirs.reshape(3, side, block, side, block).sum((0, 2, 4)), atol=1e-4
    )


def test_a_picture_that_is_resized_whole_into_a_border_is_mapped_onto_itself(tmp_path):
    folder = saved(tmp_path / "bordered")
    config = json.loads((folder / "open_clip_config.json").read_text())
    config["preprocess_cfg"]["resize_mode"] = "longest"
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    made, view = tower(folder, "image"), pixels_of(60)[:20]
    for found in (made.differentiable_input(view), made.attribution(view, along(), "attention")):
        heights = found.places[:, 3] - found.places[:, 1]
        assert heights[0] == heights[-1] == 0 and found.places.max() == 1
        np.testing.assert_allclose(heights.sum(), round(len(heights) ** 0.5), rtol=1e-6)


def test_squares_of_pixels_come_together_again_in_any_shape():
    import torch

    for height, width in ((16, 24), (13, 26), (7, 5)):
        pixels = np.random.default_rng(0).standard_normal((3, height, width)).astype(np.float32)
        seen = []
        read = picture_input(pixels, lambda batch, seen=seen: seen.append(batch) or batch.flatten(1)[:, :4])
        read.vectors(torch.tensor(read.inputs)[None])
        np.testing.assert_array_equal(seen[0][0], pixels)
        assert len(read.inputs) == len(read.places) and read.places[-1, 2:].tolist() == [1, 1]


def test_places_in_a_bordered_square_are_those_of_the_picture():
    places = np.array([[0, 0, 0.5, 0.5], [0.25, 0.25, 0.75, 0.75]])
    np.testing.assert_allclose(without_border(places, (50, 100)), [[0, 0, 0.5, 0.5], [0.25, 0, 0.75, 1]])


# CLAP


def test_a_sound_of_several_windows_is_read_in_seconds(clap, tmp_path):
    import torch

    made = create_encoder(f"clap:{clap}", "audio")
    for samples, seconds in ((noise(24), 24), (tone(3, 400), 3), (noise(0.2), 0.2)):
        view = made.view(save_wav(tmp_path / f"{seconds}.wav", samples))
        read = made.differentiable_input(view)
        assert read is not None and len(read.inputs) == len(read.places)
        wanted = made.encode([made.from_view(view)]).vectors[0]
        with torch.no_grad():
            np.testing.assert_allclose(read.vectors(torch.tensor(read.inputs)[None])[0].numpy(), wanted, atol=1e-4)
        heard = read.places[read.places[:, 1] > read.places[:, 0]]
        assert heard.min() == 0 and heard.max() == pytest.approx(seconds, abs=0.02)


def test_words_of_a_clap_text_have_relevance(clap):
    import torch

    made = create_encoder(f"clap:{clap}", "text")
    made.load()
    text = "rain and a dog"
    towers = made._towers
    with torch.no_grad():
        plain = towers.model.text_model(**towers.tokens([text])).pooler_output
    seen, layers = watch_attention(lambda: towers.model.text_model(**towers.tokens([text])).pooler_output)
    torch.testing.assert_close(seen, plain)
    assert len(layers) == 2 and layers[0].keys.shape == layers[0].queries.shape == layers[0].values.shape
    for rule in RULES:
        found = made.attribution(text, along(), rule)
        assert np.isfinite(found.values).all() and found.places[:, 1].max() == len(text)
    audio = create_encoder(f"clap:{clap}", "audio")
    assert not audio.attends
    with pytest.raises(BadInput, match="no attention that can be recorded"):
        audio.attribution(np.zeros(RATE, np.float32), along(), "attention")
