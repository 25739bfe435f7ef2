"""Words and metadata that the items of a history have in common more often than the collection."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from mmalign_core.explain.words import common_words, is_descriptive, word_spans
from mmalign_core.language import LanguageModel
from mmalign_core.recommend.sentences.interests import Interests, interests_of
from mmalign_core.types import BadInput, Collection, Progress, no_progress
from mmalign_core.wording import say
from mmalign_core.workflow.recommendation.sentences import Sentence, worded

BACKGROUND = 2000
"""Most items that a history is compared with, evenly spread. Our choice: a share is then known to about 1%."""
_READ = 2000
"""Characters of a text that are used. Our choice: about 300 words."""


def interests(
    collection: Collection,
    history: Sequence[str],
    model: LanguageModel | None = None,
    *,
    progress: Progress = no_progress,
) -> Sentence:
    """Return what the items of a history have in common, in one sentence with counts. A `model` may reword it.

    Words are those of the items' texts and the values of their metadata (split at | , ;), compared with the collection.
    """
    found = interests_found(collection, history)
    return worded(found.sentence, found.claims, model if found.words else None, progress)


def interests_found(collection: Collection, history: Sequence[str]) -> Interests:
    """Return the significant words of these items, with counts. BadInput names an item that does not exist."""
    unknown = [item for item in history if item not in collection.items.index]
    if unknown:
        raise BadInput(say("no item '{unknown}' in '{name}'", unknown=unknown[0], name=collection.name))
    step = -(-len(collection.ids) // BACKGROUND) or 1
    compared = {*history, *collection.ids[::step]}
    words = _words(collection, compared)
    background = {item: words[item] for item in collection.ids[::step]}
    return interests_of(background, [words[item] for item in dict.fromkeys(history)])


def _words(collection: Collection, items: set[str]) -> dict[str, set[str]]:
    """Return item -> the less common words of its texts and the values of its metadata, case folded."""
    found: dict[str, set[str]] = {item: set() for item in items}
    for medium in collection.media_of("text"):
        if medium.item in items and medium.text:
            spans = (medium.text[a:b] for a, b in word_spans(medium.text[:_READ]))
            found[medium.item] |= {word.casefold() for word in spans if is_descriptive(word)}
    texts = [words for words in found.values() if words]
    common = common_words(Counter(word for words in texts for word in words), len(texts))
    found = {item: words - common for item, words in found.items()}
    rows = collection.items.loc[list(items)]
    for column in rows.columns:
        for item, value in rows[column].items():
            found[str(item)] |= _values(value)
    return found


def _values(value: Any) -> set[str]:
    """Return the values listed in a metadata cell, if it is text."""
    parts = re.split(r"[|,;]", value) if isinstance(value, str) else []
    return {part.strip().casefold() for part in parts if is_descriptive(part.strip()) and len(part.strip()) <= 40}
