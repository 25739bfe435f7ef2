"""The language of each text of a collection, by n-grams and by which languages the collection holds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from threading import Lock
from typing import Any

import numpy as np

SURE = 0.9
"""Probability from which a text counts as of its language; our choice: of ten such texts one may be wrong."""
FEWEST = 20
"""Distinct texts from which languages are told; our choice: the names of ten kinds of sounds gave four languages."""
_ROUNDS = 20
"""Rounds in which the shares of the languages are estimated; our choice: they no longer change in the third digit."""
_lock = Lock()


def languages_of(texts: Sequence[str | None]) -> list[str]:
    """Return the language (ISO 639, of 139) of each text, "" where it cannot be told.

    The likelihood of a text is that of a naive Bayes over byte n-grams (Lui & Baldwin 2012, py3langid). The shares of
    the languages are estimated from all texts (expectation maximisation; Saerens et al. 2002), so that "a tree" among
    English texts is English. Texts without any known n-gram have none, nor have fewer than 20 distinct texts.
    """
    distinct = sorted({text for text in texts if text and text.strip()})
    if len(distinct) < FEWEST:
        return ["" for _ in texts]
    with _lock:
        names = sorted(name for name, _ in _identifier().rank(distinct[0]))
        scores = np.stack([_scores(text) for text in distinct])
    known = np.ptp(scores, axis=1) > 0
    found = dict.fromkeys(distinct, "")
    if known.any():
        posterior = _posterior(scores[known])
        told = [names[best] if row[best] >= SURE else "" for row, best in zip(posterior, posterior.argmax(axis=1))]
        found |= dict(zip((text for text, has in zip(distinct, known) if has), told, strict=True))
    return [found.get(text, "") if text else "" for text in texts]


def _scores(text: str) -> np.ndarray:
    """The log-likelihood (l,) of each language, in the order of their names."""
    return np.array([score for _, score in sorted(_identifier().rank(text))])


def _posterior(scores: np.ndarray) -> np.ndarray:
    """The probability (n, l) of each language, from log-likelihoods (n, l), with the shares that fit all texts best."""
    likelihood = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares = np.full(scores.shape[1], 1 / scores.shape[1])
    for _ in range(_ROUNDS):
        posterior = likelihood * shares
        posterior /= posterior.sum(axis=1, keepdims=True)
        shares = posterior.mean(axis=0)
    return posterior


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE)
