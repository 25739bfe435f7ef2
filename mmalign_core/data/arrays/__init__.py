"""Vectors of .npy and .npz files that lie beside ids, a manifest or media."""

from mmalign_core.data.arrays.attached import Beside, attach, find_beside
from mmalign_core.data.arrays.vector_names import vectors_of

__all__ = ["Beside", "attach", "find_beside", "vectors_of"]
