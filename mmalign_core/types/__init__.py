"""Shared types: collections, embeddings, alignments, matches. They are frozen, and their arrays are read-only."""

from mmalign_core.types.basics import (
    MODALITIES,
    BadInput,
    Cancelled,
    Progress,
    digest_bytes,
    digest_file,
    digest_stream,
    frozen_array,
    no_progress,
)
from mmalign_core.types.collection import Collection
from mmalign_core.types.digests import arrow_texts, digest_frame, digest_json
from mmalign_core.types.embeddings import Concepts, EmbeddingSet, Pivots
from mmalign_core.types.media import Media, MediaTable
from mmalign_core.types.results import AlignmentResult, Matches, Recommendation
from mmalign_core.types.sequences import Sequences, as_sequences, gathered
from mmalign_core.types.skips import Skipped
from mmalign_core.types.strings import Strings

__all__ = [
    "MODALITIES",
    "AlignmentResult",
    "BadInput",
    "Cancelled",
    "Collection",
    "Concepts",
    "EmbeddingSet",
    "Matches",
    "Media",
    "MediaTable",
    "Pivots",
    "Progress",
    "Recommendation",
    "Sequences",
    "Skipped",
    "Strings",
    "arrow_texts",
    "as_sequences",
    "digest_bytes",
    "digest_file",
    "digest_frame",
    "digest_json",
    "digest_stream",
    "frozen_array",
    "gathered",
    "no_progress",
]
