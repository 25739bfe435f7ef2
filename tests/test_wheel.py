"""What pip installs works outside the repository: the wheel, its command line and its dashboard."""

import json
import os
import re
import socket
import subprocess
import sys
import tarfile
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

import mmalign_core
from benchmarks.dashboard import browser, chromium, settled
from mmalign_core.__main__ import main
from mmalign_core.commands.dashboard import serve_command
from mmalign_core.commands.line import parser

pytest.importorskip("build", reason="build is not installed: pip install -e .[dev]")

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[1]
DASHBOARD = ("pages", "assets", ".streamlit")
PATIENCE = 600_000
"""Milliseconds: a first start on a busy machine makes, encodes and aligns the demo."""


@dataclass(frozen=True)
class Installed:
    """An environment of its own with the wheel in it; commands run in its folder."""

    folder: Path
    home: Path

    def run(self, *command: str) -> str:
        """Standard output of a command of this environment; it must succeed."""
        shown = subprocess.run(self.line(*command), cwd=self.folder, env=self.env, capture_output=True, text=True)
        assert shown.returncode == 0, f"{command}\n{shown.stderr}"
        return shown.stdout

    def line(self, name: str, *options: str) -> list[str]:
        """The command with the full path of its script."""
        return [str(self.folder / "env" / "bin" / name), *options]

    @property
    def env(self) -> dict[str, str]:
        """The surroundings without what could make the repository importable."""
        kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
        return {**kept, "MMALIGN_HOME": str(self.home)}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sdist, and the wheel that is built from the sdist."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)]
    shown = subprocess.run(command, cwd=out, capture_output=True, text=True)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    (sdist,), (wheel,) = out.glob("*.tar.gz"), out.glob("*.whl")
    return sdist, wheel


@pytest.fixture(scope="module")
def installed(built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel alone is installed anew; what it requires is read from where these tests' packages lie."""
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder / "env")
    (packages,) = (folder / "env" / "lib").glob("python*/site-packages")
    lent = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "lent.pth").write_text("\n".join(lent), encoding="utf-8")
    python = str(folder / "env" / "bin" / "python")
    command = [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", str(built[1])]
    shown = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    return Installed(folder, tmp_path_factory.mktemp("wheel_home"))


@contextmanager
def served(installed: Installed) -> Iterator[str]:
    """`mmalign dashboard` on a free port; gives its address, and ends it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    line = installed.line("mmalign", "dashboard", "--port", str(port), "--no-browser")
    server = subprocess.Popen(
        line, cwd=installed.folder, env=installed.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert server.stdout is not None
        output = []
        for text in server.stdout:
            output.append(text)
            if f"http://127.0.0.1:{port}" in text:
                break
        else:
            pytest.fail("".join(output))
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.communicate(timeout=60)


def files_of(folder: str) -> set[str]:
    """Files below a folder of the repository, without what Python leaves there."""
    found = (path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(ROOT)) for path in found}


def test_the_wheel_holds_the_core_and_the_dashboard_in_one_package(built: tuple[Path, Path]) -> None:
    names = zipfile.ZipFile(built[1]).namelist()
    about = f"mmalign-{mmalign_core.__version__}.dist-info"
    assert {name.split("/")[0] for name in names} == {"mmalign_core", about}
    dashboard = {"app.py"}.union(*map(files_of, DASHBOARD))
    assert set(names) >= files_of("mmalign_core") | {f"mmalign_core/_dashboard/{name}" for name in dashboard}
    assert {"mmalign_core/py.typed", f"{about}/licenses/LICENSE"} <= set(names)


def test_the_sdist_holds_what_a_developer_needs(built: tuple[Path, Path]) -> None:
    with tarfile.open(built[0]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    alone = {"LICENSE", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile", "requirements.txt"}
    assert names >= alone | files_of("mmalign_core") | files_of("pages") | files_of("tests")
    assert not any(name.startswith((".git/", ".venv")) for name in names)


def test_the_wheel_requires_what_the_requirements_list(installed: Installed) -> None:
    code = (
        "from importlib.metadata import requires; print('\\n'.join(r for r in requires('mmalign') if 'extra' not in r))"
    )
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    listed = [line.split("#")[0].strip() for line in lines]
    required = installed.run("python", "-P", "-c", code).split()
    assert sorted(_normal(name) for name in required) == sorted(_normal(name) for name in listed if name)


def _normal(requirement: str) -> tuple[str, frozenset[str]]:
    name, bounds = re.match(r"([\w.-]+?)((?:[<>=!~].*)?)$", requirement).groups()  # type: ignore[union-attr]
    return re.sub(r"[-_.]+", "-", name).lower(), frozenset(bounds.split(","))


def test_the_installed_package_says_its_version(installed: Installed) -> None:
    code = (
        "import mmalign_core, importlib.metadata as m; "
        "print(mmalign_core.__file__, mmalign_core.__version__, m.version('mmalign'))"
    )
    where, version, of_wheel = installed.run("python", "-c", code).split()
    assert Path(where).is_relative_to(installed.folder) and version == of_wheel == mmalign_core.__version__


def test_demo_and_align_run_from_the_wheel(installed: Installed) -> None:
    installed.run("mmalign", "demo", "d")
    report = json.loads(
        installed.run("mmalign", "align", "d", "--pair", "image:text", "--aligner", "bridge", "--json", "-")
    )
    assert report["n_test"] >= 300 and report["metrics"]["image->text"]["recall@10"] > 0.15


def test_the_dashboard_answers_on_this_machine_alone(installed: Installed) -> None:
    with served(installed) as address, urllib.request.urlopen(f"{address}/_stcore/health", timeout=60) as answer:
        assert answer.read() == b"ok"


@pytest.mark.browser
@pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine: apt install chromium")
def test_the_first_page_is_drawn_from_the_wheel(installed: Installed) -> None:
    with served(installed) as address, browser() as opened:
        page = opened.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        page.get_by_role("heading", name="Overview", exact=True).wait_for()
        settled(page, PATIENCE)
        assert not page.get_by_test_id("stException").count()


def test_a_clone_serves_its_own_app_to_this_machine_alone() -> None:
    command = serve_command(parser().parse_args(["dashboard"]))
    place = command.index(str(ROOT / "app.py"))
    assert command[place + 1 : place + 3] == ["--server.address", "127.0.0.1"]
    assert command[place + 3 : place + 5] == ["--server.fileWatcherType", "none"], "a watcher of torch takes a core"


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http"])
def test_a_port_that_is_none_is_one_line(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["dashboard", f"--port={port}"])
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"'{port}' is no port; give a number from 1 to 65535" in line
