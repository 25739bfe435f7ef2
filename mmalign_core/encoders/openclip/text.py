"""How much of a text a tokenizer with a limit reads."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def as_read(text: str, tokens: Callable[[str], np.ndarray]) -> str:
    """The shortest beginning of the text, in whole words, that has the same token ids (context,) as the whole."""
    wanted = tokens(text)

    def enough(length: int) -> bool:
        return np.array_equal(tokens(text[:length]), wanted)

    if not enough(len(text) - 1):
        return text
    low, high = 0, min(len(text), 2 * len(wanted))
    while high < len(text) and not enough(high):
        low, high = high, min(len(text), 2 * high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    rest = text[high:].split(maxsplit=1)
    whole = high if not rest or text[high].isspace() else high + len(rest[0])
    return text[:whole] if enough(whole) else text
