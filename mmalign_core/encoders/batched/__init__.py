"""Encoding of media in batches, with the store as a cache so that each medium is encoded once."""

from mmalign_core.encoders.batched.batches import EncodedBatch, SequenceBatch, encode_media, encode_sequences

__all__ = ["EncodedBatch", "SequenceBatch", "encode_media", "encode_sequences"]
