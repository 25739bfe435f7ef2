"""Tiny dual encoders of transformers with random weights: CLIP, SigLIP and SigLIP 2, as the library saves them."""

from pathlib import Path
from typing import Any

from mmalign_core.encoders.torch_models.torch_companions import hide_broken_companions

hide_broken_companions()  # before anybody imports transformers

_WORDS = "<pad> <unk> <bos> <eos> a brown dog runs over wet sand two red trains stand in the station rain"
WORDS = _WORDS.split()
KINDS = ("clip", "siglip", "siglip2")
_TEXT = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2}


def save_dual(folder: Path, kind: str) -> Path:
    """A model of that kind with its processor."""
    import torch
    import transformers as hf

    names = {"clip": "CLIP", "siglip": "Siglip", "siglip2": "Siglip2"}
    text = {**_TEXT, "vocab_size": len(WORDS), "max_position_embeddings": 12, "pad_token_id": 0}
    text |= {"bos_token_id": 2, "eos_token_id": 3} | ({"projection_size": 32} if kind != "clip" else {})
    sizes = {"image_size": 32, "patch_size": 8} if kind != "siglip2" else {"patch_size": 8, "num_patches": 16}
    config = getattr(hf, f"{names[kind]}Config")(
        text_config=text, vision_config={**_TEXT, **sizes}, **({"projection_dim": 24} if kind == "clip" else {})
    )
    torch.manual_seed(0)
    model = getattr(hf, f"{names[kind]}Model")(config).eval()
    for name, weights in model.named_parameters():
        if weights.ndim > 1:  # fresh ones are so small that all media agree
            torch.nn.init.normal_(weights, std=0.5 if "embedding" in name else 1.5 * weights[0].numel() ** -0.5)
    model.save_pretrained(folder)
    _processor(hf, kind).save_pretrained(folder)
    return folder


def _processor(hf: Any, kind: str) -> Any:
    tokenizer = _tokenizer(hf)
    side = {"height": 32, "width": 32}
    if kind == "clip":
        pictures = hf.CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=side)
        return hf.CLIPProcessor(pictures, tokenizer)
    if kind == "siglip":
        return hf.SiglipProcessor(hf.SiglipImageProcessorPil(size=side), tokenizer)
    return hf.Siglip2Processor(hf.Siglip2ImageProcessorPil(patch_size=8, max_num_patches=16), tokenizer)


def _tokenizer(hf: Any) -> Any:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    made = Tokenizer(models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="<unk>"))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    ends = [("<bos>", 2), ("<eos>", 3)]
    made.post_processor = processors.TemplateProcessing(single="<bos> $A <eos>", special_tokens=ends)
    marks = {"pad_token": "<pad>", "unk_token": "<unk>", "bos_token": "<bos>", "eos_token": "<eos>"}
    return hf.PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=12, **marks)
