"""Vectors in .npy and .npz files, and the ids, manifest or media that say which item each row belongs to."""

from mmalign_core.data.arrays.groups import ArrayGroup, attach_vectors, find_arrays
from mmalign_core.data.arrays.sharded_arrays import stacked_arrays

__all__ = ["ArrayGroup", "attach_vectors", "find_arrays", "stacked_arrays"]
