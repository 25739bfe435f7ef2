"""Words of a text in any script as character spans, and words that are too common to be descriptive."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

Span = tuple[int, int]

SHORTEST, FEW_TEXTS, COMMON = 2, 20, 0.3
"""Fewest letters of a word; fewest texts for counting shares; share of texts above which a word is common.
Chosen, not measured."""
_THINGS = {
    "bill",
    "bottom",
    "call",
    "cry",
    "empty",
    "fire",
    "front",
    "full",
    "mill",
    "mine",
    "side",
    "system",
    "thick",
    "thin",
    "top",
}
"""Function words in scikit-learn's list that nevertheless describe pictures and sounds."""

_JOINER = "\u200d"
_APOSTROPHES = "'’ʼ-‐"
"""Characters that belong to a word if they are inside it: don't, l’eau, well-known."""
_LEADING_VOWELS = range(0x0E40, 0x0E45), range(0x0EC0, 0x0EC5)
"""Thai and Lao vowels that are written before the consonant after which they are spoken."""
_UNSPACED = (
    range(0x0E00, 0x0F00),  # Thai, Lao
    range(0x1000, 0x10A0),  # Burmese
    range(0x1780, 0x1800),  # Khmer
    range(0x3040, 0x30A0),  # hiragana
    range(0x3400, 0x4DC0),  # Chinese characters
    range(0x4E00, 0xA000),
    range(0xF900, 0xFB00),
    range(0x20000, 0x31350),
)
"""Scripts without spaces: each character, with its marks, counts as a word. Katakana runs are one word."""
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)
_SKIN_TONES = range(0x1F3FB, 0x1F400)


def word_spans(text: str) -> list[Span]:
    """Return (start, end) of each word, in order, without spaces and punctuation. A text of only these is one span.

    Words are runs of letters, digits and their marks. In scripts without spaces they are single characters. Emoji stay
    whole with all joined characters. A simplification of Unicode's word boundaries (UAX 29) without a dictionary.
    """
    spans: list[Span] = []
    kinds = [_kind(character) for character in text]
    for place, kind in enumerate(kinds):
        if kind and spans and spans[-1][1] == place and _continues(text, kinds, spans[-1], place):
            spans[-1] = (spans[-1][0], place + 1)
        elif kind and kind not in ("mark", "inside"):
            spans.append((place, place + 1))
    return spans or ([(0, len(text))] if text else [])


def phrases(spans: Sequence[Span], most: int) -> list[Span]:
    """Return at most `most` spans: if there are more words, neighbours are joined evenly."""
    together = -(-len(spans) // most) if spans else 1
    groups = [spans[i : i + together] for i in range(0, len(spans), together)]
    return [(group[0][0], group[-1][1]) for group in groups]


def without(text: str, spans: Sequence[Span], keep: Sequence[bool]) -> str:
    """Return the text with only the kept words. A removed word takes the punctuation up to the next one with it.

    Text before the first word belongs to that word. Keeping all words gives the unchanged text.
    """
    if all(keep):
        return text
    starts = [0, *(start for start, _ in spans[1:])]
    ends = [*starts[1:], len(text)]
    return "".join(text[a:b] for a, b, kept in zip(starts, ends, keep) if kept).strip()


def is_descriptive(word: str) -> bool:
    """Whether the word is more than a symbol, a number or a single letter."""
    return (len(word) >= SHORTEST or not word.isascii()) and any(character.isalpha() for character in word)


def common_words(holding: Mapping[str, int], texts: int) -> frozenset[str]:
    """Return case-folded words that do not distinguish texts: English function words and, for at least FEW_TEXTS
    `texts`, words in more than COMMON of them. `holding`: word -> number of texts with it."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    many = {word for word, count in holding.items() if texts >= FEW_TEXTS and count > COMMON * texts}
    return (ENGLISH_STOP_WORDS - _THINGS) | many


def _kind(character: str) -> str:
    """Return letter, alone (a word by itself), emoji, mark (belongs to the one before), inside, or '' (a separator)."""
    code, category = ord(character), unicodedata.category(character)
    if character == _JOINER or category[0] == "M" or code in _SKIN_TONES:
        return "mark"
    if character in _APOSTROPHES:
        return "inside"
    if category[0] in "LN":
        return "alone" if any(code in script for script in _UNSPACED) else "letter"
    return "emoji" if category == "So" else ""


def _continues(text: str, kinds: list[str], span: Span, place: int) -> bool:
    """Whether the character at `place` continues the word that ends there."""
    kind, before, last = kinds[place], kinds[place - 1], text[place - 1]
    if kind == "mark":
        return True
    if kind == "inside":
        return before in ("letter", "mark") and kinds[place + 1 : place + 2] == ["letter"]
    if last == _JOINER and kind == "emoji":
        return True
    if kind == "emoji":
        flags = all(ord(c) in _FLAG_LETTERS for c in text[span[0] : place + 1])
        return flags and place - span[0] < 2
    if kind == "alone":
        return any(ord(last) in vowels for vowels in _LEADING_VOWELS)
    first = kinds[span[0]]
    return kind == "letter" and first == "letter" and before in ("letter", "mark", "inside")
