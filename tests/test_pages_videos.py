"""Every page over a collection of videos and texts: none raises, and videos are seen as frames with a player."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pages._session.thumbnails import cover, film_frames
from tests.dashboard import PAGES, dashboard_home, opened
from tests.sample_files import colours, film, tone, write

SHADES = {
    "red": (200, 20, 20),
    "green": (20, 200, 20),
    "blue": (20, 20, 200),
    "black": (5, 5, 5),
    "sun": (220, 220, 20),
}


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Five videos with a text each, one without sound; the store lies in a folder of its own."""
    root = tmp_path_factory.mktemp("films")
    folder = write(root / "data", {f"{name}.txt": f"a {name} film" for name in SHADES})
    for name, shade in SHADES.items():
        film(folder / f"{name}.mp4", colours(shade, each=10), sounds=[tone(1.0, 440, 16_000)] if name != "sun" else [])
    with dashboard_home(root):
        yield folder


@pytest.mark.parametrize("page", PAGES)
def test_no_page_raises_over_videos(films: Path, page: str) -> None:
    app = opened(films, page, item="red")
    assert not app.exception and not app.error, [e.message for e in app.exception] + [e.value for e in app.error]


def test_a_film_that_cannot_be_read_has_no_frames(films: Path, tmp_path: Path) -> None:
    found = film_frames(str(films / "red.mp4"))
    small = cover(found)
    assert found is not None and small is not None
    assert len(found.frames) == 6 and (small.width, small.height, small.look) == (64, 48, "photo")
    (tmp_path / "gone.mp4").write_bytes(b"no video")
    assert film_frames(str(tmp_path / "gone.mp4")) is None and cover(None) is None
