"""Encoding of media in batches, with the store as a cache so that each medium is encoded once."""

from mmalign_core.encoders.batched.sequences import SequenceBatch, encode_sequences
from mmalign_core.encoders.batched.vectors import EncodedBatch, encode_media

__all__ = ["EncodedBatch", "SequenceBatch", "encode_media", "encode_sequences"]
