"""Arrays that are saved in parts, as programs that encode shard by shard write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from mmalign_core.data.arrays.groups import ArrayGroup
from mmalign_core.data.arrays.numpy_files import check_vectors, map_npy
from mmalign_core.data.names import shown
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput


def stacked_arrays(names: Mapping[str, Sequence[str]], path: Callable[[str], Path], settings: Settings) -> ArrayGroup:
    """The group of arrays that are saved in parts: modality -> the names of its .npy files, one after the other.

    Raises BadInput if one cannot be read, is not (n, d), or the parts have several widths.
    """
    group = ArrayGroup()
    for modality, parts in names.items():
        arrays = [check_vectors(map_npy(path(name), name, settings), f"'{shown(name)}'") for name in parts]
        if len({array.shape[1] for array in arrays}) > 1:
            raise BadInput(f"'{shown(parts[0])}' and the arrays beside it have vectors of several widths; mend them")
        group.vectors[modality] = arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
        group.names[modality] = parts[0]
    return group
