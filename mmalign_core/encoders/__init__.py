"""Encoders: one file each turns texts, pictures or sounds into vectors (and concepts, where it classifies)."""

from mmalign_core.encoders.base import ENCODERS, Encoded, Encoder, register

__all__ = ["ENCODERS", "Encoded", "Encoder", "register"]
