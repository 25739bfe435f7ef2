"""The store: embeddings, sequences, collections, runs and marks in one folder, valid even if a writer is killed."""

from __future__ import annotations

import errno
import logging
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from mmalign_core.store.collections import CollectionSummary, fill_collection, read_summary
from mmalign_core.store.contents import (
    FILES,
    KINDS,
    Entry,
    bytes_of,
    check_keys,
    check_kind,
    file_entries,
    index_entries,
    remove_files,
    sequence_bytes,
)
from mmalign_core.store.embeddings import CachedRows, CacheSize, EmbeddingCache
from mmalign_core.store.errors import refusal
from mmalign_core.store.folders import remove_owned, write_folder
from mmalign_core.store.marks import MarkLog
from mmalign_core.store.places import check_address, folder_of
from mmalign_core.store.runs import RunRecord, RunSummary, load_run_folder, new_run_id, save_run_folder
from mmalign_core.store.saved_runs import SavedRuns
from mmalign_core.store.sequences import SequenceCache
from mmalign_core.store.session import SessionCache
from mmalign_core.store.start import begin
from mmalign_core.store.uploads import SHELF, remove_upload, upload_entries
from mmalign_core.types import BadInput, Collection
from mmalign_core.types.sequences import Sequences

__all__ = [
    "KINDS",
    "CacheSize",
    "CachedRows",
    "CollectionSummary",
    "Entry",
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
    """Data kept between sessions, in the folder `root`, which is created by the first write.

    Several processes and threads may use one root at once. Methods raise BadInput for what cannot be read or written.
    """

    def __init__(self, root: str | Path, vectors: str = "", home: Path | None = None) -> None:
        """`vectors`: an address of object storage where embeddings lie, '' for the folder `root` itself.

        `home`: the folder of one person, with their runs, kept uploads and marks (of an upload, the marks lie with it);
        None for the folder `root`.
        """
        self.root = folder_of(root)
        self.home = home or self.root
        for place in dict.fromkeys((self.root, self.home)):
            begin(place)
        self.vectors = check_address(vectors) if vectors else ""
        self.session = SessionCache()
        """Vectors of queries, in memory alone."""
        self.marks = MarkLog(self._place_of("marks") / "marks")
        """The marks of all collections."""
        self._embeddings = EmbeddingCache(f"{self.vectors}/embeddings" if self.vectors else self.root / "embeddings")
        self._sequences = SequenceCache(self.root / "sequences")
        self._runs = SavedRuns(self.home)

    def __reduce__(self) -> tuple[type[Store], tuple[Path, str, Path]]:
        """The place alone goes to another process, which opens the store there."""
        return Store, (self.root, self.vectors, self.home)

    def embeddings(self, encoder_key: str, digests: Sequence[str]) -> CachedRows:
        """The cached embeddings of those digests that have any."""
        return self._embeddings.get(encoder_key, digests)

    def add_embeddings(
        self, encoder_key: str, digests: Sequence[str], vectors: np.ndarray, posterior: np.ndarray | None = None
    ) -> None:
        """Store a batch, vectors (n, d) and posterior (n, c), in one commit: all of it or none."""
        self._embeddings.add(encoder_key, digests, vectors, posterior)

    def write_fragment(
        self, encoder_key: str, digests: Sequence[str], vectors: np.ndarray, posterior: np.ndarray | None = None
    ) -> list[str]:
        """Write a batch as fragments, which count after `commit_fragments` alone."""
        return self._embeddings.write_fragment(encoder_key, digests, vectors, posterior)

    def commit_fragments(self, encoder_key: str, fragments: Sequence[str]) -> None:
        """Make fragments, also those of other processes, part of the stored embeddings: all of them or none."""
        self._embeddings.commit(encoder_key, fragments)

    def sequence_shapes(self, encoder_key: str, digests: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Digest -> shape (t, d) of the stored sequences. A damaged one is logged and counts as absent."""
        return self._sequences.shapes(encoder_key, digests)

    def sequences(
        self, encoder_key: str, digests: Sequence[str], shapes: Mapping[str, tuple[int, int]] | None = None
    ) -> Sequences:
        """The stored sequences of the digests, in order. Raises BadInput if one cannot be read.

        `shapes`: what `sequence_shapes` returned, so that the files need not be checked again.
        """
        return self._sequences.load(encoder_key, digests, shapes or self.sequence_shapes(encoder_key, digests))

    def add_sequences(self, encoder_key: str, batch: Mapping[str, np.ndarray]) -> None:
        """Store digest -> sequence (t, d) as float16. Each file is written whole or not at all."""
        self._sequences.add(encoder_key, batch)

    def size(self) -> dict[str, CacheSize]:
        """Encoder key -> number of cached rows and bytes on disk."""
        return self._embeddings.size()

    def remove_encoder(self, encoder_key: str) -> None:
        """Delete the cached embeddings and sequences of one encoder."""
        self._embeddings.remove(encoder_key)
        self._sequences.remove(encoder_key)

    def save_collection(self, collection: Collection) -> Path:
        """Save a collection's table, media references and vectors, not its media files. Return the folder.

        In a store that is only read nothing is saved, which is logged: what it keeps can be worked with.
        """
        folder = self._collection_folder(collection.digest)
        if refusal(folder) in (errno.EACCES, errno.EROFS):
            _log.warning("'%s' cannot be written: the collection '%s' is not kept there", self.root, collection.name)
            return folder
        return write_folder(folder, "collection", lambda part: fill_collection(part, collection))

    def list_collections(self) -> list[CollectionSummary]:
        """Summaries of all readable collections, by name. Damaged ones are logged and left out."""
        summaries = []
        for head in (self.root / "collections").glob("[!.]*/collection.json"):
            try:
                summaries.append(read_summary(head.parent))
            except (OSError, ValueError, KeyError, TypeError) as error:
                _log.warning("'%s' is damaged (%s); delete that folder and read the data again", head.parent, error)
        return sorted(summaries, key=lambda c: (c.name, c.digest))

    def run_place(self, run_id: str, path: str | Path | None = None, force: bool = False) -> Path:
        """The folder for a run of that id. Raises BadInput if a run could not be saved there; nothing is written."""
        return self._runs.place(run_id, path, force)

    def save_run(
        self,
        record: RunRecord,
        path: str | Path | None = None,
        media: Mapping[str, Path] | None = None,
        force: bool = False,
    ) -> Path:
        """Save the run at `path` (default: under the store's root) and list it; returns its folder.

        `media`: name -> file to lie in the folder, and `force`: see `save_run_folder`.
        """
        return self._runs.save(record, path, media, force)

    def load_run(self, ref: str | Path) -> RunRecord:
        """The run of that id, or in that folder. Raises BadInput with the nearest id if there is none."""
        return self._runs.load(ref)

    def list_runs(self) -> list[RunSummary]:
        """Summaries of all runs saved through this store, newest first."""
        return self._runs.all()

    def rename_run(self, run_id: str, name: str) -> Path:
        """Save the run under another name and remove it under the old one; returns its folder.

        BadInput if there is no such run, or one has the new name already.
        """
        return self._runs.rename(run_id, name)

    def remove_run(self, run_id: str) -> None:
        """Remove the run from the list, and delete its folder if that lies below the store's root."""
        self._runs.remove(run_id)

    def remove_collection(self, digest: str) -> None:
        """Delete a saved collection; its media stay. Raises BadInput if its folder holds files of other programs."""
        remove_owned(self._collection_folder(digest), "collection")

    def entries(self, kind: str) -> list[Entry]:
        """The store's entries of one of KINDS with their sizes. Raises BadInput for another kind.

        A run that is saved elsewhere counts 0 bytes. Sequences count with the embeddings of their encoder.
        """
        if check_kind(kind) == "runs":
            return self._runs.entries()
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
        if kind == "indexes":
            return index_entries(self.root)
        if kind == SHELF:
            return upload_entries(self.home / SHELF)
        return file_entries(self._place_of(kind), kind)

    def remove(self, kind: str, keys: Sequence[str]) -> int:
        """Remove entries of one kind. Return the freed bytes.

        Raises BadInput for an unknown key before anything is removed, and at the first entry with files of others.
        """
        entries = {entry.key: entry for entry in self.entries(kind)}
        check_keys(kind, keys, list(entries))
        removals = {"runs": self.remove_run, "embeddings": self.remove_encoder, "collections": self.remove_collection}
        removals["indexes"] = lambda key: remove_owned(self.index_folder(key), "index")
        for key in keys:
            if kind == SHELF:
                remove_upload(self.home / SHELF / key, Store)
            else:
                remove_files(self._place_of(kind), kind, key) if kind in FILES else removals[kind](key)
        return sum(entries[key].bytes for key in dict.fromkeys(keys))

    def index_folder(self, digest: str) -> Path:
        """The folder of the index of the items of one space, which may be absent."""
        return self.root / "indexes" / digest

    def _place_of(self, kind: str) -> Path:
        of_upload = self.root.parent.name == SHELF
        return self.home if kind == "marks" and not of_upload else self.root

    def _collection_folder(self, digest: str) -> Path:
        if not re.fullmatch(r"\w{1,64}", digest):
            raise BadInput(f"'{digest}' is no digest of a collection; see: store list collections")
        return self.root / "collections" / digest


def _about(kept: CollectionSummary) -> str:
    media = ", ".join(f"{count:,} {modality}" for modality, count in kept.media.items())
    return f"{kept.name}: {kept.items:,} items ({media})"
