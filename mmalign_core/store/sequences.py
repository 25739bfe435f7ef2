"""The sequence cache: one small file per encoder key and content digest, an .npy array followed by its checksum.

Files are written to a temporary folder and renamed, so that each exists whole or not at all. A file that was
overwritten or cut short is logged and counts as absent, so that its sequence is computed again.
"""

from __future__ import annotations

import io
import logging
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from mmalign_core.store.errors import make_folder, writing
from mmalign_core.store.folders import key_name, remove_folder
from mmalign_core.store.parts import PART, new_folder, remove_parts
from mmalign_core.types import BadInput, digest_bytes
from mmalign_core.types.sequences import Sequences, gathered

SUFFIX = ".npy"
_CHECKSUM = 32
"""Characters of the checksum at the end of a file: the digest of all bytes before."""
_FILE = rf"(\w\w?/|\.batch\.[0-9a-f]{{8}}{re.escape(PART)}/)\w{{1,64}}{re.escape(SUFFIX)}"
"""Pattern of the files below an encoder's folder: in a folder of two characters, or in an unfinished batch."""
_STEP = np.dtype("<f2")

_log = logging.getLogger(__name__)


class SequenceCache:
    """Sequences (t, d) float16 under `folder`. Safe to share between threads and processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def shapes(self, encoder_key: str, digests: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Digest -> shape (t, d) of the stored sequences. Damaged files are logged and left out."""
        shapes = {}
        for digest in dict.fromkeys(digests):
            path = self._path(encoder_key, digest)
            try:
                shapes[digest] = _read(path).shape
            except FileNotFoundError:
                continue
            except (OSError, ValueError) as error:
                _log.warning("'%s' is damaged (%s); it is computed again", path, error)
        return shapes

    def load(self, encoder_key: str, digests: Sequence[str], shapes: Mapping[str, tuple[int, int]]) -> Sequences:
        """The sequences of the digests, in order, repeated ones included. `shapes`: the result of `shapes`.

        Raises BadInput if one is absent, damaged or of another shape.
        """
        absent = [digest for digest in digests if digest not in shapes]
        if absent:
            raise BadInput(f"the sequence of '{absent[0]}' by '{encoder_key}' is not stored; run again to compute it")
        lengths = np.array([shapes[digest][0] for digest in digests], np.int64)
        width = next((shapes[digest][1] for digest in digests), 0)
        return gathered((self._read(encoder_key, digest, shapes[digest]) for digest in digests), lengths, width)

    def add(self, encoder_key: str, batch: Mapping[str, np.ndarray]) -> None:
        """Store a batch: digest -> sequence (t, d), finite, t at least 1. Existing files are replaced."""
        files = {self._path(encoder_key, digest): _bytes(digest, steps) for digest, steps in batch.items()}
        if not files:
            return
        with writing(self.folder):
            folder = make_folder(self.folder / key_name(encoder_key))
            remove_parts(folder)
            with new_folder(folder / "batch") as part:
                for path, content in files.items():
                    (part / path.name).write_bytes(content)
                    make_folder(path.parent)
                    os.replace(part / path.name, path)  # not flushed: readers check the content

    def remove(self, encoder_key: str) -> None:
        """Delete all sequences of this encoder. Raises BadInput, deleting nothing, if the folder holds another file."""
        folder = self.folder / key_name(encoder_key)
        if not folder.is_dir():
            return
        files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())
        if foreign := next((name for name in files if not re.fullmatch(_FILE, name)), None):
            raise BadInput(f"'{folder}' is not deleted: '{foreign}' is no sequence; move it away")
        remove_folder(folder)

    def _read(self, encoder_key: str, digest: str, shape: tuple[int, int]) -> np.ndarray:
        path = self._path(encoder_key, digest)
        try:
            steps = _read(path)
            if steps.shape != shape:
                raise ValueError(f"its shape is {steps.shape}, not {shape}")
        except (OSError, ValueError) as error:
            raise BadInput(f"the sequence '{path}' cannot be read ({error}); run again to compute it") from error
        return steps

    def _path(self, encoder_key: str, digest: str) -> Path:
        if not re.fullmatch(r"\w{1,64}", digest):
            raise BadInput(f"'{digest[:80]}' is no digest of a medium")
        return self.folder / key_name(encoder_key) / digest[:2] / f"{digest}{SUFFIX}"


def _bytes(digest: str, steps: np.ndarray) -> bytes:
    steps = np.ascontiguousarray(steps, _STEP)
    if steps.ndim != 2 or not len(steps) or not np.isfinite(steps).all():
        raise BadInput(f"the sequence of '{digest}' (shape {steps.shape}) is empty or not finite; it is not stored")
    written = io.BytesIO()
    np.lib.format.write_array(written, steps, allow_pickle=False)
    content = written.getvalue()
    return content + digest_bytes(content).encode()


def _read(path: Path) -> np.ndarray:
    """The array in the file. Raises ValueError if it differs from its checksum or is not (t, d) float16."""
    content = path.read_bytes()
    if digest_bytes(content[:-_CHECKSUM]).encode() != content[-_CHECKSUM:]:
        raise ValueError("it differs from its checksum")
    steps = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    if steps.ndim != 2 or steps.dtype != _STEP:
        raise ValueError(f"it holds {steps.dtype} of shape {steps.shape}")
    return steps
