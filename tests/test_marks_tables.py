"""Tables of marks: written, read, and read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmalign_core.commands.marks import _line
from mmalign_core.store import Store
from mmalign_core.triage.marks import MarkKind
from mmalign_core.types import BadInput
from mmalign_core.workflow import add_mark, export_marks, import_marks, read_marks
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


def test_an_exported_table_runs_no_formula_and_comes_back_as_it_was(store, tmp_path):
    birds = a_collection()
    for number, note in enumerate(["=1+1", "'=1+1", "''-x", "'quoted'", "@b", "plain"]):
        add_mark(birds, store, MarkKind.AMBIGUOUS, "a", note=note)
        exported = export_marks(read_marks(birds, store))
        assert not any(
            cell[:1] in "=@-+" for line in exported.decode().splitlines()[1:] for cell in line.split(",") if cell
        )
        (tmp_path / "out.csv").write_bytes(exported)
        other = Store(tmp_path / f"other {number}")
        import_marks(birds, other, tmp_path / "out.csv")
        assert [mark.note for mark in read_marks(birds, other)] == [note]


TABLES = {
    "plain": "id,mark\na,right\nb,wrong_pair\n",
    "case, spaces and another name": "ID , Kind,NOTE\na,Right,x\nb,Wrong Pair,y\n",
    "semicolons and a byte order mark": "\ufeffid;mark;note\na;right;1,5\nb;wrong-pair;\n",
    "line ends of Windows and empty lines": "id,mark\r\n\r\na,right\r\n,\r\nb,wrong_pair\r\n",
    "columns of others and an open end": "n,id,mark,colour\n1,a,right,red\n2,b,wrong_pair,blue",
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_any_make_are_imported(store, tmp_path, name):
    (tmp_path / "marks.csv").write_text(TABLES[name], newline="")
    done = import_marks(a_collection(), store, tmp_path / "marks.csv", who="Ana")
    assert [(mark.item, mark.kind.value, mark.who) for mark in done.added] == [
        ("a", "right", "Ana"),
        ("b", "wrong_pair", "Ana"),
    ]
    assert done.rejected == ()


def test_bad_rows_are_told_by_number_and_the_rest_goes_on(store, tmp_path, capsys):
    rows = [
        "id,mark,other,modality,note,who,when",
        "a,right,,,fine,Ana,2024-05-31T14:00:00+02:00",
        "z,right,,,,,",
        ",right,,,,,",
        "b,splendid,,,,,",
        "b,also_right,,,,,",
        "b,right,,,,,yesterday",
        "c,bad_file,,smell,,,",
        "c,right,,,,,,too,many",
        'd,wrong pair,a,TEXT,"two\nlines",,2024-06-01',
        "d,also_right,b,,,,",
    ]
    (tmp_path / "marks.csv").write_text("\n".join(rows) + "\n")
    birds = a_collection()
    done = import_marks(birds, store, tmp_path / "marks.csv")
    assert [row["row"] for row in done.rejected] == [3, 4, 5, 6, 7, 8, 9]
    assert all(len(row["reason"].splitlines()) == 1 for row in done.rejected)
    assert [(m.item, m.other, m.modality, m.note) for m in done.added] == [
        ("a", "", "", "fine"),
        ("d", "a", "text", "two\nlines"),
        ("d", "b", "", ""),
    ]
    assert [m.when for m in done.added[:2]] == ["2024-05-31T12:00:00+00:00", "2024-06-01T00:00:00+00:00"]
    again = import_marks(birds, store, tmp_path / "marks.csv")
    assert (again.added, again.unchanged) == ((), 3)
    other = Store(tmp_path / "other")
    (tmp_path / "out.csv").write_bytes(export_marks(read_marks(birds, store)))
    import_marks(birds, other, tmp_path / "out.csv")
    assert export_marks(read_marks(birds, other)) == export_marks(read_marks(birds, store))


def test_of_contradicting_rows_the_last_counts_however_often_the_file_is_imported(store, tmp_path):
    birds, kinds = a_collection(), ("right", "wrong_pair", "right", "ambiguous")
    (tmp_path / "marks.csv").write_text("id,mark\n" + "".join(f"a,{kind}\n" for kind in kinds))
    for _ in range(2):
        import_marks(birds, store, tmp_path / "marks.csv")
        assert [mark.kind for mark in read_marks(birds, store)] == ["ambiguous"]
    (tmp_path / "back.csv").write_text("id,mark\n" + "".join(f"b,{kind}\n" for kind in kinds[:3]))
    import_marks(birds, store, tmp_path / "back.csv")
    assert [mark.kind for mark in read_marks(birds, store)] == ["ambiguous", "right"]


@pytest.mark.parametrize("row", ["a,right,0001-01-01T00:00:00+14:00", "a,right,9999-12-31T23:59:59-14:00"])
def test_a_moment_outside_of_the_calendar_rejects_its_row(store, tmp_path, row):
    (tmp_path / "marks.csv").write_text(f"id,mark,when\n{row}\nb,right,2024-05-31\n")
    done = import_marks(a_collection(), store, tmp_path / "marks.csv")
    assert [mark.item for mark in done.added] == ["b"]
    assert "is no moment" in done.rejected[0]["reason"]


def test_what_a_table_holds_is_printed_without_control_characters(store, tmp_path):
    (tmp_path / "marks.csv").write_text('id,mark,note\na,right,"one\n\x1b[31mtwo"\nb,"spl\nendid",\n"c\x1bd",right,\n')
    done = import_marks(a_collection(), store, tmp_path / "marks.csv")
    assert all(row["reason"].isprintable() for row in done.rejected) and len(done.rejected) == 2
    assert "\x1b" not in (printed := _line(done.added[0])) and "\n" not in printed


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("item,mark\na,right\n", "needs the columns id and mark"),
        ("id,note\na,right\n", "it has: id, note"),
        ("id,mark\n", "holds no rows"),
        ("id,mark\na,right\n".encode("utf-16-le"), "is not UTF-8"),
    ],
)
def test_a_file_that_is_no_table_of_marks_is_refused(store, tmp_path, content, words):
    path = tmp_path / "marks.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BadInput, match=words):
        import_marks(a_collection(), store, path)
    assert [*store.marks.read()] == []
