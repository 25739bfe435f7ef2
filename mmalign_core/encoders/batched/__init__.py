"""Media run through an encoder in batches, and kept in the store so that each is encoded once."""

from mmalign_core.encoders.batched.sequences import SequenceBatch, encode_sequences
from mmalign_core.encoders.batched.vectors import EncodedBatch, encode_media

__all__ = ["EncodedBatch", "SequenceBatch", "encode_media", "encode_sequences"]
