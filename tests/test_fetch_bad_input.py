"""A fetch that cannot go on, by command line: one line with the cure, exit 2, what came is kept."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import gettempdir

import numpy as np
import pytest
from safetensors.numpy import save

from mmalign_core.__main__ import main
from mmalign_core.model_files.locations import hub_cache
from tests.local_hub import NAME, Hub, serve

REFERENCE = f"clap:{NAME}"
ROOT = Path(__file__).parents[1]


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    weights = save({"a": np.random.default_rng(0).standard_normal((300, 1000)).astype(np.float32)})
    made = Hub({"config.json": b'{"model_type": "clap"}', "model.safetensors": weights})
    server = serve(made)
    server.handle_error = lambda *_: None  # whom it serves hangs up on purpose
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def nearly_full() -> Iterator[None]:
    """No file may grow beyond 30 kB: the system refuses to write as it does on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The last line; the one before it says how large the model is."""
    capsys.readouterr()
    assert main(["fetch", *arguments]) == 2
    out, err = capsys.readouterr()
    assert not out and "Traceback" not in err
    return err.splitlines()[-1]


def test_a_disk_that_fills_up_on_the_way_is_said_and_what_came_is_kept(hub: Hub, capsys, request) -> None:
    request.getfixturevalue("nearly_full")
    said = refused(capsys, REFERENCE)
    assert f"cannot write to {hub_cache()}" in said and "make room" in said and "kept" in said
    assert next(hub_cache().rglob("*.part")).stat().st_size > 0
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert main(["fetch", REFERENCE]) == 0
    assert any(asked.startswith("bytes=") for _, asked in hub.asked), "the rest alone was fetched"


def test_a_cache_that_is_a_file_is_named(hub: Hub, tmp_path: Path, capsys, monkeypatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "file"))
    said = refused(capsys, REFERENCE)
    assert f"cannot write to {tmp_path / 'file'}" in said and "HF_HUB_CACHE" in said


def test_a_cut_connection_is_one_line_with_what_is_kept(hub: Hub, capsys) -> None:
    hub.cuts, hub.cut_after = 99, 0
    said = refused(capsys, REFERENCE)
    assert "the connection is cut" in said and "run the same command again" in said


def test_other_content_than_described_is_never_put_in_place(hub: Hub, capsys) -> None:
    hub.swap["model.safetensors"] = bytes(len(hub.files["model.safetensors"]))
    assert "arrived damaged and was deleted" in refused(capsys, REFERENCE)
    assert not list(hub_cache().rglob("snapshots/*/model.safetensors"))


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (200, b"<html>log in</html>", "it does not answer as a hub does"),
        (200, b"[1, 2]", "it does not answer as a hub does"),
        (503, b"{}", "it answers 503"),
        (404, b"{}", "it answers 404"),
    ],
)
def test_what_a_hub_answers_is_said_as_it_is(hub: Hub, capsys, status: int, body: bytes, why: str) -> None:
    hub.answer = (status, body)
    assert f"cannot be reached ({why})" in refused(capsys, REFERENCE)


@pytest.mark.parametrize("size", ["many", -5, None, [1]])
def test_a_size_that_is_none_is_refused(hub: Hub, capsys, size: object) -> None:
    described = hub.info()
    for row in described["siblings"]:  # pyright: ignore[reportGeneralTypeIssues] - the hub's own JSON
        row |= {"size": size} | ({"lfs": {**row["lfs"], "size": size}} if "lfs" in row else {})
    hub.answer = (200, json.dumps(described).encode())
    said = refused(capsys, REFERENCE)
    assert "no digest and size" in said or "it does not answer as a hub does" in said


def test_a_name_of_two_lines_is_told_in_one(hub: Hub, capsys) -> None:
    assert "'a b/c' is no name on the hub" in refused(capsys, "clap:a\nb/c")


def test_a_name_nobody_has_gets_the_nearest(hub: Hub, capsys) -> None:
    assert "did you mean 'laion/clap-htsat-unfused'" in refused(capsys, "clap:laion/clap-htsat-unfusd")


@pytest.mark.skipif(os.geteuid() != 0, reason="another user can be put on only by root")
def test_a_cache_that_cannot_be_written_is_still_read(hub: Hub, tmp_path: Path) -> None:
    """Another user reads what is here, and learns that nothing can be added."""
    assert main(["fetch", REFERENCE]) == 0
    shared = Path(gettempdir())
    for path in (one for one in (tmp_path, *tmp_path.parents) if shared in one.parents):
        path.chmod(0o755)
    code = (
        "import os\n"
        "from mmalign_core.model_files import model_folder, check_weights\n"
        "from mmalign_core.model_files.download import name_main\n"
        "from mmalign_core.model_files.hub import Repository\n"
        "from mmalign_core.types import BadInput\n"
        "os.setuid(65534)\n"
        f"check_weights(model_folder('clap', '{NAME}'))\n"
        "try: name_main(Repository('a/b', 'c' * 40, '', ()))\n"
        "except BadInput as said: print(said)\n"
    )
    env = {**os.environ, "MMALIGN_HOME": str(tmp_path / "home")}
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert "cannot write to" in shown.stdout and "Permission denied" in shown.stdout


@pytest.mark.parametrize("status", [200, 404, 500])
def test_an_answer_without_an_end_is_given_up(hub: Hub, capsys, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    monkeypatch.setattr("mmalign_core.model_files.hub.LONGEST", 1 << 20)
    hub.answer = (status, b'{"siblings": [' + b'{"rfilename": "a"},' * (1 << 20))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "it does not answer as a hub does" in refused(capsys, REFERENCE)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000  # kilobytes; the answer has 20 MB
