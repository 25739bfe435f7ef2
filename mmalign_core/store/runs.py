"""Runs: the outcome of one alignment in a self-contained folder, readable without the store."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from mmalign_core.store.collections import FORMAT, fill_collection, read_collection, read_head
from mmalign_core.store.folders import check_folder, write_folder, write_json
from mmalign_core.store.sets import read_arrays, read_sets, write_arrays, write_sets
from mmalign_core.types import BadInput, Collection, EmbeddingSet

HEAD = "run.json"
CURE = "delete that folder and align again"


def new_run_id(aligner: str) -> str:
    """A fresh id that sorts by time (UTC) and says the aligner."""
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return f"{moment}-{re.sub(r'[^a-z0-9-]', '-', aligner.lower())[:40]}-{uuid.uuid4().hex[:6]}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """What a run was and how good, without its arrays: what lists and comparisons show.

    `encoders`: modality -> key of the encoder that made the source vectors. `report`: the metrics as JSON has them.
    `folder` is where it lies ('' before it is saved).
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
        """The summary as JSON has it, `folder` left out: a run may be moved."""
        return {f.name: getattr(self, f.name) for f in fields(RunSummary) if f.name != "folder"}


@dataclass(frozen=True, kw_only=True)
class RunRecord(RunSummary):
    """A whole run: the collection, the shared space (modality -> set) and the aligner's fitted arrays."""

    collection: Collection
    space: Mapping[str, EmbeddingSet]
    state: Mapping[str, np.ndarray]

    def __post_init__(self) -> None:
        object.__setattr__(self, "collection_digest", self.collection.digest)
        object.__setattr__(self, "collection_name", self.collection.name)


def check_run_id(run_id: str) -> str:
    """The id, or BadInput when it could leave the runs' folder or hide in it."""
    if not re.fullmatch(r"\w[\w.-]{0,99}", run_id):
        raise BadInput(f"'{run_id}' is no name for a run; use up to 100 letters, digits, '-', '_' and '.'")
    return run_id


def save_run_folder(record: RunRecord, folder: Path) -> Path:
    """Write the run at `folder`, whole or not at all; an earlier run there is replaced, anything else refused."""

    def fill(part: Path) -> None:
        write_json(part / HEAD, {"format": FORMAT} | record.head())
        write_arrays(part / "state.safetensors", record.state)
        write_sets(part / "space", record.space)
        (part / "collection").mkdir()
        fill_collection(part / "collection", record.collection)

    check_run_id(record.id)
    return write_folder(folder, "run", fill)


def load_run_folder(folder: Path) -> RunRecord:
    """The run at `folder`, every file checked; BadInput when there is none or it is damaged."""
    if not (folder / HEAD).is_file():
        raise BadInput(f"'{folder}' holds no run; give a folder that `align --save` wrote")
    check_folder(folder, CURE)
    return RunRecord(
        **_known(read_head(folder / HEAD), folder),
        collection=read_collection(folder / "collection"),
        space=read_sets(folder / "space"),
        state=read_arrays(folder / "state.safetensors"),
    )


def read_run_summary(folder: Path) -> RunSummary:
    """The summary of the run at `folder`."""
    try:
        return summary_of(read_head(folder / HEAD), folder)
    except BadInput:
        raise
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"'{folder}' is damaged ({error}); {CURE}") from error


def summary_of(head: Mapping[str, Any], folder: Path | str) -> RunSummary:
    """The summary that `head` describes."""
    return RunSummary(**_known(head, folder))


def _known(head: Mapping[str, Any], folder: Path | str) -> dict[str, Any]:
    names = {f.name for f in fields(RunSummary)}
    return {k: v for k, v in head.items() if k in names} | {"pair": tuple(head["pair"]), "folder": str(folder)}
