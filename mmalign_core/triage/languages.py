"""Languages of texts (py3langid, 139 languages): which one each text is in, and how much it looks like an unread one.

Chosen among the detectors that need no download: py3langid loads in 0.7 s, takes 4.5 MB on disk and 0.3 ms a text.
Lingua takes 96 MB on disk, 1.1 GB of memory and 30 times as long for the same answers; the last release of langdetect
is of 2021.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from threading import Lock
from typing import Any

import numpy as np

_REMEMBERED = 100_000
"""Texts whose language is kept in memory; our choice: a few megabytes."""
SURE = 0.9
"""Probability from which a text counts as of its language; our choice: of ten such texts one may be wrong."""
FEWEST = 20
"""Distinct texts from which languages are told; our choice: the names of ten kinds of sounds gave four languages."""
_ROUNDS = 20
"""Rounds in which the shares of the languages are estimated; our choice: they no longer change in the third digit."""
_lock = Lock()


def language_scores(text: str) -> dict[str, float]:
    """Language (ISO 639) -> the log-likelihood of the text in it, in nats, up to a constant. Safe in threads."""
    with _lock:
        return dict(_identifier().rank(text))


@lru_cache(maxsize=_REMEMBERED)
def unread_language(text: str, read: tuple[str, ...]) -> tuple[str, float]:
    """The likeliest language (ISO 639) that is not among `read`, and its log-odds against the likeliest that is.

    The odds, in nats, are those of a naive Bayes over byte n-grams with even priors (Lui & Baldwin 2012, langid.py).
    ("", 0.0) if `read` is empty, or the detector does not know one of these languages: then nothing can be said.
    """
    if not read:
        return "", 0.0
    scores = language_scores(text)
    if not set(read) <= scores.keys():
        return "", 0.0
    best = max((language for language in scores if language not in read), key=lambda language: scores[language])
    return best, scores[best] - max(scores[language] for language in read)


def languages_of(texts: Sequence[str | None]) -> list[str]:
    """Return the language (ISO 639, of 139) of each text, "" where it cannot be told.

    The likelihood of a text is that of a naive Bayes over byte n-grams (Lui & Baldwin 2012, py3langid). The shares of
    the languages are estimated from all texts (expectation maximisation; Saerens et al. 2002), so that "a tree" among
    English texts is English. Texts without any known n-gram have none, nor have fewer than 20 distinct texts.
    """
    distinct = sorted({text for text in texts if text and text.strip()})
    if len(distinct) < FEWEST:
        return ["" for _ in texts]
    names = sorted(language_scores(distinct[0]))
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
    return np.array([score for _, score in sorted(language_scores(text).items())])


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
