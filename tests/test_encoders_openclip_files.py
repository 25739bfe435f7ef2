"""OpenCLIP's files, in folders and in the hub's cache: what is wrong with one is a clear line, nothing of it runs."""

import hashlib
import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mmalign_core.encoders import create_encoder
from mmalign_core.encoders.openclip.sources import import_open_clip
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput
from tests.tiny_clip import CONFIGS, TEXTS, image_media, library, mixed_pictures, saved, text_media, tower

KINDS = ("vit", "resnet", "custom")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return {kind: saved(tmp_path_factory.mktemp("clip") / kind, kind) for kind in KINDS}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return mixed_pictures(tmp_path_factory.mktemp("pictures"))


class Boom:
    """Unpickled, it would leave a file behind."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def broken(folder, how, tmp_path):
    """A copy of the folder with one thing wrong."""
    copy = shutil.copytree(folder, tmp_path / how)
    weights, settings = copy / "open_clip_model.safetensors", copy / "open_clip_config.json"
    if how == "cut":
        weights.write_bytes(weights.read_bytes()[:-1000])
    elif how == "garbage":
        weights.write_bytes(b"\x10\x00\x00\x00\x00\x00\x00\x00 not json at all, is it")
    elif how == "empty":
        weights.write_bytes(b"")
    elif how == "disguised":
        weights.write_bytes(pickle.dumps({"a": Boom(tmp_path / "ran")}))
    elif how == "pickle":
        weights.unlink()
        (copy / "open_clip_pytorch_model.bin").write_bytes(pickle.dumps({"a": Boom(tmp_path / "ran")}))
    elif how == "torch pickle":
        weights.unlink()
        torch.save({"a": Boom(tmp_path / "ran")}, copy / "open_clip_pytorch_model.bin")
    elif how == "cut torch":
        weights.unlink()
        torch.save({"a": torch.zeros(9999)}, copy / "open_clip_pytorch_model.bin")
        whole = (copy / "open_clip_pytorch_model.bin").read_bytes()
        (copy / "open_clip_pytorch_model.bin").write_bytes(whole[:-500])
    elif how == "no weights":
        weights.unlink()
    elif how == "no settings":
        settings.unlink()
    elif how == "other architecture":
        settings.write_text(settings.read_text().replace('"embed_dim": 24', '"embed_dim": 32'))
    elif how == "no JSON":
        settings.write_text("model: vit")
    elif how == "unknown setting":
        settings.write_text(settings.read_text().replace('"patch_size"', '"patch_sise"'))
    elif how == "code of others":
        settings.write_text(
            settings.read_text().replace(
                '"text_cfg": {', '"text_cfg": {"tokenizer_kwargs": {"trust_remote_code": true},'
            )
        )
    return copy


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("cut", "cut short"),
        ("garbage", "not in the safetensors format"),
        ("empty", "not in the safetensors format"),
        ("disguised", "not in the safetensors format and are not opened"),
        ("pickle", "holds more than weights"),
        ("torch pickle", "holds more than weights"),
        ("cut torch", "downloaded only in part"),
        ("no weights", "holds no weights"),
        ("no settings", r"has no open_clip_config\.json \(it holds: open_clip_model\.safetensors\)"),
        ("other architecture", "do not fit the architecture.*size mismatch"),
        ("no JSON", "cannot be read as JSON"),
        ("unknown setting", "no model could be built.*patch_sise"),
        ("code of others", "ask to run code"),
    ],
)
def test_what_is_wrong_with_a_folder_is_one_line_and_nothing_of_it_runs(folders, how, words, tmp_path, recwarn):
    with pytest.raises(BadInput, match=words) as caught:
        tower(broken(folders["vit"], how, tmp_path), "text").load()
    assert "\n" not in str(caught.value) and not (tmp_path / "ran").exists()
    assert not [w for w in recwarn if "pickle" in str(w.message)]


def test_a_folder_without_its_tokenizer_or_with_code_beside_it_is_refused(folders, tmp_path):
    copy = shutil.copytree(folders["custom"], tmp_path / "copy")
    settings = json.loads((copy / "tokenizer_config.json").read_text())
    (copy / "tokenizer_config.json").write_text(json.dumps({**settings, "auto_map": {"AutoTokenizer": "evil.Evil"}}))
    with pytest.raises(BadInput, match="names code that comes with the model"):
        tower(copy, "text").load()
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (copy / name).unlink()
    with pytest.raises(BadInput, match="holds no tokenizer"):
        tower(copy, "text").load()


def test_weights_in_a_torch_file_load_as_weights_only(folders, tmp_path):
    plain = tower(saved(tmp_path / "torch", "vit", pickled=True), "text")
    texts = text_media(TEXTS)
    same = tower(folders["vit"], "text")
    np.testing.assert_allclose(
        plain.encode([plain.prepare(m) for m in texts]).vectors, same.encode([same.prepare(m) for m in texts]).vectors
    )


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of the hub's libraries."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def cached(cache, repository, folder):
    """The folder's files as the hub's libraries keep them: content by digest, and links by name."""
    home, commit = cache / f"models--{repository.replace('/', '--')}", "c" * 40
    for part in ("refs", "blobs", f"snapshots/{commit}"):
        (home / part).mkdir(parents=True)
    (home / "refs" / "main").write_text(commit)
    for path in folder.iterdir():
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        shutil.copy(path, home / "blobs" / digest)
        (home / "snapshots" / commit / path.name).symlink_to(home / "blobs" / digest)
    return home


@pytest.mark.parametrize("model", ["hf-hub:laion/tiny", "ViT-B-32/openai", "ViT-B-16-SigLIP2/webli"])
def test_a_model_that_is_not_here_is_one_line_with_the_places_and_the_command(cache, model):
    words = rf"looked for in .*models.* and in the hub's cache {cache}; get it with: .* fetch open-clip:{model}$"
    with pytest.raises(BadInput, match=words) as caught:
        _ = create_encoder(f"open-clip:{model}", "image").key
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["vit", "custom"])
def test_a_repository_in_the_hubs_cache_gives_the_vectors_of_its_folder(folders, cache, kind):
    cached(cache, "tiny/clip", folders[kind])
    if kind == "custom":
        with pytest.raises(BadInput, match=r"tokenizer_config\.json .*of 'somewhere/else'"):
            create_encoder("open-clip:hf-hub:tiny/clip", "text").load()
        cached(cache, "somewhere/else", folders[kind])
    encoder, same, texts = (
        create_encoder("open-clip:hf-hub:tiny/clip", "text"),
        tower(folders[kind], "text"),
        text_media(TEXTS),
    )
    wanted = same.encode([same.prepare(m) for m in texts]).vectors
    np.testing.assert_allclose(encoder.encode([encoder.prepare(m) for m in texts]).vectors, wanted, atol=1e-6)
    assert encoder.key == f"open-clip:hf-hub:tiny/clip@{same.version}", "a blob's name is its digest"


def test_towers_of_timm_and_transformers_load_with_their_settings_from_the_cache(
    pictures, cache, tmp_path, monkeypatch
):
    folder = saved(tmp_path / "towers", "towers")
    with pytest.raises(BadInput, match=r"config\.json of 'somewhere/bert' was looked for"):
        tower(folder, "text").load()
    cached(cache, "somewhere/bert", folder)
    here = json.loads((folder / "open_clip_config.json").read_text())
    here["model_cfg"]["text_cfg"]["hf_model_name"] = str(folder)
    plain = shutil.copytree(folder, tmp_path / "plain")
    (plain / "open_clip_config.json").write_text(json.dumps(here))
    images, words = library(plain, pictures, TEXTS)
    for modality, media, wanted in (("image", image_media(pictures), images), ("text", text_media(TEXTS), words)):
        encoder = tower(folder, modality)
        prepared = [encoder.prepare(m) for m in media]
        assert (encoder.encode(prepared).vectors * wanted).sum(1).min() >= 0.9999
        steps = encoder.sequences(prepared)
        assert all(s.shape[1] == 24 and np.isfinite(s).all() for s in steps)
        assert [len(s) for s in steps] == (
            [100] * 5 if modality == "image" else [int((p != 0).sum()) for p in prepared]
        )


def test_a_repository_copied_beside_the_store_is_found(folders, cache, tmp_path):
    shutil.copytree(folders["vit"], tmp_path / "home" / "models" / "tiny" / "clip")
    encoder = create_encoder("open-clip:hf-hub:tiny/clip", "text")
    encoder.settings = Settings(root=tmp_path / "home")
    assert encoder.version == tower(folders["vit"], "text").version


def test_a_name_and_tag_take_architecture_activation_and_preprocessing_from_open_clips_tables(
    folders, pictures, cache, tmp_path, monkeypatch
):
    """A tag of weights trained with another activation than the architecture states is given that activation."""
    open_clip = import_open_clip()
    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, "tiny-vit", CONFIGS["vit"])
    tag = {"hf_hub": "tiny/clip/", "mean": (0.1, 0.2, 0.3), "std": (0.5, 0.6, 0.7), "quick_gelu": True}
    tag |= {"interpolation": "bilinear", "resize_mode": "squash"}
    monkeypatch.setitem(open_clip.pretrained._PRETRAINED, "tiny-vit", {"mine": tag})
    cached(cache, "tiny/clip", folders["vit"])
    weights = str(folders["vit"] / "open_clip_model.safetensors")
    options = {f"image_{key}": tag[key] for key in ("mean", "std", "interpolation", "resize_mode")}
    model, preprocess = open_clip.create_model_from_pretrained("tiny-vit", weights, force_quick_gelu=True, **options)
    with torch.no_grad():
        wanted = model.eval().encode_image(torch.stack([preprocess(Image.open(p)) for p in pictures]), normalize=True)
    encoder = create_encoder("open-clip:tiny-vit/mine", "image")
    found = encoder.encode([encoder.prepare(m) for m in image_media(pictures)]).vectors
    assert (found * wanted.numpy()).sum(1).min() >= 0.9999
    assert encoder.space == "open-clip:tiny-vit/mine" and encoder.version != tower(folders["vit"], "image").version


def test_settings_cannot_name_files_elsewhere(folders, tmp_path):
    copy = shutil.copytree(folders["vit"], tmp_path / "copy")
    settings = json.loads((copy / "open_clip_config.json").read_text())
    settings["model_cfg"]["text_cfg"]["hf_model_name"] = "../../etc"
    (copy / "open_clip_config.json").write_text(json.dumps(settings))
    with pytest.raises(BadInput, match="is no repository; refused"):
        tower(copy, "text").load()
