"""Every folder that is written x what may lie at its place, killed at each step of it, and what is left goes."""

from __future__ import annotations

import argparse
import json
import os
import signal
from pathlib import Path

import pytest
from store_records import run_record

from mmalign_core.commands.targets import check_targets
from mmalign_core.data.demo import VERSION, write_demo
from mmalign_core.store import Store, load_run_folder, save_run_folder
from mmalign_core.store.parts import new_folder
from mmalign_core.store.start import clear_leftovers, leftovers
from mmalign_core.types import BadInput
from tests.campaign.killed import in_child
from tests.written import content, kept, nobody, on_a_full_disk


def test_no_run_takes_the_place_of_what_the_command_reads(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.txt").write_text("precious")
    (tmp_path / "link").symlink_to("data")
    for place in (tmp_path / "data", tmp_path / "link", tmp_path / "x" / ".." / "data"):
        args = argparse.Namespace(overwrite=True, force=True, data=str(tmp_path / "data"), save=str(place))
        with kept(tmp_path, "the same command reads"):
            check_targets(args)


def test_a_full_disk_leaves_the_run_that_was_there_and_what_lies_in_it(tmp_path: Path) -> None:
    run = save_run_folder(run_record(["a"]), tmp_path / "run")
    (run / "notes.txt").write_text("precious")
    before = content(tmp_path)
    ids = [f"i{n}" for n in range(2000)]
    for place in ("run", "new"):
        assert "cannot write to" in on_a_full_disk(lambda p=place: save_run_folder(run_record(ids), tmp_path / p))
        assert content(tmp_path) == before


def test_a_run_in_a_read_only_place_is_refused_before_the_work(tmp_path: Path) -> None:
    with nobody(tmp_path), kept(tmp_path, "Permission denied"):
        Store(tmp_path / "store").run_place("x", tmp_path / "none" / "run")


@pytest.mark.parametrize("exchange", [True, False], ids=["exchanged", "renamed twice"])
def test_killed_at_each_step_of_a_save_the_old_or_the_new_run_is_there_and_nothing_is_lost(
    tmp_path: Path, exchange: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not exchange:
        monkeypatch.setattr("mmalign_core.store.exchanges._exchanged", lambda one, other: False)
    record, seen = run_record(["a"], seed=1), list[int]()

    def prepared(name: str) -> Path:
        run = save_run_folder(run_record(["a"]), tmp_path / name / "run")
        (run / "space" / "notes").mkdir()
        (run / "space" / "notes" / "plan.txt").write_text("precious")
        (run / "earlier").mkdir()
        (run / "earlier" / "a.txt").write_text("precious")
        return run

    whole = prepared("whole")
    steps = in_child(lambda: save_run_folder(record, whole) and None, count=True)[1]
    for step in range(max(1, steps - 90), steps + 1):  # the steps before are of a hidden folder alone
        run = prepared(str(step))
        in_child(lambda run=run: save_run_folder(record, run) and None, step)
        seen.append(load_run_folder(run).seed)
        assert (
            (run / "space" / "notes" / "plan.txt").read_text() == (run / "earlier" / "a.txt").read_text() == "precious"
        )
        clear_leftovers(run.parent)
        assert [path.name for path in run.parent.iterdir()] == ["run"] and load_run_folder(run).seed == seen[-1]
    assert {*seen} == {0, 1} and seen == sorted(seen)


def test_the_demo_replaces_nothing_and_a_killed_one_is_gone_at_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(folder: Path, *_: object) -> None:
        (folder / "images").mkdir()
        (folder / "demo.json").write_text(json.dumps({"name": "MMAlign demo", "version": VERSION}))

    monkeypatch.setattr("mmalign_core.data.demo._fill", fill)
    for name in ("foreign", "empty"):
        (tmp_path / name).mkdir()
    (tmp_path / "foreign" / "thesis.txt").write_text("precious")
    (tmp_path / "link").symlink_to("foreign")
    (tmp_path / "to-empty").symlink_to("empty")
    for name in ("foreign", "link"):
        with kept(tmp_path, "already holds something else"):
            write_demo(tmp_path / name)
    assert write_demo(tmp_path / "to-empty") == tmp_path / "empty" and (tmp_path / "to-empty").is_symlink()
    steps = in_child(lambda: write_demo(tmp_path / "whole") and None, count=True)[1]
    for step in range(1, steps + 1):
        place = tmp_path / f"killed-{step}"
        place.mkdir()
        in_child(lambda place=place: write_demo(place / "demo") and None, step)
        write_demo(place / "demo")
        assert [path.name for path in place.iterdir()] == ["demo"]


LEFT = {
    "media/unpacking-x1y2z3a4/files/a.png": 2,
    "media/upload-k_2l3m4n/own.zip": 2,
    f"media/spooling-{'0' * 32}": 1,
    f"maps/.part-0a1b2c3d/{'0' * 32}.safetensors": 2,
    f"queries/.{'0' * 32}.png.4711": 1,
    "uploads/.draft-abcdefgh/000000": 2,
    "sequences/e/.batch.01234567.mmalign-part/d": 3,
}
"""What killed writers of earlier versions left -> how many parts of the name are the unfinished file or folder."""


def leave(root: Path) -> list[Path]:
    for name in LEFT:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("half")
    return sorted(root / Path(*Path(name).parts[: depth if depth == 3 else 2]) for name, depth in LEFT.items())


def test_leftovers_of_earlier_versions_go_at_the_next_start_and_what_is_held_stays(tmp_path: Path) -> None:
    root = tmp_path / "store"
    save_run_folder(run_record(["a"]), root / "runs" / "run-1")
    left, mine = leave(root), ("media/notes.txt", "media/upload-pictures/me.png", "media/upload-pictures/you/a.png")
    for name in mine:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("precious")
    (root / "media" / "unpacking-guide").mkdir()
    (root / "media" / "unpacking-guide" / "thesis.txt").write_text("precious")
    with new_folder(root / "media" / "slow") as slow:
        assert leftovers(root) == sorted([*left, slow])
        clear_leftovers(root)
        assert leftovers(root) == [slow]
    assert (root / "media" / "unpacking-guide" / "thesis.txt").exists() and all((root / name).exists() for name in mine)
    assert leftovers(root) == []


def test_in_a_folder_that_is_no_store_only_what_is_surely_ours_goes(tmp_path: Path) -> None:
    left = leave(tmp_path)
    before = content(tmp_path)
    Store(tmp_path)
    gone = [path for path in left if path.name.endswith(".mmalign-part")]
    assert len(gone) == 1 and len(content(tmp_path)) == len(before) - 1 and not gone[0].exists()


def test_a_store_of_a_later_version_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "store.json").write_text('{"format": "mmalign-store", "version": 2}')
    with kept(tmp_path, "is of version 2, this program reads 1; update it"):
        Store(tmp_path)
    (tmp_path / "store.json").write_text('{"mine": true}')
    assert Store(tmp_path).list_runs() == []


def test_the_temporary_folder_of_a_killed_bundle_goes_with_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mmalign_core.store.parts import scratch_folder

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def killed() -> None:
        with scratch_folder("mmalign-bundle") as folder:
            (folder / "media").mkdir()
            os.kill(os.getpid(), signal.SIGKILL)

    (tmp_path / "of another program").mkdir()
    assert in_child(killed)[0] == signal.SIGKILL and len(list(tmp_path.iterdir())) == 2
    with scratch_folder("mmalign-bundle") as live, scratch_folder("mmalign-bundle") as other:
        assert live.stat().st_mode & 0o77 == 0
        assert {path.name for path in tmp_path.iterdir()} == {live.name, other.name, "of another program"}
    assert [path.name for path in tmp_path.iterdir()] == ["of another program"]


def test_the_root_of_a_disk_is_refused_by_what_it_is(tmp_path: Path) -> None:
    root = Path(tmp_path.anchor)
    before = sorted(os.listdir(root))
    with pytest.raises(BadInput, match="is the root of a disk, which no folder can replace; give a folder below it"):
        save_run_folder(run_record(["a", "b"]), root, force=True)
    assert sorted(os.listdir(root)) == before
