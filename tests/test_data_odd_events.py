"""Tables of interactions as people have them: without names, with columns that say no, and with others not used."""

from pathlib import Path

import pytest

from mmalign_core.data import read_collection
from mmalign_core.types import BadInput, Collection
from tests.sample_files import write

ITEMS = "id,text\n0,a red field\n1,a blue field\n2,a green field\n"


def read(folder: Path, head: str, value: list[str], name: str = "interactions.csv") -> Collection:
    rows = [f"u{user},{item},{value[(user + item) % len(value)]}" for user in range(4) for item in range(3)]
    return read_collection(write(folder, {"manifest.csv": ITEMS, name: "\n".join([head, *rows]) + "\n"}))


@pytest.mark.parametrize(
    "head, value, kept",
    [
        ("user_id,item_id,clicked", ["True", "False"], 6),
        ("user_id,item_id,label", ["1", "0"], 6),
        ("user_id,item_id,rating", ["1", "-1"], 6),
        ("user_id,item_id,rating", ["5", "-1"], 12),
        ("user_id,item_id,event", ["view", "buy"], 12),
    ],
)
def test_columns_that_say_no_are_read_and_others_told_of(
    head: str, value: list[str], kept: int, tmp_path: Path
) -> None:
    found = read(tmp_path, head, value)
    assert found.interactions is not None and len(found.interactions) == kept
    notes = " ".join(found.notes)
    said = "says no" if kept == 6 else "count as met" if "rating" in head else "'event' is not used"
    assert said in notes


@pytest.mark.parametrize("lines", ["0,0,5\n0,1,4\n", "7,0,978300760\n7,1,978300761\n"])
def test_a_table_without_names_says_so_and_the_advice_works(lines: str, tmp_path: Path) -> None:
    write(tmp_path, {"manifest.csv": ITEMS, "interactions.csv": lines})
    with pytest.raises(BadInput, match="no line of names"):
        read_collection(tmp_path)
    write(tmp_path, {"interactions.csv": "user_id,item_id,rating\n" + lines})
    found = read_collection(tmp_path).interactions
    assert found is not None and len(found) == 2


@pytest.mark.parametrize("content", [b"PK\x03\x04" + bytes(100), b"\xd0\xcf\x11\xe0" + bytes(100)])
def test_a_spreadsheet_under_the_name_of_a_table_is_called_so(content: bytes, tmp_path: Path) -> None:
    write(tmp_path, {"manifest.csv": content})
    with pytest.raises(
        BadInput, match="is a spreadsheet or an archive under the name of a table; save the sheet as CSV"
    ):
        read_collection(tmp_path)
