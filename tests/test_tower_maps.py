"""Maps of large encoders by their own gradients: against oracles, planted causes, and what must stay as it was."""

import json
import threading
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("transformers", reason="transformers is an optional package")

from mmalign_core.data.files import file_media
from mmalign_core.encoders import create_encoder
from mmalign_core.encoders.attended import attended
from mmalign_core.encoders.openclip_relevance import picture_relevance
from mmalign_core.encoders.reading import picture_reading, without_border
from mmalign_core.encoders.relevance import RULES, Relevance, attention_relevance
from mmalign_core.encoders.token_places import token_places
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Media
from mmalign_core.workflow import Choices, align, encode, open_collection
from mmalign_core.workflow.explaining import media_map
from mmalign_core.workflow.explaining.relevant import shared_out
from tests.tiny_bert import save_bert, save_model
from tests.tiny_clap import RATE, noise, save_clap, save_wav, tone
from tests.tiny_clip import CONFIGS, saved, tower

KINDS = ("vit", "resnet", "custom")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("towers")
    return {kind: saved(root / kind, kind) for kind in KINDS}


@pytest.fixture(scope="module")
def clap(tmp_path_factory):
    return save_clap(tmp_path_factory.mktemp("clap") / "tiny")


def pixels_of(size=64, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (size, size, 3), dtype=np.uint8)


def along(width=24, seed=1):
    return np.random.default_rng(seed).standard_normal(width)


# Attention as it is watched


@pytest.mark.parametrize("kind", KINDS)
def test_a_watched_tower_gives_what_it_gives_unwatched(folders, kind):
    import torch

    model = tower(folders[kind], "image").loaded.model
    side = CONFIGS[kind]["vision_cfg"]["image_size"]
    pixels, ids = torch.randn(2, 3, side, side), tower(folders[kind], "text").loaded.tokenize(["a dog", "a brown dog"])
    for run, given, layers in ((model.encode_image, pixels, 1 if kind == "resnet" else 2), (model.encode_text, ids, 2)):
        with torch.no_grad():
            plain = run(given)
        seen, found = attended(lambda run=run, given=given: run(given))
        torch.testing.assert_close(seen, plain, atol=1e-4, rtol=1e-4)
        assert len(found) == layers and all(torch.allclose(a.weights.sum(-1), torch.tensor(1.0)) for a in found)


def test_masked_and_grouped_attention_is_that_of_torch():
    import torch
    from torch.nn.functional import scaled_dot_product_attention as dot

    q, k, v = (torch.randn(2, heads, 5, 4) for heads in (4, 2, 2))
    shown = torch.ones(5, 5).tril().bool()
    for options in ({"is_causal": True}, {"attn_mask": shown}, {"attn_mask": torch.randn(5, 5)}, {"scale": 0.3}):
        asked = {**options, "enable_gqa": True}
        plain, (seen, layers) = dot(q, k, v, **asked), attended(lambda asked=asked: dot(q, k, v, **asked))
        torch.testing.assert_close(seen, plain, atol=1e-5, rtol=1e-5)
        assert len(layers) == 1


def test_each_rule_is_what_one_head_over_two_keys_gives_by_hand():
    """Features = the attention's output, of weights a over values v; d(unit vector · d)/d(features) = s, worked out."""
    import torch
    from torch.nn.functional import scaled_dot_product_attention as dot

    q, k = torch.tensor([[[[1.0, 0.0]]]]), torch.tensor([[[[1.0, 0.0], [0.0, 1.0]]]])
    v, direction = torch.tensor([[[[2.0, 0.0], [0.0, 1.0]]]]), np.array([1.0, 0.0])
    weights = np.exp([2**-0.5, 0]) / np.exp([2**-0.5, 0]).sum()
    out = weights @ v[0, 0].numpy()
    length = np.linalg.norm(out)
    slope = (direction - (out @ direction) * out / length**2) / length
    by_weight = v[0, 0].numpy() @ slope
    wanted = {
        "attention": np.maximum(weights * by_weight, 0),
        "legrad": np.maximum(by_weight, 0),
        "grad-eclip": by_weight * np.array([1.0, 0.0]),  # cosines 1 and 0 are already between 0 and 1
    }
    for rule in RULES:
        found = attention_relevance(lambda: dot(q, k, v)[:, 0, 0], direction, lambda keys: keys == 2, rule)
        np.testing.assert_allclose(found, wanted[rule], atol=1e-6)
    assert by_weight[0] > 0 > by_weight[1]


def test_a_model_without_attention_that_can_be_watched_says_so():
    import torch

    with pytest.raises(BadInput, match="shows no attention"):
        attention_relevance(lambda: torch.ones(1, 3, requires_grad=True), np.ones(3), lambda keys: True, "legrad")


# What the towers show


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("kind", ["vit", "resnet"])
def test_the_only_cell_that_has_values_is_the_one_shown(folders, kind, rule):
    """All patches or map cells are zero but one, so no other has a value that attention could read."""
    import torch

    model = deepcopy(tower(folders[kind], "image").loaded.model)
    planted, visual = 2, model.visual
    with torch.no_grad():
        if kind == "vit":
            places, read = visual.positional_embedding, visual.conv1
            visual.transformer.resblocks = visual.transformer.resblocks[:1]
            visual.transformer.resblocks[0].attn.in_proj_bias.zero_()
        else:
            places, read = visual.attnpool.positional_embedding, visual.layer4
            visual.attnpool.v_proj.bias.zero_()
        for weights in read.parameters():
            weights.zero_()
        places[1 : 1 + planted].zero_()
        places[2 + planted :].zero_()
    side = CONFIGS[kind]["vision_cfg"]["image_size"]
    wanted = {along(seed=seed)[0]: along(seed=seed) for seed in range(8)}.values()
    found = [picture_relevance(model, torch.randn(1, 3, side, side), d, rule).values for d in wanted]
    assert all(not np.delete(values, planted).any() for values in found) and any(values[planted] for values in found)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_through_a_tower_are_captums(folders, kind):
    from captum.attr import InputXGradient

    made = tower(folders[kind], "image")
    read, direction = made.reading(pixels_of()), along()
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


def test_squares_of_pixels_come_together_again_in_any_shape():
    import torch

    for height, width in ((16, 24), (13, 26), (7, 5)):
        pixels = np.random.default_rng(0).standard_normal((3, height, width)).astype(np.float32)
        seen = []
        read = picture_reading(pixels, lambda batch, seen=seen: seen.append(batch) or batch.flatten(1)[:, :4])
        read.vectors(torch.tensor(read.inputs)[None])
        np.testing.assert_array_equal(seen[0][0], pixels)
        assert len(read.inputs) == len(read.places) and read.places[-1, 2:].tolist() == [1, 1]


def test_places_in_a_bordered_square_are_those_of_the_picture():
    places = np.array([[0, 0, 0.5, 0.5], [0.25, 0.25, 0.75, 0.75]])
    np.testing.assert_allclose(without_border(places, (50, 100)), [[0, 0, 0.5, 0.5], [0.25, 0, 0.75, 1]])


@pytest.mark.parametrize("kind", ["vit", "custom"])
def test_only_words_that_are_read_get_relevance(folders, kind):
    made = tower(folders[kind], "text")
    text = "a brown dog, runs! over wet sand"
    found = made.relevance(text, along(), "attention")
    spans = [text[round(a) : round(b)] for a, b in found.places if b > a]
    assert "".join(spans).replace(" ", "") == text.replace(" ", "")
    assert np.isfinite(found.values).all() and (found.values[:3] != 0).any()


def test_texts_that_are_empty_or_longer_than_the_context(folders):
    made = tower(folders["vit"], "text")
    assert made.relevance("", along(), "legrad").places.max() == 0
    long = made.relevance("one two three of the red trains in sand " * 9, along(), "attention")
    assert len(long.values) == 20 and np.isfinite(long.values).all() and (long.places[:, 1] > 0).sum() == 18


def test_tokens_share_the_characters_of_their_word():
    words = {"don't": [5, 6], "stop": [7], "now": [8]}

    def tokens(text):
        made = [t for word in text.split() for t in words.get(word, [])] if text else []
        return np.array(([1, *made, 2] + [0] * 8)[:8])

    found = token_places("don't stop now", tokens)
    assert found[3].tolist() == [6, 10] and found[4].tolist() == [11, 14] and found[[0, 5, 6, 7]].max() == 0
    assert found[1, 0] >= 0 and found[2, 1] == 5


def test_a_model_of_sentence_transformers_and_a_prompt_before_the_text(tmp_path):
    text = "a brown dog runs"
    bert = save_bert(tmp_path / "bert")
    for name, prompts in (("plain", None), ("prompt", {"document": "passage : "})):
        made = create_encoder(f"sentence-transformers:{save_model(tmp_path / name, bert, prompts=prompts)}", "text")
        made.load()
        found = made.relevance(text, along(made.dim), "grad-eclip")
        assert made.attends and [text[int(a) : int(b)] for a, b in found.places if b > a] == text.split()
        assert len(found.values) == len(found.places) == 6 + 2 * (prompts is not None)
        assert np.isfinite(found.values).all() and (found.values != 0).all()


# CLAP


def test_a_sound_of_several_windows_is_read_in_seconds(clap, tmp_path):
    import torch

    made = create_encoder(f"clap:{clap}", "audio")
    for samples, seconds in ((noise(24), 24), (tone(3, 400), 3), (noise(0.2), 0.2)):
        view = made.view(save_wav(tmp_path / f"{seconds}.wav", samples))
        read = made.reading(view)
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
    seen, layers = attended(lambda: towers.model.text_model(**towers.tokens([text])).pooler_output)
    torch.testing.assert_close(seen, plain)
    assert len(layers) == 2 and layers[0].keys.shape == layers[0].queries.shape == layers[0].values.shape
    for rule in RULES:
        found = made.relevance(text, along(), rule)
        assert np.isfinite(found.values).all() and found.places[:, 1].max() == len(text)
    audio = create_encoder(f"clap:{clap}", "audio")
    assert not audio.attends
    with pytest.raises(BadInput, match="shows no attention"):
        audio.relevance(np.zeros(RATE, np.float32), along(), "attention")


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
    with pytest.raises(BadInput, match="shows no gradients of what it reads"):
        media_map(clip_run, medium_of(clip_run, "text"), target, store=store, method="gradients")
    run = run_of(folders["vit"], store, tmp_path, "relative")
    medium, target = medium_of(run, "image"), run.result.space["text"].vectors[3]
    for method in ("legrad", "gradients"):
        with pytest.raises(BadInput, match="relative has no gradients here; use auto"):
            media_map(run, medium, target, store=store, method=method)
    assert media_map(run, medium, target, store=store, faithful=False, grid=2).method == "occlusion"


def test_the_model_is_left_as_it_was_and_serves_others_meanwhile(folders):
    import torch

    made = tower(folders["vit"], "image")
    wanted = made.relevance(pixels_of(), along(), "attention").values
    vector = made.encode([made.from_view(pixels_of())]).vectors
    errors = []

    def explain():
        for _ in range(5):
            if not np.allclose(made.relevance(pixels_of(), along(), "attention").values, wanted, atol=1e-6):
                errors.append("relevance")

    def others():
        for _ in range(10):
            if not np.allclose(made.encode([made.from_view(pixels_of())]).vectors, vector, atol=1e-6):
                errors.append("encode")

    threads = [threading.Thread(target=work) for work in (explain, others, explain)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    model = made.loaded.model
    assert not errors and not model.training and all(p.grad is None and not p.requires_grad for p in model.parameters())
    assert not any(m._forward_hooks or m._forward_pre_hooks or m._backward_hooks for m in model.modules())
    assert isinstance(torch.get_num_threads(), int)


# Steps and parts


def test_steps_are_shared_out_by_what_they_cover():
    cells = np.array([[0, 0, 0.5, 0.5], [0.5, 0, 1, 0.5], [0, 0.5, 0.5, 1], [0.5, 0.5, 1, 1]])
    thirds = [(c / 3, r / 3, (c + 1) / 3, (r + 1) / 3) for r in range(3) for c in range(3)]
    found = shared_out(Relevance(np.array([9.0, 0, 0, 0]), cells), np.array(thirds))
    np.testing.assert_allclose(found, [4, 2, 0, 2, 1, 0, 0, 0, 0], atol=1e-9)
    words = shared_out(Relevance(np.array([5.0, 1, 2]), np.array([[0, 0], [0, 2], [2, 6]])), np.array([[0, 4], [4, 6]]))
    np.testing.assert_allclose(words, [2, 1])
    assert shared_out(Relevance(np.ones(1), np.zeros((1, 2))), np.zeros((0, 2))).shape == (0,)
