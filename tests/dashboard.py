"""The dashboard without a browser: pages over any data, with a store in a folder of its own."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from mmalign_core.jobs import JOBS
from mmalign_core.workflow import add_upload
from pages._session import cache, places
from pages._session.visitors import Visitor

ROOT = Path(__file__).parents[1]
PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))


@contextmanager
def dashboard_home(root: Path) -> Iterator[Path]:
    """MMALIGN_HOME lies in this folder, and nothing that another session's pages cached is seen or left."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "MMALIGN_HOME", str(root / "home"))
        cache.forget()
        yield root
    cache.forget()


def finish() -> None:
    """Wait until all background work has ended, also what a job starts at its end."""
    while waiting := [job for job in JOBS.all() if not job.finished]:
        for job in waiting:
            assert job.wait(240), f"'{job.message}' does not end"


def opened(data: Path, page: str = "data", /, **query: str) -> AppTest:
    """The page over a folder or a file, after the background work has ended."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.switch_page(f"pages/{page}.py")
    app.query_params.update({"data": f"folder:{data}", **query})
    app.run()
    finish()
    return app.run()


def words_of(app: AppTest) -> str:
    """Every text of the page, figures included."""
    words = [*app.title, *app.subheader, *app.markdown, *app.caption, *app.error, *app.warning]
    return "\n".join([*(str(part.value) for part in words), *(f"{part.label}{part.value}" for part in app.metric)])


def uploaded(files: Sequence[tuple[str, bytes | Path]], page: str = "data") -> AppTest:
    """A session of its own that uploads these files, after the background work has ended."""
    who = Visitor(uuid4().hex)
    shelf = places.folders(cache.server_settings().root).make(who.key) / places.SHELF
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.session_state["mmalign.visitor"] = who
    app.switch_page(f"pages/{page}.py")
    app.query_params.update({"data": f"upload:{add_upload(shelf, files)}"})
    app.run()
    finish()
    return app.run()
