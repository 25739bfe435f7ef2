"""Media run through an encoder in batches, and kept in the store so that each is encoded once."""

from mmalign_core.encoders.batched.batches import EncodedBatch, SequenceBatch, encode_media, encode_sequences

__all__ = ["EncodedBatch", "SequenceBatch", "encode_media", "encode_sequences"]
