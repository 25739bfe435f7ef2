"""The README's words hold: its commands run, its Python runs, its set-up comes first."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHELL = re.findall(r"```sh\n(.*?)```", README, re.S)
PYTHON = re.findall(r"```python\n(.*?)```", README, re.S)


def block(first: str) -> list[str]:
    """Commands of the shell block that begins with this one, comments cut."""
    (found,) = [b for b in SHELL if b.startswith(first)]
    return [line.split("  #")[0].strip() for line in found.splitlines() if line.strip()]


def test_set_up_stands_in_the_first_twelve_lines() -> None:
    head = README.splitlines()[:12]
    assert any(line.startswith("make run") for line in head) and any(line.startswith("make test") for line in head)
    assert "(assets/dashboard.png)" in README and (ROOT / "assets" / "dashboard.png").stat().st_size > 20_000


def test_the_command_line_block_runs(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    for command in block("python -m mmalign_core demo"):
        shown = subprocess.run(
            command.replace("python", sys.executable, 1),
            shell=True,
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
        )
        assert shown.returncode == 0, f"{command}\n{shown.stderr}"
    assert {p.name for p in (tmp_path / "build").iterdir()} >= {
        "inspect.json",
        "encode.json",
        "align.json",
        "map.parquet",
    }


def test_the_python_block_runs(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    shown = subprocess.run([sys.executable, "-c", PYTHON[0]], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    assert "recall@10" in shown.stdout and "Recommendation(" in shown.stdout


@pytest.mark.skipif(not (ROOT / ".venv/.run").exists(), reason="this checkout was not set up by make")
def test_make_run_serves_the_dashboard(home: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (command,) = [c for c in block("make run") if c.startswith("make run")]
    options = f"--server.port {port} --server.address 127.0.0.1 --server.headless true"
    server = subprocess.Popen(
        [*command.split(), f"ARGS={options}"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        assert server.stdout is not None
        for line in server.stdout:
            if f":{port}" in line:
                break
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=30) as answer:
            assert answer.read() == b"ok"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)


@pytest.mark.skipif(not (ROOT / ".venv/.test").exists(), reason="this checkout was not set up by make")
def test_make_test_runs_pytest() -> None:
    shown = subprocess.run(
        ["make", "test", "ARGS=tests/test_params.py"], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert shown.returncode == 0 and " passed" in shown.stdout
