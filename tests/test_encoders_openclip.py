"""OpenCLIP: vectors and sequences are the library's own on the same files, from one model for both towers."""

import json
import shutil
import subprocess
import sys
import threading

import numpy as np
import pytest
import torch

from mmalign_core.__main__ import main
from mmalign_core.encoders.text_input import as_read
from tests.tiny_clip import TEXTS, image_media, library, mixed_pictures, saved, text_media, tower

KINDS = ("vit", "resnet", "custom")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return {kind: saved(tmp_path_factory.mktemp("clip") / kind, kind) for kind in KINDS}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return mixed_pictures(tmp_path_factory.mktemp("pictures"))


@pytest.mark.parametrize("kind", KINDS)
def test_vectors_are_the_librarys_own_for_one_item_and_many(folders, pictures, kind):
    images, words = library(folders[kind], pictures, TEXTS)
    for modality, media, wanted in (
        ("image", image_media(pictures), images),
        ("text", text_media(TEXTS), words),
    ):
        encoder = tower(folders[kind], modality)
        prepared = [encoder.prepare(m) for m in media]
        alone = np.concatenate([encoder.encode([item]).vectors for item in prepared])
        many = encoder.encode(prepared * 9).vectors
        assert (alone * wanted).sum(1).min() >= 0.9999
        assert (many * np.tile(wanted, (9, 1))).sum(1).min() >= 0.9999
        np.testing.assert_allclose(np.linalg.norm(many, axis=1), 1, atol=1e-5)
        assert (wanted @ wanted.T)[~np.eye(len(wanted), dtype=bool)].min() < 0.99, "vectors that all agree show nothing"


def test_both_towers_share_one_model_also_when_they_load_at_once(folders):
    towers = [tower(folders["vit"], modality) for modality in ("image", "text")]
    threads = [threading.Thread(target=made.load) for made in towers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert towers[0].loaded is towers[1].loaded
    assert towers[0].space == towers[1].space and towers[0].key == towers[1].key and towers[0].dim == 24


def test_many_threads_prepare_texts_with_a_tokenizer_of_transformers(folders):
    encoder = tower(folders["custom"], "text")
    encoder.load()
    wanted, found, texts = encoder.prepare(text_media(TEXTS)[0]), [], text_media(TEXTS[:1] * 40)

    def work():
        found.extend(encoder.prepare(m) for m in texts)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 160 and all(np.array_equal(ids, wanted) for ids in found)


def test_the_key_follows_weights_settings_and_tokenizer_and_nothing_else(folders, tmp_path):
    key = tower(folders["custom"], "text").version
    moved = shutil.copytree(folders["custom"], tmp_path / "moved")
    assert tower(moved, "image").version == key, "the same files elsewhere are the same model"
    (moved / "README.md").write_text("a model")
    assert tower(moved, "text").version == key
    assert tower(saved(tmp_path / "other", "custom", seed=1), "text").version != key
    settings = json.loads((moved / "open_clip_config.json").read_text())
    settings["preprocess_cfg"]["mean"] = [0.1, 0.2, 0.3]
    (moved / "open_clip_config.json").write_text(json.dumps(settings))
    changed = tower(moved, "text").version
    assert changed != key
    words = json.loads((moved / "tokenizer.json").read_text())
    words["model"]["vocab"]["hound"] = 40
    (moved / "tokenizer.json").write_text(json.dumps(words))
    assert tower(moved, "text").version not in (key, changed)


def test_a_cropped_picture_is_shown_as_it_is_read_and_a_squeezed_one_whole(folders, pictures):
    media = image_media(pictures)[0]
    assert tower(folders["vit"], "image").view(media).shape == (48, 48, 3)
    assert tower(folders["custom"], "image").view(media).shape == (200, 320, 3)


def test_a_text_is_cut_where_the_tokenizer_stops_reading(folders):
    encoder = tower(folders["vit"], "text")
    short, long = text_media(["a dog", TEXTS[-1]])
    view = encoder.view(long)
    assert encoder.view(short) == "a dog" and TEXTS[-1].startswith(view) and len(view.split()) == 18
    assert np.array_equal(encoder.from_view(view), encoder.loaded.tokenize([TEXTS[-1]])[0].numpy())


def test_the_cut_falls_after_a_word_and_never_loses_what_is_read():
    def first_five(text):
        return np.array([ord(c) for c in text.replace(" ", "")[:5].ljust(5)])

    assert as_read("ab cd efg hi", first_five) == "ab cd efg"
    assert as_read("ab", first_five) == "ab"
    assert as_read("猫" * 50, first_five) == "猫" * 50
    assert as_read("abcde " + "x" * 9, first_five) == "abcde"


@pytest.mark.parametrize("kind", KINDS)
def test_sequences_lie_in_the_shared_space(folders, pictures, kind):
    images, texts = tower(folders[kind], "image"), tower(folders[kind], "text")
    cells = images.sequences([images.prepare(m) for m in image_media(pictures)])
    assert {c.shape for c in cells} == {(4 if kind == "resnet" else 9, 24)}
    prepared = [texts.prepare(m) for m in text_media(TEXTS[:2])]
    tokens = texts.sequences(prepared)
    assert [len(t) for t in tokens] == [int((p != 0).sum()) for p in prepared]
    if kind == "vit":
        last = np.stack([t[-1] / np.linalg.norm(t[-1]) for t in tokens])
        np.testing.assert_allclose(last, texts.encode(prepared).vectors, atol=1e-5)


def test_cells_of_a_resnet_are_what_its_attention_pools(folders, pictures):
    """With queries that look nowhere in particular the vector is the mean of all steps, the mean cell among them."""
    encoder = tower(folders["resnet"], "image")
    pool, prepared = encoder.loaded.model.visual.attnpool, [encoder.prepare(image_media(pictures)[0])]
    kept = {name: weight.clone() for name, weight in pool.q_proj.state_dict().items()}
    for weight in pool.q_proj.parameters():
        weight.zero_()
    cells = encoder.sequences(prepared)[0]
    places = pool.positional_embedding.numpy()
    shift = (pool.v_proj.weight @ torch.tensor(places[0] - places[1:].mean(0))) @ pool.c_proj.weight.T
    mean = (cells.sum(0) + cells.mean(0) + shift.numpy()) / (len(cells) + 1)
    vector = encoder.encode(prepared).vectors[0]
    pool.q_proj.load_state_dict(kept)
    np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), atol=1e-5)


def test_align_by_command_line_with_vectors_as_they_are(folders, pictures, tmp_path):
    rows = ["id,image,text"] + [f"{i},{path},{TEXTS[i % 3]} {i}" for i, path in enumerate(pictures)]
    (tmp_path / "items.csv").write_text("\n".join(rows))
    model, out = f"open-clip:local-dir:{folders['vit']}", tmp_path / "out.json"
    options = ["--encoder", f"image={model}", "--encoder", f"text={model}", "--aligner", "as-is"]
    code = main(["align", str(tmp_path / "items.csv"), *options, "--pair", "image:text", "--json", str(out)])
    assert not code and json.loads(out.read_text())["metrics"]


def test_listing_encoders_imports_no_torch():
    code = (
        "import sys; from mmalign_core.workflow import catalogue; rows = catalogue('encoders');"
        "row = next(r for r in rows if r['name'] == 'open-clip'); assert row['modalities'] == ['image', 'text'];"
        "assert not {'torch', 'open_clip', 'timm', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_in_a_fresh_process_open_clip_imports_also_after_torchvision_failed():
    code = (
        "import importlib\n"
        "try: import torchvision; worked = True\n"
        "except RuntimeError: worked = False\n"
        "from mmalign_core.encoders.torch_models import torch_companions as companions\n"
        "assert companions.mend_torchvision() and companions.mend_torchvision()\n"
        "assert bool(companions._declared) is not worked, 'nothing is declared where torchvision works'\n"
        "import open_clip, timm\n"
        "from torchvision.transforms import functional as F\n"
        "from PIL import Image\n"
        "assert F.resize(Image.new('RGB', (8, 4)), 2).size == (4, 2)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
