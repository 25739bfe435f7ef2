"""Bundles of runs for tests: packed, changed by somebody who also mends the sums, and zips of other makers."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from mmalign_core.store import Store
from mmalign_core.store.bundle_files import MANIFEST, write_bundle_file
from mmalign_core.store.columns import write_media
from mmalign_core.store.ownership import file_digest
from mmalign_core.types import Media, MediaTable
from mmalign_core.workflow.bundles import pack_run


def packed(ref: str, out: Path, store: Store, **chosen: bool) -> Path:
    """The run's bundle, written to `out`."""
    with out.open("wb") as file:
        pack_run(ref, file, store=store, **chosen)
    return out


def rewritten(source: Path, out: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """A bundle whose members were changed by somebody who also mended the manifest and the checksums."""
    folder = out.with_suffix("")
    with zipfile.ZipFile(source) as archive:
        manifest = json.loads(archive.read(MANIFEST))
        members = {name: archive.read(name) for name in archive.namelist() if name != MANIFEST}
    change(members)
    sums = json.loads(members["run/checksums.json"])
    for name, content in members.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    sums = {name: file_digest(folder / "run" / name) for name in sums}
    (folder / "run" / "checksums.json").write_text(json.dumps(sums))
    head = {name: value for name, value in manifest.items() if name not in ("format", "version", "members")}
    with out.open("wb") as file:
        write_bundle_file(file, head, {name: folder / name for name in members})
    return out


def changed_metric(members: dict[str, bytes]) -> None:
    run = json.loads(members["run/run.json"])
    run["report"]["metrics"]["image->text"]["recall@10"] += 2e-6
    members["run/run.json"] = json.dumps(run).encode()


def plain_zip(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def with_media(members: dict[str, bytes], medium: Media) -> None:
    """Put this medium alone into the collection of a bundle's run."""
    with tempfile.TemporaryDirectory() as folder:
        write_media(Path(folder), MediaTable.of([medium]))
        members["run/collection/media.parquet"] = (Path(folder) / "media.parquet").read_bytes()
