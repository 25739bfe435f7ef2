"""How files are called in reports, and the floors of the data modules."""

import re
from pathlib import Path

import pytest

from mmalign_core import data
from mmalign_core.data.names import file_words


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("folder/cat.jpg", "'cat.jpg'"),
        ("media/0123456789abcdef0123456789abcdef.png", "the picture"),
        ("0123456789abcdef0123456789abcdef", "the picture"),
        ("苹果 🍎.png", "'苹果 🍎.png'"),
    ],
)
def test_a_stored_file_is_not_called_by_its_digest(path: str, words: str) -> None:
    assert file_words(path, "picture") == words


def test_modules_import_from_lower_floors_alone() -> None:
    folder = Path(data.__file__).parent
    lines = re.findall(r"^ {3,4}(\d+)  (\S.*?)(?: {2,}|$)", data.__doc__ or "", re.MULTILINE)
    floors = {name.strip().rstrip("/"): int(floor) for floor, names in lines for name in names.split(",")}
    rooms = {path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert set(floors) == rooms - {"__init__", "demo"}
    for path in folder.rglob("*.py"):
        room = path.relative_to(folder).parts[0].removesuffix(".py")
        for other in re.findall(r"^ *from mmalign_core\.data\.(\w+)", path.read_text(encoding="utf-8"), re.MULTILINE):
            below = room == "__init__" or floors.get(room, 0) > floors.get(other, 0)
            assert room == other or below, f"{path.name} imports {other}"
