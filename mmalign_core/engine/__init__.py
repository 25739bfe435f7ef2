"""Engines: how the media of a collection are run through an encoder."""

from mmalign_core.engine.local import EncodedBatch, encode_media

__all__ = ["EncodedBatch", "encode_media"]
