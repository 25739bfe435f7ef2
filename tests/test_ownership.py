"""A folder that this program did not write is never deleted or replaced, by no option that writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from store_records import collection, run_record

from mmalign_core.__main__ import main
from mmalign_core.model_files.fetch_records import fetched_as, remember
from mmalign_core.settings import Settings
from mmalign_core.store import Store, load_run_folder, save_run_folder
from mmalign_core.store.collections import read_collection
from mmalign_core.store.ownership import MARKER
from mmalign_core.types import BadInput


def content(folder: Path) -> dict[str, bytes]:
    """Every file below, by its path."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def forget_marker(folder: Path) -> None:
    """Make the run one that was saved before folders were marked."""
    (folder / MARKER).unlink()
    sums = json.loads((folder / "checksums.json").read_text())
    del sums[MARKER]
    (folder / "checksums.json").write_text(json.dumps(sums))


def refused(folder: Path, words: str) -> None:
    """Saving a run there is one line with these words, and changes nothing."""
    before = content(folder)
    with pytest.raises(BadInput) as error:
        save_run_folder(run_record(["a"], seed=1), folder)
    assert words in str(error.value) and "give a new folder" in str(error.value) and "\n" not in str(error.value)
    assert content(folder) == before and [p.name for p in folder.parent.iterdir()] == [folder.name]


@pytest.mark.parametrize(
    "checksums",
    ["", "{}", "[]", "not json", '{"thesis.txt": "0123456789abcdef0123456789abcdef"}', '{"run.json": "00"}'],
)
def test_checksums_of_another_program_make_no_folder_ours(tmp_path: Path, checksums: str) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "checksums.json").write_text(checksums)
    (folder / "thesis.txt").write_text("precious")
    refused(folder, "holds something else; give a new folder: its '")


@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("name", ["notes.txt", "collection/notes.txt", "run.json.bak", "space/7.safetensors"])
def test_a_run_is_replaced_and_one_file_more_stays(tmp_path: Path, name: str, marked: bool) -> None:
    folder = save_run_folder(run_record(["a", "b"]), tmp_path / "run")
    if not marked:
        forget_marker(folder)
    (folder / name).write_text("precious")
    save_run_folder(run_record(["a"], seed=1), folder)
    assert load_run_folder(folder).seed == 1 and (folder / name).read_text() == "precious"
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_what_is_saved_or_put_inside_a_run_stays_when_the_run_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    folder = save_run_folder(run_record(["a"]), tmp_path / "exp")
    second = save_run_folder(run_record(["b"], seed=7), folder / "second")
    (folder / "sketches").mkdir()
    (folder / "collection" / "sketches").symlink_to(tmp_path / "precious")
    (folder / "earlier").mkdir()
    (folder / "earlier" / "notes.txt").write_text("mine")
    inode = (folder / "sketches").stat().st_ino
    save_run_folder(run_record(["a"], seed=1), folder)
    assert load_run_folder(folder).seed == 1 and load_run_folder(second).seed == 7
    assert (folder / "sketches").stat().st_ino == inode and (folder / "collection" / "sketches").is_symlink()
    assert (folder / "earlier" / "notes.txt").read_text() == "mine"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["exp", "precious"]


def test_a_file_of_ours_that_was_changed_is_kept_unless_force_is_set(tmp_path: Path) -> None:
    folder = save_run_folder(run_record(["a"]), tmp_path / "run")
    (folder / "run.json").write_text("my own notes")
    (folder / "more.txt").write_text("precious")
    refused(folder, "run.json")
    save_run_folder(run_record(["a"], seed=1), folder, force=True)
    assert load_run_folder(folder).seed == 1 and (folder / "more.txt").read_text() == "precious"


def test_with_force_a_run_moves_into_a_folder_of_others_whose_other_files_stay(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    (folder / "space").mkdir(parents=True)
    for name in ("run.json", "thesis.txt", "space/plan.txt"):
        (folder / name).write_text("precious")
    folder.chmod(0o2770)
    save_run_folder(run_record(["a"], seed=1), folder, force=True)
    assert load_run_folder(folder).seed == 1 and folder.stat().st_mode & 0o7777 == 0o2770
    assert (folder / "thesis.txt").read_text() == (folder / "space" / "plan.txt").read_text() == "precious"
    (tmp_path / "file").write_text("precious")
    with pytest.raises(BadInput):
        save_run_folder(run_record(["a"]), tmp_path / "file", force=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "mine"]


def test_an_earlier_run_is_replaced_also_one_without_a_marker_or_cut_off(tmp_path: Path) -> None:
    folder = save_run_folder(run_record(["a"]), tmp_path / "run")
    assert json.loads((folder / MARKER).read_text()) == {"format": "mmalign-folder", "version": 1, "kind": "run"}
    forget_marker(folder)
    assert load_run_folder(folder).seed == 0
    save_run_folder(run_record(["a"], seed=1), folder)
    assert load_run_folder(folder).seed == 1 and (folder / MARKER).is_file()
    (folder / "state.safetensors").unlink()
    save_run_folder(run_record(["a"], seed=2), folder)
    assert load_run_folder(folder).seed == 2


def test_a_link_to_a_folder_is_written_through(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    (disk / "empty").mkdir(parents=True)
    save_run_folder(run_record(["a"]), disk / "run")
    (disk / "theirs").mkdir()
    (disk / "theirs" / "thesis.txt").write_text("precious")
    for name in ("run", "empty", "theirs"):
        (tmp_path / name).symlink_to(disk / name)
    for name in ("run", "empty"):
        assert save_run_folder(run_record(["b"], seed=2), tmp_path / name) == disk / name
        assert (tmp_path / name).is_symlink() and load_run_folder(tmp_path / name).seed == 2
    with pytest.raises(BadInput, match=r"thesis\.txt"):
        save_run_folder(run_record(["b"]), tmp_path / "theirs")
    assert content(disk / "theirs") == {"thesis.txt": b"precious"}
    assert sorted(p.name for p in [*disk.iterdir(), *tmp_path.iterdir()]) == sorted(
        ["run", "empty", "theirs", "run", "empty", "theirs", "disk"]
    )


def test_links_to_nothing_and_other_kinds_of_folders_are_not_replaced(tmp_path: Path) -> None:
    store, run = Store(tmp_path / "store"), save_run_folder(run_record(["a"]), tmp_path / "run")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    later = save_run_folder(run_record(["a"]), tmp_path / "later")
    (later / MARKER).write_text('{"format": "mmalign-folder", "version": 2, "kind": "run"}')
    kept = store.save_collection(collection(["a"]))
    for folder in (tmp_path / "dangling", later, kept):
        with pytest.raises(BadInput, match="give a new folder"):
            save_run_folder(run_record(["b"]), folder)
    assert load_run_folder(run).collection.ids == ("a",)
    assert read_collection(kept).ids == ("a",) and not (tmp_path / "nowhere").exists()


def test_what_is_put_there_while_a_run_is_written_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, record = tmp_path / "run", run_record(["a"])

    class Late(dict):
        def items(self):
            folder.mkdir(exist_ok=True)
            (folder / "thesis.txt").write_text("precious")
            return super().items()

    object.__setattr__(record, "state", Late(record.state))
    with pytest.raises(BadInput, match=r"thesis\.txt"):
        save_run_folder(record, folder)
    assert content(tmp_path) == {"run/thesis.txt": b"precious"}


def test_a_store_in_a_foreign_folder_deletes_nothing_of_it(tmp_path: Path) -> None:
    store, mine = Store(tmp_path), collection(["a"])
    theirs = ["runs/mine/plan.txt", f"collections/{mine.digest}/plan.txt", "checksums.json", "models/me/code/app.py"]
    for name in theirs:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("precious")
    with pytest.raises(BadInput, match=r"plan\.txt"):
        store.save_run(run_record(["a"], "mine"))
    with pytest.raises(BadInput, match=r"plan\.txt"):
        store.save_collection(mine)
    with pytest.raises(BadInput, match=r"'plan\.txt' is not as this program wrote it; delete it yourself"):
        store.remove_run("mine")
    assert store.save_run(run_record(["a"], "other")).is_dir()
    assert all((tmp_path / name).read_text() == "precious" for name in theirs)


@pytest.mark.parametrize("link", [True, False])
def test_a_folder_below_the_models_that_is_no_model_is_not_removed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, link: bool
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    project = tmp_path / "project" if link else tmp_path / "store" / "models" / "me" / "project"
    project.mkdir(parents=True)
    (project / "notes.txt").write_text("precious")
    (tmp_path / "store" / "models" / "me").mkdir(parents=True, exist_ok=True)
    if link:
        (tmp_path / "store" / "models" / "me" / "project").symlink_to(project)
    assert main(["fetch", "--remove", "me/project", "--store", str(tmp_path / "store")]) == 2
    said = capsys.readouterr().err
    assert ("is a link" if link else "holds no model") in said and "yourself" in said and len(said.splitlines()) == 1
    assert (project / "notes.txt").read_text() == "precious"


def test_a_note_of_another_program_beside_the_models_is_kept(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path)
    remember("a/b", "clap:a/b", settings)
    remember("c/d", "clap:c/d", settings)
    assert fetched_as(settings) == {"a/b": "clap:a/b", "c/d": "clap:c/d"}
    (tmp_path / "models" / "fetched.json").write_text('["theirs"]')
    with pytest.raises(BadInput, match="was not written by this program; move it away"):
        remember("e/f", "clap:e/f", settings)
    assert (tmp_path / "models" / "fetched.json").read_text() == '["theirs"]'


def test_a_model_is_not_removed_with_what_lies_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMALIGN_HOME", str(tmp_path))
    model = tmp_path / "models" / "org" / "name"
    model.mkdir(parents=True)
    (model / "model.safetensors").write_bytes(b"0" * 64)
    (model / "thesis.docx").write_text("years of work")
    assert main(["fetch", "--remove", "org/name"]) == 2
    assert (model / "thesis.docx").read_text() == "years of work"
