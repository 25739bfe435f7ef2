"""Use case: a run as one file that anyone can open and compute again: choices, vectors, aligner, metrics, map, media.

The run's own files lie below run/, as in a saved run. Places of media on this machine are left out: a medium is named
by its digest, whether it is carried or not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from mmalign_core.data.files import digest_file
from mmalign_core.settings import Settings
from mmalign_core.spaces import is_known, reference_of
from mmalign_core.store import RunRecord, Store, load_run_folder, save_run_folder
from mmalign_core.store.array_files import read_arrays
from mmalign_core.store.bundle_files import MARKS, extract_bundle, write_bundle_file
from mmalign_core.store.ownership import MEDIA_NAME
from mmalign_core.store.parts import scratch_folder
from mmalign_core.store.serialization import check_frame, read_sets, write_sets
from mmalign_core.store.zip_checks import plain_words, refused
from mmalign_core.types import BadInput, Collection, EmbeddingSet, Media, Progress, no_progress
from mmalign_core.wording import say
from mmalign_core.workflow.bundled_facts import made_by, write_map
from mmalign_core.workflow.error_analysis.refit import aligner_inputs
from mmalign_core.workflow.maps.space_map import project_run
from mmalign_core.workflow.marks import import_marks, read_marks
from mmalign_core.workflow.saved_runs import run_of

_MOST_MAPPED = 20_000
"""Rows up to which a map is drawn for the bundle. Our choice: seconds of work, as the encoding was minutes."""
_CURE = say("ask for the bundle again")


@dataclass(frozen=True)
class Bundle:
    """A bundle that is open: `record` as its run was saved, `encoded`: modality -> vectors that the aligner read, {}
    where there are none; `drawn`: what the map says of itself, with `coordinates` (n, 2), None where there is none."""

    manifest: Mapping[str, Any]
    record: RunRecord
    encoded: Mapping[str, EmbeddingSet]
    drawn: Mapping[str, Any] | None
    folder: Path

    @property
    def carried(self) -> dict[str, Path]:
        """Name -> file of each medium that the bundle carries."""
        return {path.name: path for path in sorted((self.folder / "run" / "media").glob("*"))}


@dataclass(frozen=True)
class Packed:
    """What went into a bundle, for its maker: number of members and media, whether vectors and map are there."""

    members: int
    media: int
    encoded: bool
    drawn: bool
    notes: tuple[str, ...]


def pack_run(
    ref: str,
    file: IO[bytes],
    *,
    store: Store,
    media: bool = False,
    settings: Settings | None = None,
    progress: Progress = no_progress,
) -> Packed:
    """Write the saved run `ref` as a bundle; see `pack_record`. BadInput where there is no such run."""
    record = store.load_run(ref)
    return pack_record(record, file, store=store, media=media, settings=settings, progress=progress)


def pack_record(
    record: RunRecord,
    file: IO[bytes],
    *,
    store: Store,
    media: bool = False,
    settings: Settings | None = None,
    progress: Progress = no_progress,
) -> Packed:
    """Write the run as a bundle; `media`: with its pictures, sounds and videos.

    The marks of the run's data go along, in the form that `marks --import` reads. The same run, media and marks give
    the same bytes. Vectors that can no longer be made, and files that are gone or changed, are left out and noted.
    """
    settings = settings or Settings()
    notes: list[str] = []
    with scratch_folder("mmalign-bundle") as folder:
        files = _media_files(record.collection, notes) if media else {}
        save_run_folder(_portable(record), folder / "run", files)
        encoded = _encoded(record, store, settings, notes, progress)
        if encoded:
            write_sets(folder / "encoded", encoded)
        drawn = sum(map(len, record.space.values())) <= _MOST_MAPPED
        if drawn:
            write_map(folder / "map", project_run(run_of(record), store=store).projection)
        else:
            notes.append(say("there is no map: the run has more than {most_mapped:,} rows", most_mapped=_MOST_MAPPED))
        if marks := _marks(record.collection, store):
            (folder / MARKS).write_text(marks, encoding="utf-8")
        members = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
        head = {"made_by": made_by(), "run": _about(record), "media": len(files), "notes": notes}
        write_bundle_file(file, head, members)
    return Packed(len(members) + 1, len(files), bool(encoded), drawn, tuple(notes))


@contextmanager
def opened_bundle(path: Path, settings: Settings | None = None) -> Iterator[Bundle]:
    """The bundle's content, in a folder that goes when the block ends. BadInput for a file that is not safely one."""
    settings = settings or Settings()
    with scratch_folder("mmalign-bundle") as folder:
        manifest = extract_bundle(path, folder, settings)
        try:
            found = _read(manifest, folder, settings)
        except (BadInput, MemoryError) as error:
            reason = str(error).replace(str(folder), path.name) or say("it asks for more memory than there is")
            raise refused(path, reason.partition(";")[0], _CURE) from error
        except Exception as error:
            # Files from elsewhere can be wrong in any way; SafetensorError and ArrowException have no common base.
            if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
                raise
            why = plain_words(f"{type(error).__name__}: {error}".replace(str(folder), "")).strip()
            raise refused(path, say("its files are not as this program writes them ({why})", why=why), _CURE) from error
        yield found


def open_bundle(
    path: Path, ref: str | None = None, *, store: Store, settings: Settings | None = None, force: bool = False
) -> Path:
    """Save the bundle's run under `ref` (a name in the store or a folder; its own name if None); returns its folder.

    The run keeps its vectors as encoded, so it can be fitted again without media. The marks of its data are added to
    those of the store. BadInput where the file is no bundle, or, without a `ref`, the store holds another run of that
    name. `force`: as for `save_run`.
    """
    with opened_bundle(path, settings) as found:
        name, place = _destination(found.record, ref, store)
        own = found.record.collection.table.at_places(lambda m: m.path and f"media/{Path(m.path).name}")
        vectors = {**found.record.collection.vectors, **found.encoded}
        collection = replace(found.record.collection, media=own, vectors=vectors)
        if (marks := found.folder / MARKS).is_file():
            import_marks(collection, store, marks)
        return store.save_run(replace(found.record, id=name, collection=collection), place, found.carried, force)


def _destination(record: RunRecord, ref: str | None, store: Store) -> tuple[str, Path | None]:
    if ref is not None:
        return (record.id, Path(ref)) if "/" in ref or ref.startswith(".") else (ref, None)
    if record.id in [run.id for run in store.list_runs()]:
        raise BadInput(say("the store holds a run '{id}' already; name another with --save", id=record.id))
    return record.id, None


def _portable(record: RunRecord) -> RunRecord:
    """The record without places on this machine, and without vectors that lie beside it as encoded."""
    whole = record.collection
    media = whole.table.at_places(_portable_path)
    skipped = tuple(replace(each, source=Path(each.source).name) for each in whole.skipped)
    given = {m: rows for m, rows in whole.vectors.items() if not is_known(reference_of(rows.encoder))}
    return replace(record, collection=replace(whole, media=media, skipped=skipped, vectors=given))


def _portable_path(medium: Media) -> str | None:
    """ "media/" with the digest and the extension; None for a text, which is in the collection itself."""
    extension = Path(medium.path or "").suffix.lower()
    name = medium.digest + (extension if re.fullmatch(r"\.[a-z0-9]{1,8}", extension) else "")
    return f"media/{name}" if medium.path and medium.text is None and re.fullmatch(MEDIA_NAME, name) else None


def _media_files(collection: Collection, notes: list[str]) -> dict[str, Path]:
    """Name in the bundle -> file, of those that are still what they were."""
    files, gone = {}, set()
    for medium in collection.media:
        place = _portable_path(medium)
        if place is None or place in files:
            continue
        path = Path(medium.path or "")
        if path.is_file() and digest_file(path) == medium.digest:
            files[place] = path
        else:
            gone.add(place)
    if gone:
        notes.append(say("{n:,} media are not carried: their files are gone or have changed", n=len(gone)))
    return {Path(name).name: path for name, path in files.items()}


def _encoded(
    record: RunRecord, store: Store, settings: Settings, notes: list[str], progress: Progress
) -> dict[str, EmbeddingSet]:
    try:
        return aligner_inputs(run_of(record), store=store, settings=settings, progress=progress)
    except BadInput as error:
        notes.append(say("there are no vectors as encoded, so the fit cannot be verified: {error}", error=error))
        return {}


def _marks(collection: Collection, store: Store) -> str:
    """The current marks of the data, one JSON object a line."""
    rows = (
        {"id": mark.item, "mark": mark.kind.value}
        | {name: getattr(mark, name) for name in ("other", "modality", "note", "who", "when")}
        for mark in read_marks(collection, store)
    )
    return "".join(json.dumps(row) + "\n" for row in rows)


def _about(record: RunRecord) -> dict[str, Any]:
    found = {name: getattr(record, name) for name in ("id", "created", "aligner", "collection_name")}
    return found | {"pair": list(record.pair), "digest": record.collection_digest, "split": record.report.get("split")}


def _read(manifest: Mapping[str, Any], folder: Path, settings: Settings) -> Bundle:
    for table in sorted(folder.rglob("*.parquet")):
        check_frame(table, settings.max_archive_bytes)
    record = load_run_folder(folder / "run")
    _check_media(record.collection, folder / "run")
    encoded = read_sets(folder / "encoded") if (folder / "encoded").is_dir() else {}
    drawn = None
    if (folder / "map").is_dir():
        words = json.loads((folder / "map" / "map.json").read_text())
        drawn = words | read_arrays(folder / "map" / "map.safetensors")
    run_of(record)
    return Bundle(manifest, record, encoded, drawn, folder)


def _check_media(collection: Collection, run: Path) -> None:
    """BadInput unless media lie in the bundle alone, each with the content that it is named by."""
    for medium in collection.media:
        if medium.path is None:
            continue
        path = Path(medium.path)
        if path != run.absolute() / "media" / path.name or path.stem != medium.digest:
            raise BadInput(
                say("a medium of '{plain_words}' lies outside of the bundle", plain_words=plain_words(medium.item))
            )
        if path.is_file() and digest_file(path) != medium.digest:
            raise BadInput(say("'{name}' has not the content that it is named by", name=path.name))
