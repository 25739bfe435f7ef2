"""Runs: the result of one alignment in a self-contained folder that can be read without the store; their list."""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from mmalign_core.store.array_files import read_arrays, write_arrays
from mmalign_core.store.collections import FORMAT, fill_collection, read_collection, read_head
from mmalign_core.store.folders import check_folder, write_folder, write_json
from mmalign_core.store.ownership import MEDIA_NAME, is_listed, list_of
from mmalign_core.store.replacement import recover_folder
from mmalign_core.store.serialization import read_sets, write_sets
from mmalign_core.types import BadInput, Collection, EmbeddingSet, Media

HEAD, EARLIER = "run.json", "earlier"
CURE = "delete that folder and align again"
_READS = 3
"""Times that a run is read again because another writer replaced it meanwhile. Our choice: writing takes longer."""


def new_run_id(aligner: str) -> str:
    """A new id that sorts by time (UTC) and contains the aligner's name."""
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return f"{moment}-{re.sub(r'[^a-z0-9-]', '-', aligner.lower())[:40]}-{uuid.uuid4().hex[:6]}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """Settings and metrics of a run, without its arrays, for lists and comparisons.

    `encoders`: modality -> key of the encoder of the source vectors. `report`: the metrics in JSON form. `folder`: the
    path of the saved run, '' before it is saved.
    """

    id: str
    pair: tuple[str, str]
    aligner: str
    params: Mapping[str, Any]
    seed: int
    similarity: str
    correction: str
    matcher: str
    matcher_params: Mapping[str, Any] = field(default_factory=dict)
    encoders: Mapping[str, str]
    report: Mapping[str, Any]
    created: str = field(default_factory=_now)
    collection_digest: str = ""
    collection_name: str = ""
    folder: str = ""

    def head(self) -> dict[str, Any]:
        """The summary in JSON form, without `folder`, since a run may be moved."""
        return {f.name: getattr(self, f.name) for f in fields(RunSummary) if f.name != "folder"}


@dataclass(frozen=True, kw_only=True)
class RunRecord(RunSummary):
    """A whole run: the collection, the shared space (modality -> set) and the aligner's fitted arrays.

    `earlier`: of a repaired run, modality -> rows before the repair, where it changed them; {} of any other.
    """

    collection: Collection
    space: Mapping[str, EmbeddingSet]
    state: Mapping[str, np.ndarray]
    earlier: Mapping[str, EmbeddingSet] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "collection_digest", self.collection.digest)
        object.__setattr__(self, "collection_name", self.collection.name)


def check_run_id(run_id: str) -> str:
    """The id itself. Raises BadInput if it is no safe, visible name of a folder."""
    if not re.fullmatch(r"\w[\w.-]{0,99}", run_id):
        raise BadInput(f"'{run_id}' is no name for a run; use up to 100 letters, digits, '-', '_' and '.'")
    return run_id


def save_run_folder(
    record: RunRecord, folder: Path, media: Mapping[str, Path] | None = None, force: bool = False
) -> Path:
    """Write the run at `folder`, whole or not at all; returns the folder, behind a link.

    The files of an earlier run there are replaced, and others left where they are. Anything else is refused, unless
    `force` is set. `media`: name (digest and extension) -> file to lie in the folder; media of the collection whose
    path is "media/NAME" are read from there.
    """

    def fill(part: Path) -> None:
        write_json(part / HEAD, {"format": FORMAT} | record.head())
        write_arrays(part / "state.safetensors", record.state)
        write_sets(part / "space", record.space)
        if record.earlier:
            write_sets(part / EARLIER, record.earlier)
        (part / "collection").mkdir()
        fill_collection(part / "collection", record.collection)
        for number, (name, source) in enumerate((media or {}).items()):
            if not number:
                (part / "media").mkdir()
            shutil.copyfile(source, part / "media" / name)

    check_run_id(record.id)
    return write_folder(folder, "run", fill, force)


def load_run_folder(folder: Path) -> RunRecord:
    """The run at `folder`, after its checksums are verified. Raises BadInput if there is none or it is damaged.

    What a killed writer had begun to replace is taken back first. Another writer may replace the run meanwhile: then it
    is read again.
    """
    recover_folder(folder)
    for _ in range(_READS):
        before = list_of(folder)
        try:
            return _loaded(folder)
        except BadInput:
            if list_of(folder) == before:
                raise
    return _loaded(folder)


def _loaded(folder: Path) -> RunRecord:
    if not (folder / HEAD).is_file():
        raise BadInput(f"'{folder}' holds no run; give a folder that `align --save` wrote")
    check_folder(folder, CURE)
    record = RunRecord(
        **_known(read_head(folder / HEAD), folder),
        collection=_with_own_media(read_collection(folder / "collection"), folder),
        space=read_sets(folder / "space"),
        state=read_arrays(folder / "state.safetensors"),
        earlier=read_sets(folder / EARLIER) if is_listed(folder, f"{EARLIER}/sets.json") else {},
    )
    if problem := _problem(record):
        raise BadInput(f"'{folder}' is damaged ({problem}); {CURE}")
    return record


def _problem(record: RunRecord) -> str:
    """What in the record is not as this program writes it, '' where nothing is: a run may come from elsewhere."""
    if not isinstance(record.seed, int) or record.seed < 0:
        return f"its seed is {record.seed!r}, which is no whole number from 0"
    if absent := [modality for modality in record.pair if modality not in record.space]:
        return f"its space holds no {absent[0]}"
    for name in ("metrics", "baseline"):
        if not _are_numbers(record.report.get(name) or {}):
            return f"its {name} are no numbers"
    return ""


def _are_numbers(measured: Any) -> bool:
    """Whether it maps directions to mappings of names to numbers."""
    if not isinstance(measured, Mapping) or not all(isinstance(row, Mapping) for row in measured.values()):
        return False
    return all(value is None or isinstance(value, int | float) for row in measured.values() for value in row.values())


def _with_own_media(collection: Collection, folder: Path) -> Collection:
    """Media that lie in the run's folder, by their paths of today: the folder may have moved."""
    own = re.compile(rf"media/{MEDIA_NAME}")

    def place(medium: Media) -> str | None:
        inside = medium.path is not None and own.fullmatch(medium.path)
        return str(folder.absolute() / medium.path) if medium.path and inside else medium.path

    return replace(collection, media=collection.table.at_places(place))


def read_run_summary(folder: Path) -> RunSummary:
    """The summary of the run at `folder`."""
    try:
        return summary_of(read_head(folder / HEAD), folder)
    except BadInput:
        raise
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"'{folder}' is damaged ({error}); {CURE}") from error


def summary_of(head: Mapping[str, Any], folder: Path | str) -> RunSummary:
    """The summary from its JSON form, `head`."""
    return RunSummary(**_known(head, folder))


def _known(head: Mapping[str, Any], folder: Path | str) -> dict[str, Any]:
    names = {f.name for f in fields(RunSummary)}
    return {k: v for k, v in head.items() if k in names} | {"pair": tuple(head["pair"]), "folder": str(folder)}
