"""The sequence cache: one small file per encoder key and content digest, an .npy array followed by its checksum.

A batch is written aside and each file renamed into place, so that a process killed at any moment has kept a file whole
or not at all. A file that was overwritten or cut short is reported in the log and counts as absent: it is made anew.
"""

from __future__ import annotations

import io
import logging
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from mmalign_core.store.errors import make_folder, writing
from mmalign_core.store.folders import clear_abandoned, key_name, part_of, remove_folder
from mmalign_core.types import BadInput, digest_bytes
from mmalign_core.types.sequences import Sequences, gathered

SUFFIX = ".npy"
_CHECKSUM = 32
"""Characters at the end of a file: the digest of all bytes before."""
_STEP = np.dtype("<f2")

_log = logging.getLogger(__name__)


class SequenceCache:
    """Sequences (t, d) float16 under `folder`. Safe to share between threads and processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def shapes(self, encoder_key: str, digests: Sequence[str]) -> dict[str, tuple[int, int]]:
        """(t, d) of those that are kept whole, by digest; what is damaged is named in the log and left out."""
        found = {}
        for digest in dict.fromkeys(digests):
            path = self._path(encoder_key, digest)
            try:
                found[digest] = _read(path).shape
            except FileNotFoundError:
                continue
            except (OSError, ValueError) as error:
                _log.warning("'%s' is damaged (%s); it is made anew", path, error)
        return found

    def load(self, encoder_key: str, digests: Sequence[str], shapes: Mapping[str, tuple[int, int]]) -> Sequences:
        """The sequences of these digests (repeated ones each answered), in order, of the shapes that `shapes` told.

        BadInput if one is not kept any more.
        """
        absent = [digest for digest in digests if digest not in shapes]
        if absent:
            raise BadInput(f"the sequence of '{absent[0]}' by '{encoder_key}' is not kept; run again, it is made anew")
        lengths = np.array([shapes[digest][0] for digest in digests], np.int64)
        width = next((shapes[digest][1] for digest in digests), 0)
        return gathered((self._read(encoder_key, digest, shapes[digest]) for digest in digests), lengths, width)

    def add(self, encoder_key: str, batch: Mapping[str, np.ndarray]) -> None:
        """Keep a batch: digest -> (t, d) finite numbers, t at least 1. What is there already is replaced."""
        files = {self._path(encoder_key, digest): _bytes(digest, steps) for digest, steps in batch.items()}
        if not files:
            return
        with writing(self.folder):
            part = part_of(make_folder(self.folder / key_name(encoder_key)) / "batch")
            clear_abandoned(part.parent)
            part.mkdir()
            try:
                for path, content in files.items():
                    (part / path.name).write_bytes(content)
                    make_folder(path.parent)
                    os.replace(part / path.name, path)
            finally:
                shutil.rmtree(part, ignore_errors=True)

    def remove(self, encoder_key: str) -> None:
        """Forget all sequences of this encoder."""
        folder = self.folder / key_name(encoder_key)
        if folder.is_dir():
            remove_folder(folder)

    def _read(self, encoder_key: str, digest: str, shape: tuple[int, int]) -> np.ndarray:
        path = self._path(encoder_key, digest)
        try:
            steps = _read(path)
            if steps.shape != shape:
                raise ValueError(f"its shape is {steps.shape}, not {shape}")
        except (OSError, ValueError) as error:
            raise BadInput(f"the sequence '{path}' cannot be read ({error}); run again, it is made anew") from error
        return steps

    def _path(self, encoder_key: str, digest: str) -> Path:
        if not re.fullmatch(r"\w{1,64}", digest):
            raise BadInput(f"'{digest[:80]}' is no digest of a medium")
        return self.folder / key_name(encoder_key) / digest[:2] / f"{digest}{SUFFIX}"


def _bytes(digest: str, steps: np.ndarray) -> bytes:
    steps = np.ascontiguousarray(steps, _STEP)
    if steps.ndim != 2 or not len(steps) or not np.isfinite(steps).all():
        raise BadInput(f"the sequence of '{digest}' (shape {steps.shape}) is empty or not finite; it is not kept")
    written = io.BytesIO()
    np.lib.format.write_array(written, steps, allow_pickle=False)
    content = written.getvalue()
    return content + digest_bytes(content).encode()


def _read(path: Path) -> np.ndarray:
    """The array; ValueError if the file differs from its checksum or holds something else."""
    content = path.read_bytes()
    if digest_bytes(content[:-_CHECKSUM]).encode() != content[-_CHECKSUM:]:
        raise ValueError("it differs from its checksum")
    steps = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    if steps.ndim != 2 or steps.dtype != _STEP:
        raise ValueError(f"it holds {steps.dtype} of shape {steps.shape}")
    return steps
