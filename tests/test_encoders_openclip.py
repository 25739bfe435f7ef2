"""OpenCLIP: vectors are the library's own on the same files, and whatever is wrong with a model is one clear line."""

import hashlib
import json
import pickle
import shutil
import subprocess
import sys
import threading
from importlib.metadata import metadata
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mmalign_core.__main__ import main
from mmalign_core.encoders import create_encoder
from mmalign_core.encoders.openclip_models import RECOMMENDED, import_open_clip
from mmalign_core.encoders.openclip_text import as_read
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Media
from tests.tiny_clip import CONFIGS, saved

KINDS = ("vit", "resnet", "custom")
TEXTS = (
    "a brown dog runs over wet sand",
    "trains",
    "Zwei Züge stehen!",
    "one two three of the red trains in sand " * 9,
)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return {kind: saved(tmp_path_factory.mktemp("clip") / kind, kind) for kind in KINDS}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Of several shapes and formats: wide, tall, square, smaller than the model reads, grey, JPEG."""
    folder, rng, paths = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0), []
    for number, (width, height) in enumerate([(320, 200), (90, 250), (128, 128), (30, 20), (64, 48)]):
        across = np.linspace(0, 255, width)[None, :, None] * rng.random(3)
        pixels = (across + rng.integers(0, 60, (height, width, 3))).clip(0, 255).astype(np.uint8)
        image = Image.fromarray(pixels[..., 0] if number == 4 else pixels)
        paths.append(folder / f"{number}.{'jpg' if number % 2 else 'png'}")
        image.save(paths[-1])
    return paths


def tower(folder, modality):
    return create_encoder(f"open-clip:local-dir:{folder}", modality)


def image_media(paths):
    return [Media(str(i), "image", str(i), path=str(path)) for i, path in enumerate(paths)]


def text_media(texts):
    return [Media(str(i), "text", str(i), text=text) for i, text in enumerate(texts)]


def library(folder, paths, texts):
    """The example of open_clip's own README, on a folder."""
    open_clip = import_open_clip()
    model, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{folder}")
    model.eval()
    tokenizer = open_clip.get_tokenizer(f"local-dir:{folder}")
    with torch.no_grad():
        images = model.encode_image(torch.stack([preprocess(Image.open(path)) for path in paths]))
        words = model.encode_text(tokenizer(list(texts)))
    return [(x / x.norm(dim=-1, keepdim=True)).numpy() for x in (images, words)]


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
        "from mmalign_core.encoders import torchvision_guard as guard\n"
        "assert guard.mend_torchvision() and guard.mend_torchvision()\n"
        "assert bool(guard._declared) is not worked, 'nothing is declared where torchvision works'\n"
        "import open_clip, timm\n"
        "from torchvision.transforms import functional as F\n"
        "from PIL import Image\n"
        "assert F.resize(Image.new('RGB', (8, 4)), 2).size == (4, 2)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("", "Recommended: small and fast: open-clip:ViT-B-32-256/datacomp_s34b_b86k .*72.8%, licence: see "),
        ("ViT-B-32/openia", "did you mean ViT-B-32/openai"),
        ("ViT-B32/openai", "did you mean ViT-B-32/openai"),
        ("ViT-B-32", "did you mean ViT-B-32/openai"),
        ("hf-hub:name", "write hf-hub:ORG/NAME"),
        ("hf-hub:../..", "write hf-hub:ORG/NAME"),
        ("local-dir:", "no folder"),
        ("local-dir:/no/such/folder", "there is no folder '/no/such/folder'"),
    ],
)
def test_a_model_that_is_not_known_is_told_with_the_nearest(model, words):
    with pytest.raises(BadInput, match=words) as caught:
        create_encoder(f"open-clip:{model}", "text")
    assert "\n" not in str(caught.value)


def test_a_folder_nearly_named_so_is_suggested(folders):
    with pytest.raises(BadInput, match=r"did you mean '.*custom'"):
        tower(folders["custom"].with_name("custon"), "text")


def test_the_recommended_models_exist_and_their_figures_are_open_clips_own():
    open_clip = import_open_clip()
    table = metadata("open_clip_torch").get_payload() or metadata("open_clip_torch")["Description"]
    for entry in RECOMMENDED:
        name, tag = entry.model.split("/")
        assert open_clip.get_pretrained_cfg(name, tag)["hf_hub"].rstrip("/") == entry.repository
        assert f"{entry.accuracy}%" in table
    smallest = open_clip.get_model_config(RECOMMENDED[0].model.split("/")[0])
    with torch.device("meta"):
        weights = sum(p.numel() for p in open_clip.CLIP(**smallest).parameters())
    assert round(weights / 1e6) == RECOMMENDED[0].millions


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
        ("garbage", "not in the format of safetensors"),
        ("empty", "not in the format of safetensors"),
        ("disguised", "not in the format of safetensors, whatever their name; they are not opened"),
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
def test_what_is_wrong_with_a_folder_is_one_line_and_nothing_of_it_runs(folders, how, words, tmp_path):
    with pytest.raises(BadInput, match=words) as caught:
        tower(broken(folders["vit"], how, tmp_path), "text").load()
    assert "\n" not in str(caught.value) and not (tmp_path / "ran").exists()


def test_a_folder_without_its_tokenizer_or_with_code_beside_it_is_refused(folders, tmp_path):
    copy = shutil.copytree(folders["custom"], tmp_path / "copy")
    settings = json.loads((copy / "tokenizer_config.json").read_text())
    (copy / "tokenizer_config.json").write_text(json.dumps({**settings, "auto_map": {"AutoTokenizer": "evil.Evil"}}))
    with pytest.raises(BadInput, match="names code that comes with the model"):
        tower(copy, "text").load()
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (copy / name).unlink()
    with pytest.raises(BadInput, match="no tokenizer of"):
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
