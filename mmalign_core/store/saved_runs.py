"""Saved runs: those in the folder of one person, and those that were saved elsewhere and are listed there."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from mmalign_core.store.contents import Entry, bytes_of
from mmalign_core.store.folders import check_place, remove_owned
from mmalign_core.store.replacement import recover_folder
from mmalign_core.store.run_list import RunList
from mmalign_core.store.runs import HEAD, RunRecord, RunSummary, check_run_id, load_run_folder, save_run_folder
from mmalign_core.store.uploads import SHELF
from mmalign_core.types import BadInput


class SavedRuns:
    """The runs of one person, in the folder `home`: in `runs`, listed in `lists`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._list = RunList(home / "lists", home / "runs")

    def place(self, run_id: str, path: str | Path | None = None, force: bool = False) -> Path:
        """The folder for a run of that id. Raises BadInput if a run could not be saved there; nothing is written."""
        own = self.home / "runs" / check_run_id(run_id)
        return check_place(Path(os.path.expanduser(path)) if path else own, "run", force)

    def save(
        self,
        record: RunRecord,
        path: str | Path | None = None,
        media: Mapping[str, Path] | None = None,
        force: bool = False,
    ) -> Path:
        """Save the run at `path` (default: under the home) and list it; returns its folder.

        `media`: name -> file to lie in the folder, and `force`: see `save_run_folder`.
        """
        folder = save_run_folder(record, self.place(record.id, path, force), media, force)
        self._list.add(record, folder)
        return folder

    def load(self, ref: str | Path) -> RunRecord:
        """The run of that id, or in that folder. Raises BadInput with the nearest id if there is none."""
        own = self.home / "runs" / str(ref)
        if isinstance(ref, str) and re.fullmatch(r"\w[\w.-]{0,99}", ref):
            recover_folder(own)
            if (own / HEAD).is_file():
                return load_run_folder(own)
            if not (Path(ref) / HEAD).is_file():
                return load_run_folder(self._listed_folder(ref))
        return load_run_folder(Path(os.path.expanduser(ref)))

    def all(self) -> list[RunSummary]:
        """Summaries of all runs saved through the store, newest first."""
        return self._list.all()

    def rename(self, run_id: str, name: str) -> Path:
        """Save the run under another name and remove it under the old one; returns its folder.

        BadInput if there is no such run, or one has the new name already.
        """
        if any(run.id == name for run in self.all()):
            raise BadInput(f"a run is called '{name}' already; choose another name")
        now = self._folder_of(run_id)
        beside = None if now == self.home / "runs" / run_id else now.with_name(check_run_id(name))
        folder = self.save(replace(self.load(run_id), id=name), beside)
        self.remove(run_id)
        return folder

    def remove(self, run_id: str) -> None:
        """Remove the run from the list, and delete its folder if that lies below the home."""
        folder = self._folder_of(check_run_id(run_id))
        if os.path.lexists(folder) and self._holds(folder):
            remove_owned(folder, "run")
        self._list.remove(run_id)

    def entries(self) -> list[Entry]:
        """The runs as entries of the store; one that is saved elsewhere counts 0 bytes."""
        return [self._entry(run) for run in self.all()]

    def _entry(self, run: RunSummary) -> Entry:
        here = self._holds(Path(run.folder))
        about = f"{run.aligner} of {' and '.join(run.pair)} in {run.collection_name}, {run.created}"
        return Entry(
            "runs", run.id, bytes_of(Path(run.folder)) if here else 0, about + f", in {run.folder}" * (not here)
        )

    def _folder_of(self, run_id: str) -> Path:
        own = self.home / "runs" / run_id
        listed = next((Path(run.folder) for run in self.all() if run.id == run_id), own)
        return own if os.path.lexists(own) else listed

    def _holds(self, folder: Path) -> bool:
        """Whether a run's folder is one of this store: among its runs, or among those of a kept upload."""
        return folder.parent == self.home / "runs" or folder.parent.match(f"{self.home / SHELF}/*/runs")

    def _listed_folder(self, run_id: str) -> Path:
        folders = {run.id: run.folder for run in self.all()}
        if run_id not in folders:
            near = difflib.get_close_matches(run_id, folders, n=1, cutoff=0.4)
            hint = f" (did you mean '{near[0]}'?)" if near else ""
            raise BadInput(f"no run '{run_id}' in the store '{self.home}'{hint}; give a listed id or a folder")
        return Path(folders[run_id])
