"""Which modality the name of an array or a column says its vectors are of."""

from __future__ import annotations

import re

_WORDS = {
    "text": "text",
    "txt": "text",
    "caption": "text",
    "image": "image",
    "img": "image",
    "picture": "image",
    "photo": "image",
    "audio": "audio",
    "sound": "audio",
    "video": "video",
}
_KIND = "vector|embedding|embed|emb|feature|feat"
_NAME = re.compile(rf"({'|'.join(_WORDS)})s?(?:[-_. ]?(?:{_KIND})s?)?|(?:{_KIND})s?[-_. ]({'|'.join(_WORDS)})s?")
VECTOR_NAMES = ("vector", "vectors", "embedding", "embeddings", "emb", "embs", "features", "feature")
"""Names that say a column holds vectors but not of what."""
ID_NAMES = ("ids", "id", "item_ids", "item_id", "keys", "names")


def vectors_of(name: str) -> str | None:
    """The modality of vectors called `name`: image for 'image', 'image_vector', 'img_emb' or 'features_image'.

    None if the name says nothing of the kind ('features_clip').
    """
    found = _NAME.fullmatch(name.strip().lower())
    return _WORDS[found[1] or found[2]] if found else None
