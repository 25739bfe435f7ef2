"""What several tests share: a store of their own, the demo, one alignment of it, and the development data."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from mmalign_core.store import Store
from mmalign_core.types import Collection
from mmalign_core.workflow import Answer, Choices, Encoding, QuerySpec, Run, align, answer, encode, open_demo, save_run
from tests.bundled_runs import packed
from tests.discs import write_discs
from tests.given_vectors import given

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[1]

# How long an example takes says nothing of the code on a busy machine, so no property test is judged by time.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """MMALIGN_HOME of the whole test session: nothing is read from or written to the user's own."""
    root = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "MMALIGN_HOME", str(root))
        yield root


@pytest.fixture(scope="session")
def store(home: Path) -> Store:
    """The store below `home`."""
    return Store(home)


@pytest.fixture(scope="session")
def demo(home: Path) -> Collection:
    """The embedded demo, made once."""
    return open_demo()


@pytest.fixture(scope="session")
def demo_encoding(demo: Collection, store: Store) -> Encoding:
    """The demo encoded with the embedded encoders."""
    return encode(demo, store=store)


@pytest.fixture(scope="session")
def demo_run(demo: Collection, demo_encoding: Encoding, store: Store) -> Run:
    """The demo in one space, image and text measured against each other."""
    return align(demo, demo_encoding, Choices(pair=("image", "text"), aligner="bridge"), store=store)


@pytest.fixture(scope="session")
def of_user(demo_run: Run, store: Store) -> Answer:
    """What is recommended to the first of the demo's simulated users."""
    table = demo_run.collection.interactions
    assert table is not None
    return answer(demo_run, QuerySpec.of(user=str(table["user_id"].iloc[0]), k=5), store=store)


@pytest.fixture(scope="session")
def linear_run(demo: Collection, demo_encoding: Encoding, store: Store) -> Run:
    """The demo in one space that each modality enters by one linear map."""
    choices = Choices(pair=("image", "text"), aligner="gcca", params={"reg": 0.1, "weighting": 1.0, "dims": 32})
    return align(demo, demo_encoding, choices, store=store)


@pytest.fixture(scope="session")
def few(demo: Collection) -> Collection:
    """The demo's dog and 39 other items, without sounds."""
    items = demo.items.loc[["dog", *[item for item in demo.ids if item != "dog"][:39]]]
    return Collection("few", items, tuple(m for m in demo.media if m.item in items.index and m.modality != "audio"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data for development, beside the repository; tests that need it skip where it is absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the development data (../shared/data) is not here")
    return folder


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the demo and its vectors, made once by the command line and copied for each dashboard."""
    home = tmp_path_factory.mktemp("demo_home")
    for command in (["demo", str(home / "demo")], ["encode", str(home / "demo"), "--store", str(home)]):
        subprocess.run([sys.executable, "-m", "mmalign_core", *command], cwd=ROOT, check=True, capture_output=True)
    return home


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a dashboard with a store of its own, one for all browser tests of a file.

    The store holds the demo and its vectors, unless the file sets FIRST_START = True: then it is empty.
    """
    from benchmarks.dashboard import serve  # needs Playwright, which other tests do without

    home = tmp_path_factory.mktemp("home")
    if not getattr(request.module, "FIRST_START", False):
        shutil.copytree(request.getfixturevalue("demo_home"), home, dirs_exist_ok=True)
    with serve(home) as found:
        yield found


@pytest.fixture(scope="module")
def discs(tmp_path_factory: pytest.TempPathFactory, address: str) -> str:
    """The address of each page over `tests.discs`; "{page}" stands for the page."""
    return f"{address}/{{page}}?data=folder:{write_discs(tmp_path_factory.mktemp('data') / 'discs')}"


@pytest.fixture(scope="module")
def chrome() -> Iterator["Browser"]:
    """A headless Chromium, one for all browser tests of a file."""
    from benchmarks.dashboard import browser

    with browser() as opened:
        yield opened


@pytest.fixture
def page(chrome: "Browser", request: pytest.FixtureRequest) -> Iterator["Page"]:
    """A session of its own on the start page, which shows no error at its end.

    A test file may set HEIGHT (pixels of the window, else 900) and START (False: the window stays empty).
    """
    opened = chrome.new_page(viewport={"width": 1280, "height": getattr(request.module, "HEIGHT", 900)})
    opened.set_default_timeout(300_000)  # milliseconds: a first start on a busy machine makes and aligns the demo
    if getattr(request.module, "START", True):
        opened.goto(request.getfixturevalue("address"))
    yield opened
    assert not opened.get_by_test_id("stException").count()
    opened.close()


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store in which the runs of this module lie."""
    return tmp_path_factory.mktemp("bundles")


@pytest.fixture(scope="module")
def here(workplace: Path) -> Store:
    return Store(workplace / "store")


@pytest.fixture(scope="module")
def vectors_zip(workplace: Path, here: Store) -> Path:
    """The bundle of a run of given vectors."""
    collection, encoding = given(40)
    save_run(align(collection, encoding, Choices(aligner="cca", test=0.4), store=here), "vectors", store=here)
    return packed("vectors", workplace / "vectors.zip", here)


@pytest.fixture(scope="module")
def media_zip(workplace: Path, here: Store, few: Collection) -> Path:
    """The bundle of a run of drawn pictures and their names, with its media."""
    choices = Choices(pair=("image", "text"), aligner="bridge", test=0.5)
    run = align(few, encode(few, store=here), choices, store=here)
    save_run(run, "media", store=here)
    return packed("media", workplace / "media.zip", here, media=True)
