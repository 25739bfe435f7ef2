"""Every page over a data set that was saved to disk, over vectors alone, and over what cannot be read."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.dashboard import PAGES, dashboard_home, opened, uploaded, words_of
from tests.saved_datasets import dataset


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """`birds` saved by datasets, and pairs of vectors in pairs.npz."""
    root = tmp_path_factory.mktemp("sets")
    dataset(6).save_to_disk(str(root / "birds"))
    image = np.random.default_rng(0).standard_normal((12, 4))
    np.savez(root / "pairs.npz", ids=np.arange(12), image=image, text=image + 0.1)
    np.savez(root / "widths.npz", ids=np.arange(12), image=image, text=image[:, :3])
    with dashboard_home(root):
        yield root


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", ["birds", "pairs.npz", "widths.npz"])
def test_no_page_raises(sets: Path, name: str, page: str) -> None:
    app = opened(sets / name, page)
    assert not app.exception, [e.message for e in app.exception]
    assert not app.error, "the aligner to begin with takes vectors of any width"


def test_the_report_says_what_was_taken_for_what(sets: Path) -> None:
    app = opened(sets / "birds")
    assert "image from 'img', text from 'caption'" in words_of(app).replace("\\", "")
    assert any("nothing skipped" in e.label for e in app.expander)


def test_what_cannot_be_read_is_one_line(sets: Path) -> None:
    np.save(sets / "features_clip.npy", np.zeros((2, 5, 3)))
    app = opened(sets / "features_clip.npy")
    assert not app.exception and len(app.error) == 1
    line = app.error[0].value.replace("\\", "")
    assert "'features_clip.npy' has the shape (2, 5, 3), not (n, d)" in line and "\n" not in line


def test_uploaded_arrays_are_a_collection(sets: Path) -> None:
    app = uploaded([("pairs.npz", (sets / "pairs.npz").read_bytes())])
    assert not app.exception and not app.error and {m.value for m in app.metric} == {"12"}


def test_given_vectors_are_asked_with_items_alone(sets: Path) -> None:
    assert "ask.text" not in {box.key for box in opened(sets / "pairs.npz", "recommend").text_input}
    assert "ask.text" in {box.key for box in opened(sets / "birds", "recommend").text_input}
