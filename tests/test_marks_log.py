"""The log of marks: writers at once lose nothing, unfinished lines harm no others, tables of any make are imported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mmalign_core.__main__ import main
from mmalign_core.store import Store
from mmalign_core.triage.marks import MarkKind
from mmalign_core.types import BadInput
from mmalign_core.workflow import add_mark, read_marks, undo_mark
from tests.test_marks import a_collection

ROOT = Path(__file__).parents[1]
WRITERS, ENTRIES = 4, 250
_WRITER = """
import sys
from mmalign_core.store import Store
log = Store(sys.argv[1]).marks
sys.stdin.readline()
for number in range(int(sys.argv[3])):
    log.add("birds", [{"op": "mark", "writer": sys.argv[2], "number": number, "note": "x" * (number * 37 % 5000)}])
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_processes_that_write_at_once_lose_nothing(store):
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(store.root), str(n), str(ENTRIES)],
            stdin=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for n in range(WRITERS)
    ]
    for writer in writers:
        assert writer.stdin
        writer.stdin.write("go\n")
        writer.stdin.flush()
    assert [writer.wait() for writer in writers] == [0] * WRITERS
    for writer in writers:
        assert writer.stdin
        writer.stdin.close()
    found = [*store.marks.read()]
    for n in range(WRITERS):
        assert [entry["number"] for entry in found if entry["writer"] == str(n)] == list(range(ENTRIES))
    assert all(len(entry["note"]) == entry["number"] * 37 % 5000 for entry in found)


@pytest.mark.parametrize("kept", [1, 20, -2])
def test_an_unfinished_last_line_harms_neither_the_others_nor_the_next(store, kept, caplog):
    birds = a_collection()
    for item in "ab":
        add_mark(birds, store, MarkKind.RIGHT, item)
    (path,) = (store.root / "marks").iterdir()
    lines = path.read_bytes().rstrip(b"\n").split(b"\n")
    path.write_bytes(b"\n".join([*lines[:-1], lines[-1][:kept]]))
    assert [mark.item for mark in read_marks(birds, store)] == ["a"]
    add_mark(birds, store, MarkKind.RIGHT, "c")
    assert [mark.item for mark in read_marks(birds, store)] == ["a", "c"]
    assert "1 unfinished" in caplog.text


def test_bytes_of_others_in_the_log_are_left_out(store):
    birds = a_collection()
    add_mark(birds, store, MarkKind.RIGHT, "a")
    (path,) = (store.root / "marks").iterdir()
    path.write_bytes(b"\x00\xff\n[1]\n" + b"[" * 100_000 + b"\n" + path.read_bytes())
    assert [mark.item for mark in read_marks(birds, store)] == ["a"]


def test_a_log_that_cannot_be_written_is_one_line(store):
    (store.root).mkdir()
    (store.root / "marks").write_text("a file")
    with pytest.raises(BadInput, match="cannot write to"):
        add_mark(a_collection(), store, MarkKind.RIGHT, "a")


def test_the_store_lists_and_removes_marks(store, capsys):
    for name in ("birds", "Vögel/2"):
        add_mark(a_collection(name), store, MarkKind.RIGHT, "a")
    (store.root / "marks" / "mine.txt").write_text("precious")
    assert main(["store", "list", "marks", "--store", str(store.root), "--json", "-"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == 2 and all(row["kind"] == "marks" and row["bytes"] > 0 for row in rows)
    key = next(row["key"] for row in rows if row["key"].startswith("birds-"))
    assert main(["store", "remove", "marks", key, "--store", str(store.root)]) == 0
    assert [entry["collection"] for entry in store.marks.read()] == ["Vögel/2"]
    assert main(["store", "remove", "marks", "--all", "--store", str(store.root)]) == 0
    assert [path.name for path in (store.root / "marks").iterdir()] == ["mine.txt"]


def test_a_log_with_undone_marks_and_an_unfinished_line_is_removed(store):
    birds = a_collection()
    add_mark(birds, store, MarkKind.WRONG_PAIR, "a", other="b", note="=1+1")
    undo_mark(birds, store, "last")
    (log,) = (store.root / "marks").iterdir()
    for unfinished in (b'{"o', b'{"op": "mark", "kind": "wro'):
        log.write_bytes(log.read_bytes() + b"\n" + unfinished)
        add_mark(birds, store, MarkKind.RIGHT, "c")
    assert main(["store", "remove", "marks", log.name, "--store", str(store.root)]) == 0
    assert not log.exists()


@pytest.mark.parametrize(
    "content",
    ["precious", '{"id": 1, "title": "my data"}\n', '{"op": "mark"}\n', "[]\n", '{"op": "mark", "id": "x"}\nprecious'],
)
def test_a_file_of_others_under_the_name_of_a_log_stays(store, content, capsys):
    add_mark(a_collection(), store, MarkKind.RIGHT, "a")
    (log,) = (store.root / "marks").iterdir()
    log.write_text(content)
    assert main(["store", "remove", "marks", log.name, "--store", str(store.root)]) == 2
    said = capsys.readouterr().err
    assert "is not deleted: it holds lines that are no marks" in said and len(said.splitlines()) == 1
    assert log.read_text() == content


def test_a_mark_counts_over_one_made_before_the_clock_went_back(store):
    data = a_collection()
    item = data.ids[0]
    add_mark(data, store, MarkKind.WRONG_PAIR, item)
    (log,) = store.marks.folder.iterdir()
    entry = json.loads(log.read_text().strip())
    log.write_text(json.dumps({**entry, "when": "2101-01-01T00:00:00+00:00"}) + "\n")
    kept = add_mark(data, store, MarkKind.RIGHT, item)
    assert kept.when == "2101-01-01T00:00:00.000001+00:00"
    assert [mark.kind for mark in read_marks(data, store)] == [MarkKind.RIGHT]


@pytest.mark.parametrize("when", ["9999-12-31T23:59:59.999999+00:00", "2101-01-01T00:00:00", "nonsense", 7])
def test_moments_after_which_nothing_comes_do_not_hinder_a_mark(store, when):
    data = a_collection()
    store.marks.add(data.name, [{"op": "mark", "id": "x", "when": when}])
    assert add_mark(data, store, MarkKind.RIGHT, data.ids[0]).when < "2101"
