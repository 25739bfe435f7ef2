"""A tiny static model with random vectors, saved as model2vec saves it."""

from pathlib import Path

import numpy as np

_WORDS = "a dog brown runs over wet sand rain falls on the roof train station red two birds sing zwei züge"
WORDS = tuple(_WORDS.split())


def save_static(folder: Path, *, normalize: bool = True, most: int = 12, dims: int = 16) -> Path:
    """A model of some words, which reads `most` tokens."""
    from model2vec import StaticModel
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    vocabulary = {word: place for place, word in enumerate(("[UNK]", *dict.fromkeys(WORDS), ".", "猫"))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    vectors = np.random.default_rng(0).standard_normal((len(vocabulary), dims)).astype(np.float32)
    StaticModel(vectors, tokenizer, normalize=normalize, max_length=most).save_pretrained(folder)
    return folder
