"""The store: embeddings, sequences, collections, runs and marks in one folder, safe against a kill at any moment."""

from __future__ import annotations

import difflib
import logging
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from mmalign_core.store.collections import CollectionSummary, fill_collection, read_collection, read_summary
from mmalign_core.store.contents import (
    FILES,
    KINDS,
    Entry,
    bytes_of,
    check_keys,
    check_kind,
    file_entries,
    remove_files,
    sequence_bytes,
)
from mmalign_core.store.embeddings import CacheSize, EmbeddingCache, Found
from mmalign_core.store.folders import check_folder, check_place, remove_owned, write_folder
from mmalign_core.store.marks import MarkLog
from mmalign_core.store.runs import (
    HEAD,
    RunList,
    RunRecord,
    RunSummary,
    check_run_id,
    load_run_folder,
    new_run_id,
    save_run_folder,
)
from mmalign_core.store.sequences import SequenceCache
from mmalign_core.store.session import SessionCache
from mmalign_core.types import BadInput, Collection
from mmalign_core.types.sequences import Sequences

__all__ = [
    "KINDS",
    "CacheSize",
    "CollectionSummary",
    "Entry",
    "Found",
    "RunRecord",
    "RunSummary",
    "SessionCache",
    "Store",
    "load_run_folder",
    "new_run_id",
    "save_run_folder",
]

_log = logging.getLogger(__name__)


class Store:
    """Everything kept between sessions, under the folder `root` (made on the first write).

    Several processes and threads may use one root at once. BadInput says in one line what cannot be read or written.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = _folder_of(root)
        self.session = SessionCache()
        """What was asked with while this store is open; nothing of it is written."""
        self.marks = MarkLog(self.root / "marks")
        """What people marked in their data."""
        self._embeddings = EmbeddingCache(self.root / "embeddings")
        self._sequences = SequenceCache(self.root / "sequences")
        self._runs = RunList(self.root / "lists", self.root / "runs")

    def embeddings(self, encoder_key: str, digests: Sequence[str]) -> Found:
        """What is cached of these: rows (m,) into `digests`, vectors (m, d), posterior (m, c) or None."""
        return self._embeddings.get(encoder_key, digests)

    def add_embeddings(
        self, encoder_key: str, digests: Sequence[str], vectors: np.ndarray, posterior: np.ndarray | None = None
    ) -> None:
        """Keep a batch: vectors (n, d) and posterior (n, c); all of it or, if the process is killed, none of it."""
        self._embeddings.add(encoder_key, digests, vectors, posterior)

    def sequence_shapes(self, encoder_key: str, digests: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Digest -> (t, d) of the kept sequences among these; a damaged one is logged and counts as absent."""
        return self._sequences.shapes(encoder_key, digests)

    def sequences(
        self, encoder_key: str, digests: Sequence[str], shapes: Mapping[str, tuple[int, int]] | None = None
    ) -> Sequences:
        """One kept sequence per digest, in order; `shapes` spares a second look. BadInput if one cannot be read."""
        return self._sequences.load(encoder_key, digests, shapes or self.sequence_shapes(encoder_key, digests))

    def add_sequences(self, encoder_key: str, batch: Mapping[str, np.ndarray]) -> None:
        """Keep digest -> (t, d) numbers as float16, each whole or, if the process is killed, not at all."""
        self._sequences.add(encoder_key, batch)

    def size(self) -> dict[str, CacheSize]:
        """Encoder key -> cached rows and bytes on disk."""
        return self._embeddings.size()

    def remove_encoder(self, encoder_key: str) -> None:
        """Forget the cached embeddings and sequences of one encoder."""
        self._embeddings.remove(encoder_key)
        self._sequences.remove(encoder_key)

    def save_collection(self, collection: Collection) -> Path:
        """Keep the collection's table, media references and given vectors; the media files stay where they are."""
        folder = self._collection_folder(collection.digest)
        return write_folder(folder, "collection", lambda part: fill_collection(part, collection))

    def load_collection(self, digest: str) -> Collection:
        """The collection of that digest; BadInput when it is not kept or damaged."""
        folder = self._collection_folder(digest)
        if not folder.is_dir():
            raise BadInput(f"the store '{self.root}' holds no collection {digest}; read the data again")
        check_folder(folder, "delete that folder and read the data again")
        return read_collection(folder)

    def list_collections(self) -> list[CollectionSummary]:
        """Every readable collection by name; damaged ones are left out with a warning in the log."""
        found = []
        for head in (self.root / "collections").glob("[!.]*/collection.json"):
            try:
                found.append(read_summary(head.parent))
            except (OSError, ValueError, KeyError, TypeError) as error:
                _log.warning("'%s' is damaged (%s); delete that folder and read the data again", head.parent, error)
        return sorted(found, key=lambda c: (c.name, c.digest))

    def run_place(self, run_id: str, path: str | Path | None = None) -> Path:
        """The folder a run of that name is saved in; BadInput where that cannot be, before there is a run."""
        own = self.root / "runs" / check_run_id(run_id)
        return check_place(Path(os.path.expanduser(path)) if path else own, "run")

    def save_run(
        self, record: RunRecord, path: str | Path | None = None, media: Mapping[str, Path] | None = None
    ) -> Path:
        """Save the run at `path` (default: under the store's root) and list it; returns its folder.

        `media`: name -> file to lie in the folder, see `save_run_folder`.
        """
        folder = save_run_folder(record, self.run_place(record.id, path), media)
        self._runs.add(record, folder)
        return folder

    def load_run(self, ref: str | Path) -> RunRecord:
        """The run of that id, or in that folder; BadInput names the nearest id when there is none."""
        own = self.root / "runs" / str(ref)
        if isinstance(ref, str) and re.fullmatch(r"\w[\w.-]{0,99}", ref):
            if (own / HEAD).is_file():
                return load_run_folder(own)
            if not (Path(ref) / HEAD).is_file():
                return load_run_folder(self._listed_folder(ref))
        return load_run_folder(Path(os.path.expanduser(ref)))

    def list_runs(self) -> list[RunSummary]:
        """Every run saved through this store, newest first, with parameters and metrics."""
        return self._runs.all()

    def remove_run(self, run_id: str) -> None:
        """Take the run off the list and, when it lies under the root, delete it."""
        folder = self.root / "runs" / check_run_id(run_id)
        if os.path.lexists(folder):
            remove_owned(folder, "run")
        self._runs.remove(run_id)

    def remove_collection(self, digest: str) -> None:
        """Delete the kept table of a collection; its media stay. BadInput where others' files lie beside it."""
        remove_owned(self._collection_folder(digest), "collection")

    def entries(self, kind: str) -> list[Entry]:
        """What is kept of that kind of KINDS, and how much room it takes; BadInput for another kind.

        A run that was saved elsewhere takes no room in the store. Sequences count to their encoder's embeddings.
        """
        if check_kind(kind) == "runs":
            return [self._run_entry(run) for run in self.list_runs()]
        if kind == "embeddings":
            return [
                Entry(kind, key, size.bytes + sequence_bytes(self.root, key), f"{size.rows:,} media")
                for key, size in sorted(self.size().items())
            ]
        if kind == "collections":
            return [
                Entry(kind, kept.digest, bytes_of(self._collection_folder(kept.digest)), _about(kept))
                for kept in self.list_collections()
            ]
        return file_entries(self.root, kind)

    def remove(self, kind: str, keys: Sequence[str]) -> int:
        """Remove entries of one kind; returns the bytes made free.

        BadInput, before anything is removed, for a key that is not held; and at the first entry with files of others.
        """
        held = {entry.key: entry for entry in self.entries(kind)}
        check_keys(kind, keys, list(held))
        removals = {"runs": self.remove_run, "embeddings": self.remove_encoder, "collections": self.remove_collection}
        for key in keys:
            remove_files(self.root, kind, key) if kind in FILES else removals[kind](key)
        return sum(held[key].bytes for key in dict.fromkeys(keys))

    def _run_entry(self, run: RunSummary) -> Entry:
        own = self.root / "runs" / run.id
        here = Path(run.folder) == own
        about = f"{run.aligner} of {' and '.join(run.pair)} in {run.collection_name}, {run.created}"
        return Entry("runs", run.id, bytes_of(own) if here else 0, about + f", in {run.folder}" * (not here))

    def _collection_folder(self, digest: str) -> Path:
        if not re.fullmatch(r"\w{1,64}", digest):
            raise BadInput(f"'{digest}' is no digest of a collection; give one that the list of collections shows")
        return self.root / "collections" / digest

    def _listed_folder(self, run_id: str) -> Path:
        folders = {run.id: run.folder for run in self.list_runs()}
        if run_id not in folders:
            near = difflib.get_close_matches(run_id, folders, n=1, cutoff=0.4)
            hint = f" (did you mean '{near[0]}'?)" if near else ""
            raise BadInput(f"no run '{run_id}' in the store '{self.root}'{hint}; give an id of the list or a folder")
        return Path(folders[run_id])


def _about(kept: CollectionSummary) -> str:
    media = ", ".join(f"{count:,} {modality}" for modality, count in kept.media.items())
    return f"{kept.name}: {kept.items:,} items ({media})"


def _folder_of(root: str | Path) -> Path:
    """The folder a `--store` value names; BadInput for anything that is not a local folder."""
    text = re.sub(r"^file:/+", "/", os.fspath(root))
    if re.match(r"\w[\w+.-]+:/", text):  # one slash is what pathlib leaves of two
        raise BadInput(f"the store '{root}' is not a folder on this machine; give a path")
    folder = Path(os.path.expanduser(text))
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"the store '{root}' is a file; give a folder")
    return folder
