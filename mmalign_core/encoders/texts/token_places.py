"""Which characters of a text each token stands for, whatever the tokenizer tells of that."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

_PIECE = re.compile(r"\w+|[^\w\s]+")


def token_places(text: str, tokens: Callable[[str], np.ndarray]) -> np.ndarray:
    """(t, 2) characters (start, end) of each of the ids (t,) that `tokens` makes of a text; marks and padding span 0.

    Asks nothing of the tokenizer but that a text cut after a word, or before a sign, has the ids that the whole begins
    with. Tokens of one run of letters share its characters in order.
    """
    whole, empty = tokens(text), tokens("")
    first = min(_shared(whole, empty), len(whole))
    places, done = np.zeros((len(whole), 2)), 0
    end = _content_end(whole, empty, first)
    pieces = [match.span() for match in _PIECE.finditer(text)]
    for number, (start, stop) in enumerate(pieces):
        last = number + 1 == len(pieces)
        reached = end if last else min(end, max(first + done, _shared(whole, tokens(text[:stop]))))
        count = reached - first - done
        edges = np.linspace(start, stop, count + 1)
        places[first + done : reached] = np.stack([edges[:-1], edges[1:]], axis=1)
        done += max(count, 0)
    return places


def _shared(a: np.ndarray, b: np.ndarray) -> int:
    """How many ids both begin with."""
    short = min(len(a), len(b))
    differ = np.flatnonzero(a[:short] != b[:short])
    return int(differ[0]) if len(differ) else short


def _content_end(whole: np.ndarray, empty: np.ndarray, first: int) -> int:
    """Place behind the last id that is neither padding nor one of the marks that end an empty text."""
    padding = empty[-1]
    kept = np.flatnonzero(whole != padding)
    stop = int(kept[-1]) + 1 if len(kept) else 0
    marks = [x for x in empty[first:] if x != padding]
    for mark in reversed(marks):
        stop -= int(stop > first and whole[stop - 1] == mark)
    return max(stop, first)
