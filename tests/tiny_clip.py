"""Tiny OpenCLIP models with random weights, saved as the library saves them: ViT, ResNet, and one with other words."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mmalign_core.encoders import create_encoder
from mmalign_core.encoders.openclip.sources import import_open_clip
from mmalign_core.types import Media

TEXT = {"context_length": 20, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2}
TEXTS = (
    "a brown dog runs over wet sand",
    "trains",
    "Zwei Züge stehen!",
    "one two three of the red trains in sand " * 9,
)
CONFIGS: dict[str, dict[str, Any]] = {
    "vit": {
        "embed_dim": 24,
        "vision_cfg": {"image_size": 48, "layers": 2, "width": 32, "head_width": 16, "patch_size": 16},
        "text_cfg": TEXT,
    },
    "resnet": {
        "embed_dim": 24,
        "vision_cfg": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 8, "head_width": 32, "patch_size": None},
        "text_cfg": TEXT,
    },
    "custom": {
        "embed_dim": 24,
        "custom_text": True,
        "vision_cfg": {"image_size": 48, "layers": 2, "width": 32, "head_width": 16, "patch_size": 16},
        "text_cfg": {**TEXT, "vocab_size": 64, "hf_tokenizer_name": "somewhere/else"},
    },
    "towers": {
        "embed_dim": 24,
        "vision_cfg": {"timm_model_name": "test_vit", "image_size": 160, "timm_pool": "token", "timm_proj": "linear"},
        "text_cfg": {
            "context_length": 20,
            "hf_model_name": "somewhere/bert",
            "hf_tokenizer_name": "somewhere/bert",
            "hf_proj_type": "mlp",
            "hf_pooler_type": "mean_pooler",
        },
    },
}
PREPROCESSING = {
    "vit": {},
    "resnet": {},
    "towers": {},
    "custom": {"resize_mode": "squash", "interpolation": "bilinear"},
}


TOWERS = ("vit", "resnet", "custom")
"""Kinds of picture towers that open_clip writes itself or takes from timm."""


def saved(folder: Path, kind: str = "vit", seed: int = 0, pickled: bool = False) -> Path:
    """The folder with open_clip_config.json and the weights, and a tokenizer where the architecture names one."""
    open_clip = import_open_clip()
    import torch
    from open_clip.push_to_hf_hub import save_config_for_hf, save_for_hf
    from safetensors.torch import save_file

    torch.manual_seed(seed)
    config = deepcopy(CONFIGS[kind])
    folder.mkdir(parents=True, exist_ok=True)
    sizes = {key: value for key, value in deepcopy(config).items() if key != "custom_text"}
    if "hf_model_name" in config["text_cfg"]:
        sizes["text_cfg"] |= {"hf_model_name": str(bert(folder)), "hf_model_pretrained": False}
    custom = config.get("custom_text") or "hf_model_name" in config["text_cfg"]
    model = (open_clip.CustomTextCLIP if custom else open_clip.CLIP)(**sizes)
    _spread(model)
    defaults = open_clip.transform.PreprocessCfg(size=config["vision_cfg"]["image_size"])
    open_clip.set_model_preprocess_cfg(model, {**asdict(defaults), **PREPROCESSING[kind]})
    if config["text_cfg"].get("hf_tokenizer_name"):
        save_for_hf(model, _tokenizer(folder), config, str(folder), safe_serialization=not pickled)
    else:
        save_config_for_hf(model, folder / "open_clip_config.json", config)
        if pickled:
            torch.save(model.state_dict(), folder / "open_clip_pytorch_model.bin")
        else:
            save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    return folder


def bert(folder: Path) -> Path:
    """Settings of a tiny BERT, as transformers saves them."""
    from transformers import BertConfig

    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    BertConfig(vocab_size=64, pad_token_id=0, max_position_embeddings=32, **sizes).save_pretrained(folder)
    return folder


def towers(root: Path) -> dict[str, Path]:
    """Kind -> the folder of a model whose picture tower is of that kind."""
    return {kind: saved(root / kind, kind) for kind in TOWERS}


def tower(folder: Path, modality: str) -> Any:
    """One tower of the model saved there."""
    return create_encoder(f"open-clip:local-dir:{folder}", modality)


def image_media(paths: Sequence[Path]) -> list[Media]:
    """The pictures as media."""
    return [Media(str(i), "image", str(i), path=str(path)) for i, path in enumerate(paths)]


def text_media(texts: Sequence[str]) -> list[Media]:
    """The texts as media."""
    return [Media(str(i), "text", str(i), text=text) for i, text in enumerate(texts)]


def mixed_pictures(folder: Path) -> list[Path]:
    """Of several shapes and formats: wide, tall, square, smaller than the model reads, grey, JPEG."""
    rng, paths = np.random.default_rng(0), []
    for number, (width, height) in enumerate([(320, 200), (90, 250), (128, 128), (30, 20), (64, 48)]):
        across = np.linspace(0, 255, width)[None, :, None] * rng.random(3)
        pixels = (across + rng.integers(0, 60, (height, width, 3))).clip(0, 255).astype(np.uint8)
        image = Image.fromarray(pixels[..., 0] if number == 4 else pixels)
        paths.append(folder / f"{number}.{'jpg' if number % 2 else 'png'}")
        image.save(paths[-1])
    return paths


def library(folder: Path, paths: Sequence[Path], texts: Sequence[str]) -> list[np.ndarray]:
    """Unit vectors of pictures and texts by the example of open_clip's own README, on a folder."""
    import torch

    open_clip = import_open_clip()
    model, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{folder}")
    model.eval()
    tokenizer = open_clip.get_tokenizer(f"local-dir:{folder}")
    with torch.no_grad():
        images = model.encode_image(torch.stack([preprocess(Image.open(path)) for path in paths]))
        words = model.encode_text(tokenizer(list(texts)))
    return [(x / x.norm(dim=-1, keepdim=True)).numpy() for x in (images, words)]


def _spread(model: Any) -> None:
    """Fresh weights are so small that all vectors agree; wider ones, and steps whose ends are not zero, tell apart."""
    import torch

    for name, weights in model.named_parameters():
        if weights.ndim > 1:
            torch.nn.init.normal_(weights, std=0.3 if "embedding" in name else 1.5 * weights[0].numel() ** -0.5)
        elif name.endswith("bn3.weight"):
            torch.nn.init.ones_(weights)


def _tokenizer(folder: Path) -> Any:
    """A word tokenizer of transformers, in open_clip's wrapper."""
    open_clip = import_open_clip()
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    words = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "dog", "brown", "runs", "over", "wet", "sand", "trains", "one")
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    marks = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **marks).save_pretrained(folder)
    return open_clip.tokenizer.HFTokenizer(str(folder), context_length=TEXT["context_length"])
