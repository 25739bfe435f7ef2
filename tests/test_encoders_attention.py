"""Relevance by attention: against torch, by hand, on planted cells, in towers of every build, left as they were."""

import threading
from copy import deepcopy

import numpy as np
import pytest

pytest.importorskip("transformers", reason="transformers is an optional package")

from mmalign_core.encoders import create_encoder
from mmalign_core.encoders.attention import watch_attention
from mmalign_core.encoders.attribution import RULES, attention_attribution
from mmalign_core.encoders.openclip.sources import import_open_clip
from mmalign_core.encoders.openclip.steps import picture_attribution, picture_grid, text_attribution
from mmalign_core.encoders.text_input import token_places
from mmalign_core.types import BadInput
from tests.tiny_bert import save_bert, save_model
from tests.tiny_clip import CONFIGS, TOWERS, tower, towers


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return towers(tmp_path_factory.mktemp("towers"))


def pixels_of(size=64, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (size, size, 3), dtype=np.uint8)


def along(width=24, seed=1):
    return np.random.default_rng(seed).standard_normal(width)


# Attention as it is watched


@pytest.mark.parametrize("kind", TOWERS)
def test_a_watched_tower_gives_what_it_gives_unwatched(folders, kind):
    import torch

    model = tower(folders[kind], "image").loaded.model
    side = CONFIGS[kind]["vision_cfg"]["image_size"]
    pixels, ids = torch.randn(2, 3, side, side), tower(folders[kind], "text").loaded.tokenize(["a dog", "a brown dog"])
    for run, given, layers in ((model.encode_image, pixels, 1 if kind == "resnet" else 2), (model.encode_text, ids, 2)):
        with torch.no_grad():
            plain = run(given)
        seen, found = watch_attention(lambda run=run, given=given: run(given))
        torch.testing.assert_close(seen, plain, atol=1e-4, rtol=1e-4)
        assert len(found) == layers and all(torch.allclose(a.weights.sum(-1), torch.tensor(1.0)) for a in found)


def test_masked_and_grouped_attention_is_that_of_torch():
    import torch
    from torch.nn.functional import scaled_dot_product_attention as dot

    q, k, v = (torch.randn(2, heads, 5, 4) for heads in (4, 2, 2))
    shown = torch.ones(5, 5).tril().bool()
    for options in ({"is_causal": True}, {"attn_mask": shown}, {"attn_mask": torch.randn(5, 5)}, {"scale": 0.3}):
        asked = {**options, "enable_gqa": True}
        plain, (seen, layers) = dot(q, k, v, **asked), watch_attention(lambda asked=asked: dot(q, k, v, **asked))
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
        found = attention_attribution(lambda: dot(q, k, v)[:, 0, 0], direction, lambda keys: keys == 2, rule)
        np.testing.assert_allclose(found, wanted[rule], atol=1e-6)
    assert by_weight[0] > 0 > by_weight[1]


def test_a_model_without_attention_that_can_be_watched_says_so():
    import torch

    with pytest.raises(BadInput, match="no attention that can be recorded"):
        attention_attribution(lambda: torch.ones(1, 3, requires_grad=True), np.ones(3), lambda keys: True, "legrad")


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
    found = [picture_attribution(model, torch.randn(1, 3, side, side), d, rule).values for d in wanted]
    assert all(not np.delete(values, planted).any() for values in found) and any(values[planted] for values in found)


VARIANTS = (
    ({"pool_type": "avg"}, {}),
    ({"patch_dropout": 0.5}, {"no_causal_mask": True, "pool_type": "last"}),
    ({"attentional_pool": True, "attn_pooler_heads": 2, "attn_pooler_queries": 5}, {"embed_cls": True}),
    ({"timm_model_name": "test_vit", "image_size": 160, "timm_pool": "token", "timm_proj": "linear"}, {}),
    ({"timm_model_name": "test_convnext", "image_size": 160, "timm_pool": "avg", "timm_proj": "linear"}, {}),
)


@pytest.mark.parametrize(("vision", "text"), VARIANTS)
def test_towers_of_other_build_show_every_cell_and_token_or_say_that_they_cannot(vision, text):
    import torch

    config = deepcopy(CONFIGS["vit"])
    sizes = {"vision_cfg": {**config["vision_cfg"], **vision}, "text_cfg": {**config["text_cfg"], **text}}
    model = import_open_clip().CustomTextCLIP(embed_dim=24, **sizes).eval()
    grid, side = picture_grid(model), sizes["vision_cfg"]["image_size"]
    assert grid == {48: (3, 3), 160: (10, 10) if vision.get("timm_model_name") == "test_vit" else None}[side]
    ids = torch.tensor([[400, 3, 4, 5, 401, *[0] * 15]])
    for rule in RULES:
        if grid:
            found = picture_attribution(model, torch.randn(1, 3, side, side), along(), rule)
            assert len(found.values) == len(found.places) == grid[0] * grid[1]
            assert np.isfinite(found.values).all() and np.count_nonzero(found.values) > 1
        words = text_attribution(model, ids, along(), np.zeros((20, 2)), rule)
        assert words.values.shape == (20,) and np.isfinite(words.values).all()


@pytest.mark.parametrize("kind", ["vit", "custom"])
def test_only_words_that_are_read_get_relevance(folders, kind):
    made = tower(folders[kind], "text")
    text = "a brown dog, runs! over wet sand"
    found = made.attribution(text, along(), "attention")
    spans = [text[round(a) : round(b)] for a, b in found.places if b > a]
    assert "".join(spans).replace(" ", "") == text.replace(" ", "")
    assert np.isfinite(found.values).all() and (found.values[:3] != 0).any()


def test_texts_that_are_empty_or_longer_than_the_context(folders):
    made = tower(folders["vit"], "text")
    assert made.attribution("", along(), "legrad").places.max() == 0
    long = made.attribution("one two three of the red trains in sand " * 9, along(), "attention")
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
        found = made.attribution(text, along(made.dim), "grad-eclip")
        assert made.attends and [text[int(a) : int(b)] for a, b in found.places if b > a] == text.split()
        assert len(found.values) == len(found.places) == 6 + 2 * (prompts is not None)
        assert np.isfinite(found.values).all() and (found.values != 0).all()


def test_the_model_is_left_as_it_was_and_serves_others_meanwhile(folders):
    import torch

    made = tower(folders["vit"], "image")
    wanted = made.attribution(pixels_of(), along(), "attention").values
    vector = made.encode([made.from_view(pixels_of())]).vectors
    errors = []

    def explain():
        for _ in range(5):
            if not np.allclose(made.attribution(pixels_of(), along(), "attention").values, wanted, atol=1e-6):
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
