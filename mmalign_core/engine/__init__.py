"""Engines: how the media of a collection are run through an encoder."""

from mmalign_core.engine.local import EncodedBatch, encode_media
from mmalign_core.engine.sequences import SequenceBatch, encode_sequences

__all__ = ["EncodedBatch", "SequenceBatch", "encode_media", "encode_sequences"]
