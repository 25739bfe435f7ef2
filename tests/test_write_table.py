"""Every option that writes a file x what may be at its place: new, ours, foreign, input, link, read-only, full disk."""

from __future__ import annotations

import argparse
import io
import json
import os
import signal
import stat
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from store_records import run_record

from mmalign_core.commands.own_files import GENERATOR
from mmalign_core.commands.targets import check_targets, write_target
from mmalign_core.store import save_run_folder
from mmalign_core.store.bundle_files import write_bundle_file
from tests.campaign.killed import in_child
from tests.written import content, kept, nobody, on_a_full_disk

LARGE = b"x" * 20_000


def _points() -> bytes:
    held = io.BytesIO()
    columns = ("item", "modality", "row", "key", "x", "y")
    pd.DataFrame({name: [0] for name in columns}).to_parquet(held)
    return held.getvalue()


def _bundle() -> bytes:
    held = io.BytesIO()
    write_bundle_file(held, {"made_by": {}}, {})
    return held.getvalue()


@dataclass(frozen=True)
class Target:
    """An option that names a file: what we write there, and what another program may have there."""

    option: str
    name: str
    ours: bytes
    foreign: bytes


TARGETS = [
    Target("json", "a.json", json.dumps({"removed": "x", "bytes": 1}).encode(), b'{"name": "demo"}'),
    Target("html", "a.html", b"<html><head>" + GENERATOR, b"<html><title>Mine"),
    Target("out", "a.parquet", _points(), b"mine"),
    Target("out", "a.zip", _bundle(), b"PK mine"),
    Target("csv", "a.csv", b"id,mark,other,modality,note,who,when\n", b"name,price\n"),
    Target("export", "a.csv", b"id,mark,other,modality,note,who,when\n", b"name,price\n"),
]
each_target = pytest.mark.parametrize("target", TARGETS, ids=lambda t: f"{t.option}-{Path(t.name).suffix[1:]}")


def arguments(target: Target, out: Path, **more: object) -> argparse.Namespace:
    return argparse.Namespace(**{"overwrite": False, "force": False, target.option: str(out)} | more)


def write(target: Target, out: Path, content: bytes | None = None, **more: object) -> None:
    """What a command does: it looks before its work, and writes after it."""
    args = arguments(target, out, **more)
    check_targets(args)
    write_target(args, target.option, target.ours if content is None else content)


@each_target
def test_a_new_file_is_written_and_one_of_ours_replaced(tmp_path: Path, target: Target) -> None:
    out = tmp_path / "deep" / target.name
    write(target, out)
    out.chmod(0o640)
    write(target, out)
    assert out.read_bytes() == target.ours and stat.S_IMODE(out.stat().st_mode) == 0o640
    assert [path.name for path in out.parent.iterdir()] == [target.name]


@each_target
def test_a_foreign_file_is_replaced_with_force_alone(tmp_path: Path, target: Target) -> None:
    out = tmp_path / target.name
    out.write_bytes(target.foreign)
    with kept(tmp_path, "was not written by this program"):
        write(target, out)
    for force in ("overwrite", "force"):
        out.write_bytes(target.foreign)
        write(target, out, **{force: True})
        assert out.read_bytes() == target.ours


@each_target
@pytest.mark.parametrize("argument", ["data", "interactions", "run_ref", "run_b", "file", "import_", "parts"])
def test_the_input_of_the_same_command_is_never_replaced(tmp_path: Path, target: Target, argument: str) -> None:
    out, other = tmp_path / target.name, tmp_path / "other-name"
    out.write_bytes(target.ours)  # even ours, even with force, under any name
    os.link(out, other)
    (tmp_path / "link").symlink_to(out)
    given: object = [("image", str(out), 1)] if argument == "parts" else str(out)
    for name in (out, other, tmp_path / "link"):
        with kept(tmp_path, "the same command reads that file"):
            write(target, name, force=True, **{argument: given})


@each_target
def test_in_a_folder_that_is_read_files_of_ours_are_replaced_and_others_not(tmp_path: Path, target: Target) -> None:
    out = tmp_path / target.name
    write(target, out, data=str(tmp_path))
    write(target, out, data=str(tmp_path))
    out.write_bytes(target.foreign)
    with kept(tmp_path, "the same command reads that file"):
        write(target, out, data=str(tmp_path), force=True)


@each_target
def test_a_link_is_followed_to_what_is_ours_and_to_nothing_else(tmp_path: Path, target: Target) -> None:
    (tmp_path / "ours").write_bytes(target.ours)
    (tmp_path / "theirs").write_bytes(target.foreign)
    for name in ("ours", "theirs"):
        (tmp_path / f"to-{name}{Path(target.name).suffix}").symlink_to(name)
    write(target, tmp_path / f"to-ours{Path(target.name).suffix}")
    with kept(tmp_path, "was not written by this program"):
        write(target, tmp_path / f"to-theirs{Path(target.name).suffix}")
    assert (tmp_path / f"to-ours{Path(target.name).suffix}").is_symlink()


@each_target
def test_nothing_is_written_into_a_run_or_the_store(tmp_path: Path, target: Target) -> None:
    run = save_run_folder(run_record(["a"]), tmp_path / "run")
    for out in (run / target.name, run / "run.json", run / "collection" / target.name):
        with kept(tmp_path, "inside a saved run"):
            write(target, out, force=True)
    with kept(tmp_path, "inside a saved run"):
        write(target, tmp_path / "soon" / target.name, save=str(tmp_path / "soon"))
    (tmp_path / "store" / "maps").mkdir(parents=True)
    with kept(tmp_path, "inside the store"):
        write(target, tmp_path / "store" / "maps" / target.name, store=str(tmp_path / "store"))


@each_target
def test_a_full_disk_leaves_what_was_there(tmp_path: Path, target: Target) -> None:
    out = tmp_path / target.name
    for before in (None, target.ours):
        if before is not None:
            out.write_bytes(before)
        found = content(tmp_path)
        said = on_a_full_disk(lambda: write(target, out, LARGE))
        assert "cannot be written" in said and content(tmp_path) == found


@each_target
def test_a_read_only_place_is_said_before_the_work(tmp_path: Path, target: Target) -> None:
    with nobody(tmp_path), kept(tmp_path, "cannot be written (Permission denied)"):
        check_targets(arguments(target, tmp_path / "none" / target.name))


def test_a_file_in_a_folder_that_takes_no_other_is_kept_on_a_full_disk(tmp_path: Path) -> None:
    target, out = TARGETS[0], tmp_path / "a.json"
    out.write_bytes(target.ours)

    def work() -> None:
        os.access = lambda path, mode: False  # type: ignore[assignment]  # root may write anywhere
        write_target(arguments(target, out), "json", LARGE)

    assert "cannot be written" in on_a_full_disk(work) and out.read_bytes() == target.ours


@each_target
def test_killed_at_each_step_the_old_or_the_new_file_is_there_and_nothing_else_for_long(
    tmp_path: Path, target: Target
) -> None:
    new = target.ours + b" "
    steps, seen = in_child(lambda: write(target, tmp_path / target.name), count=True)[1], set()
    for step in range(1, steps + 1):
        out = tmp_path / str(step) / target.name
        out.parent.mkdir()
        out.write_bytes(target.ours)
        status, _ = in_child(lambda out=out: write(target, out, new), step)
        seen.add(status)
        assert out.read_bytes() in (target.ours, new)
        out.write_bytes(target.ours)
        write(target, out, new)
        assert content(out.parent) == {target.name: new}
    assert signal.SIGKILL in seen
