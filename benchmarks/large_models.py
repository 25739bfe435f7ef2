"""Large models at their published sizes with random weights, saved as each library saves them: no hub is asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mmalign_core.encoders.openclip.sources import import_open_clip
from mmalign_core.encoders.torch_models.torch_companions import hide_broken_companions

BERTS: dict[str, dict[str, Any]] = {
    "MiniLM-L6": {"hidden_size": 384, "num_hidden_layers": 6, "intermediate_size": 1536},
    "BERT-base": {"hidden_size": 768, "num_hidden_layers": 12, "intermediate_size": 3072},
}
"""Sizes of all-MiniLM-L6-v2 and of BERT-base; both have 12 heads and 30,522 words."""
_MARKS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def saved_clip(folder: Path, name: str) -> Path:
    """The architecture of that name in open_clip, as `save_config_for_hf` and safetensors keep it."""
    open_clip = import_open_clip()
    from open_clip.push_to_hf_hub import save_config_for_hf
    from safetensors.torch import save_model

    folder.mkdir(parents=True)
    model = open_clip.create_model(name, pretrained=None)
    size = model.visual.image_size
    size = size[0] if isinstance(size, tuple) else size
    open_clip.set_model_preprocess_cfg(model, asdict(open_clip.transform.PreprocessCfg(size=size)))
    save_config_for_hf(model, str(folder / "open_clip_config.json"), open_clip.get_model_config(name))
    save_model(model, str(folder / "open_clip_model.safetensors"))
    return folder


def saved_clap(folder: Path, texts: Sequence[str]) -> Path:
    """HTSAT-tiny and RoBERTa-base as in laion/clap-htsat-unfused; the tokenizer is trained on these texts."""
    _no_bars()
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel, PreTrainedTokenizerFast

    made = Tokenizer(models.BPE(unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer: Any = trainers.BpeTrainer
    marks = ["<s>", "<pad>", "</s>", "<unk>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(texts, trainer(vocab_size=50_265, special_tokens=marks, initial_alphabet=alphabet))
    made.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    names = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=512, **names).save_pretrained(folder)
    ClapModel(ClapConfig()).save_pretrained(folder)
    ClapFeatureExtractor(truncation="rand_trunc").save_pretrained(folder)
    return folder


def saved_bert(folder: Path, name: str, texts: Sequence[str]) -> Path:
    """One of `BERTS` with a mean over tokens, scaled to unit length; its words are those of these texts."""
    _no_bars()
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, Pooling, Transformer  # pyright: ignore[reportMissingImports]
    from tokenizers import BertWordPieceTokenizer
    from transformers import (
        BertConfig,
        BertModel,
        BertTokenizerFast,  # pyright: ignore[reportAttributeAccessIssue]
    )

    words: Any = BertWordPieceTokenizer()
    words.train_from_iterator(texts, vocab_size=30_522, special_tokens=_MARKS)
    bert = folder / "bert"
    tokenizer = BertTokenizerFast(vocab=json.loads(words.to_str())["model"]["vocab"], model_max_length=512)
    tokenizer.save_pretrained(bert)
    BertModel(BertConfig(num_attention_heads=12, **BERTS[name])).save_pretrained(bert)
    transformer: Any = Transformer(str(bert), max_seq_length=256)
    width = BERTS[name]["hidden_size"]
    SentenceTransformer(modules=[transformer, Pooling(width), Normalize()], device="cpu").save(str(folder / "model"))
    return folder / "model"


def _no_bars() -> None:
    """transformers imports, and saves in silence."""
    hide_broken_companions()
    from transformers.utils import logging

    logging.disable_progress_bar()
