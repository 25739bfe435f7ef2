"""The words that places of a run are described with: those of its texts and of its encoders' labels."""

from __future__ import annotations

from collections import Counter

from mmalign_core.encoders import is_known, reference_of
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import BadInput, EmbeddingSet, digest_bytes
from mmalign_core.types import Media as Text
from mmalign_core.workflow.align.run import Run
from mmalign_core.workflow.align.sequences import with_sequences
from mmalign_core.workflow.align.sets import prepared, text_encoder
from mmalign_core.workflow.encoded.encoding import encode_set, encoder
from mmalign_core.workflow.explaining.masking import run_encoder
from mmalign_core.workflow.explaining.words import common_words, tells, word_spans

MOST_OWN = 1500


def vocabulary(run: Run, *, store: Store, settings: Settings | None = None) -> EmbeddingSet:
    """Words placed in the run's space: `ids` are the words, `vectors` (c, k) their places.

    Encoded once and kept in the store. BadInput where the run has no text that an encoder of ours made.
    """
    run_encoder(run, "text")
    words = tuple(dict.fromkeys([*own_words(run), *_labels(run)]))
    media = [Text(word, "text", digest_bytes(word.encode()), text=word) for word in words]
    name = text_encoder(run.encoders)
    embedded, _, _ = encode_set(encoder(name, "text"), media, store=store, settings=settings)
    if not len(embedded):
        raise BadInput("this run has no words to describe places with")
    rows = prepared(run.aligner, embedded, name, store)
    if run.aligner.needs_sequences:
        rows = with_sequences(run.aligner.name, {"text": rows}, media, store=store, settings=settings)["text"]
    return EmbeddingSet("text", rows.ids, rows.keys, run.aligner.transform(rows), run.aligner.name)


def own_words(run: Run) -> list[str]:
    """The collection's most frequent words, without `common_words`."""
    texts = [m.text for m in run.collection.media if m.modality == "text" and m.text]
    holding: Counter[str] = Counter()
    for text in texts:
        holding.update({text[a:b].casefold() for a, b in word_spans(text[:10_000])})
    common = common_words(holding, len(texts))
    kept = ((word, count) for word, count in holding.items() if word not in common and tells(word))
    return [word for word, _ in sorted(kept, key=lambda row: (-row[1], row[0]))][:MOST_OWN]


def _labels(run: Run) -> list[str]:
    """Names of what this run's classifying encoders know."""
    known = {m: reference_of(source) for m, source in run.encoders.items() if is_known(reference_of(source))}
    return [label for modality, reference in known.items() for label in encoder(reference, modality).labels]
