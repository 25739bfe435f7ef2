"""Why files are not read is kept as a message, so that it is told in the language of the reader."""

import pytest

from mmalign_core.types.skips import SkipLog, Skipped
from mmalign_core.wording import in_language, say, tr_any
from mmalign_core.workflow import inspect_collection, open_collection
from tests.sample_files import png

FILES = {
    "damaged.png": png(1)[:40],
    "empty.jpg": b"",
    "words.png": b"These are words, no pixels.",
    "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "sheet.xlsx": b"PK\x03\x04",
    "latin.txt": "Größe".encode("latin-1"),
    "noise.wav": b"RIFF....WAVEno sound at all",
}


@pytest.fixture(scope="module")
def reasons(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Reason of each file that cannot be used, by the name that it gives."""
    folder = tmp_path_factory.mktemp("mixed")
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    (folder / "good.png").write_bytes(png(2))
    (folder / "good.txt").write_text("a good picture", encoding="utf-8")
    told = [one.reason for one in inspect_collection(open_collection(folder)).skipped]
    return {name: next(reason for reason in told if name in reason) for name in FILES}


@pytest.mark.parametrize("name", FILES)
def test_a_reason_is_told_in_chinese_with_the_name_of_its_file(reasons: dict[str, str], name: str) -> None:
    with in_language("zh"):
        told = tr_any(reasons[name])
    assert name in told and "；" in told, told
    assert tr_any(reasons[name]) == reasons[name] and name in reasons[name]


def test_a_line_for_many_files_is_still_a_message() -> None:
    log = SkipLog()
    for name in ("a.png", "b.png", "c.png"):
        log.add(Skipped(name, "image", say("{name} is empty; replace the file", name=f"'{name}'"), name))
    (line,) = log.lines()
    assert line.reason == "'a.png' is empty; replace the file (3 in all: 'a.png', 'b.png', 'c.png')"
    with in_language("zh"):
        assert tr_any(line.reason) == "'a.png' 是空文件；请更换文件（共 3 个：'a.png', 'b.png', 'c.png'）"
