"""What texts say: how many bits of information their words carry within a collection, and words that say nothing."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from mmalign_core.data.duplicates import normalised_text

_EMPTY = """
a an the of this that one some thing something anything stuff item object untitled unknown none null nan na test sample
example default new file img dsc dscn pic pics picture pictures photo photos photograph image images sound sounds audio
noise recording clip video film movie track text title description caption
jpg jpeg png gif webp tif tiff heic wav mp3 flac ogg mp4 mov txt copy
foto fotos bild bilder imagen imágenes imagem imagens immagine immagini afbeelding zdjęcie obraz фото изображение
картинка resim 写真 画像 图片 照片 圖片 사진 그림 صورة photographie une un uma una ein eine het een el la le der die das
cosa etwas chose coisa sans titre sin título ohne titel senza titolo
"""
EMPTY_WORDS = frozenset(_EMPTY.split())
"""Words that name a kind of medium or nothing, in the languages that the embedded text encoder reads. Our choice."""
_LONE = 2
"""Letters that a text needs to say anything, outside of scripts whose letters are words. Our choice."""
_WORD_SCRIPTS = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL")
"""How Unicode names the letters of scripts in which one or two letters may be a word."""


@dataclass(frozen=True)
class Saying:
    """What one text says: `words` (distinct), `bits` of information that they carry, `others` that say the same."""

    words: tuple[str, ...]
    bits: float
    others: int

    @property
    def empty(self) -> bool:
        """Whether the text says nothing of its item: it names only a kind of medium ("image"), or holds no word."""
        return all(word in EMPTY_WORDS or not _is_word(word) for word in self.words)


def sayings(texts: Iterable[str]) -> tuple[Mapping[str, Saying], float]:
    """Text -> what it says within these texts, and the median of the bits over all different texts.

    A word carries -log2 of the share of different texts that hold it (inverse document frequency, Spärck Jones 1972).
    Texts differ if they do without case and punctuation; `others` are the repetitions beyond the first.
    """
    listed = list(texts)
    normal = {text: normalised_text(text) for text in listed}
    held = Counter(normal[text] for text in listed)
    words = {said: tuple(dict.fromkeys(said.split())) for said in held}
    frequency = Counter(word for own in words.values() for word in own)
    bits = {said: float(sum(np.log2(len(held) / frequency[word]) for word in own)) for said, own in words.items()}
    found = {text: Saying(words[said], bits[said], held[said] - 1) for text, said in normal.items()}
    return found, float(np.median(list(bits.values()))) if bits else 0.0


def _is_word(word: str) -> bool:
    """Whether it may mean something: letters enough, or one of a script whose letters are words, or a symbol."""
    if not any(character.isalnum() for character in word):
        return any(unicodedata.category(character) == "So" for character in word)
    if any(unicodedata.name(character, "").startswith(_WORD_SCRIPTS) for character in word):
        return True
    return sum(character.isalpha() for character in word) >= _LONE
