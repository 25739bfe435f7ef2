"""Relevance of the tokens of a text in models of sentence-transformers, by their attention."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmalign_core.encoders.relevance import WATCHED, Relevance, attention_relevance
from mmalign_core.encoders.texts.token_limit import TokenLimit


def sentence_attends(model: Any) -> bool:
    """Whether the model is a transformer whose attention can be watched."""
    first = next(iter(model))
    inner: Any = getattr(first, "model", None) or getattr(first, "auto_model", None)
    return getattr(getattr(inner, "config", None), "_attn_implementation", "") in WATCHED


def sentence_relevance(
    model: Any, text: str, direction: np.ndarray, rule: str, limit: TokenLimit, prompt: str | None = None
) -> Relevance:
    """Of one text: its tokens, those of the prompt before it and marks spanning nothing of it."""
    features = model.preprocess([text], prompt=prompt)
    features = {key: part.to(model.device) if hasattr(part, "to") else part for key, part in features.items()}
    length = features["input_ids"].shape[1]
    values = attention_relevance(
        lambda: model(features)["sentence_embedding"], direction, lambda keys: keys == length, rule
    )
    return Relevance(values, limit.places(text))
