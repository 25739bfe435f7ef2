"""The dashboard in a headless browser: what the screenshot, the latency benchmark and the browser test stand on."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

ROOT = Path(__file__).parents[1]
FLAGS = "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update"
FLAGS += " --disable-sync --no-first-run"
PRETEND = " --use-fake-device-for-media-stream --use-fake-ui-for-media-stream"
"""A camera that shows a test picture and a microphone that beeps, allowed without asking."""
TITLES = {
    "overview": "Overview",
    "data": "Data",
    "align": "Align",
    "errors": "Errors",
    "leaderboard": "Leaderboard",
    "compare": "Compare",
    "similarity": "Similarity",
    "space": "Shared space",
    "recommend": "Recommend",
    "recommenders": "Recommenders",
    "models": "Models",
}


def chromium() -> str | None:
    """Path of an installed Chromium, None if there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def serve(home: Path) -> Iterator[str]:
    """`streamlit run app.py` on a free port with its store under `home`; gives the address."""
    with serve_process(home) as (address, _):
        yield address


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serve_process(
    home: Path, script: str = "app.py", options: Sequence[str] = (), port: int = 0
) -> Iterator[tuple[str, int]]:
    """Like `serve`, of any script, with more options; gives the address and the id of the server's process."""
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.headless=true"]
    command += ["--server.address=127.0.0.1", f"--server.port={port}", "--server.fileWatcherType=none", *options]
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | {"MMALIGN_HOME": str(home)}, stdout=log, stderr=log
        )
    try:
        _wait_until_up(f"http://127.0.0.1:{port}/_stcore/health", server)
        yield f"http://127.0.0.1:{port}", server.pid
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_until_up(address: str, server: subprocess.Popen[bytes], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with code {server.returncode} before it answered")
        try:
            with urllib.request.urlopen(address, timeout=1):
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.1)
    raise TimeoutError(f"no answer from {address} within {seconds} s")


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless Chromium with a pretended camera and microphone."""
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium(), args=(FLAGS + PRETEND).split())
        try:
            yield opened
        finally:
            opened.close()


def settled(page: Page, timeout: float = 120_000) -> None:
    """Wait until no script runs, no skeleton waits and every picture is drawn."""
    page.wait_for_selector('[data-testid="stAppViewContainer"]', timeout=timeout)
    page.wait_for_function(
        """() => {
          const app = document.querySelector('[data-testid="stApp"]');
          const idle = app && app.getAttribute('data-test-script-state') === 'notRunning';
          const waits = document.querySelector('.st-key-stop, [data-testid*="Skeleton"]');
          const heading = document.querySelector('h1');
          const images = [...document.images].every((image) => image.complete);
          return idle && !waits && heading && images;
        }""",
        timeout=timeout,
    )


def chart(page: Page, key: str, timeout: float = 120_000) -> Locator:
    """The one plotly chart in the element with this key, once the page is at rest.

    While a page redraws, the old and the new chart stand side by side under the same key. A wait for "a chart" then
    fails on the second one, so this waits for the end of the run first.
    """
    settled(page, timeout)
    found = page.locator(f".st-key-{key} .js-plotly-plot")
    expect(found).to_have_count(1, timeout=timeout)
    expect(found.locator(".main-svg").first).to_be_visible(timeout=timeout)
    return found


def drawn_map(page: Page, key: str, timeout: float = 120_000, panels: int = 1) -> Locator:
    """The drawings of the map of points with this key, once the page is at rest and every point is drawn."""
    settled(page, timeout)
    found = page.locator(f".st-key-{key} .stage[data-drawn]")
    expect(found).to_have_count(panels, timeout=timeout)
    return found


def map_point(page: Page, name: str, number: int = 0, panel: int = 0) -> tuple[float, float]:
    """Where the numbered point of those well inside the map, alone on its place, is on the screen.

    A map that is being drawn anew has no size for a moment, so this waits until a point is inside it.
    """
    found = page.wait_for_function(
        """([name, number, at]) => {
          const panel = window.mmalignMaps.get(name)?.panels[at];
          if (!panel) return null;
          const box = panel.stage.getBoundingClientRect(), seen = [];
          for (let point = 0; point < panel.n; point += 1) {
            const [x, y] = panel.screen(point);
            const inside = x > 30 && y > 30 && x < box.width - 30 && y < box.height - 30;
            if (inside && panel.nearest(x, y, 12, 1)[0] === point) seen.push([box.x + x, box.y + y]);
          }
          return seen.length ? seen[number % seen.length] : null;
        }""",
        arg=[name, number, panel],
    )
    x, y = found.json_value()
    return x, y


def map_camera(page: Page, name: str, panel: int = 0) -> list[float]:
    """The state of the camera of the map."""
    return page.evaluate("([name, at]) => window.mmalignMaps.get(name).panels[at].camera.state", [name, panel])


def go(page: Page, title: str) -> None:
    """Follow the navigation to the page with this title."""
    page.get_by_role("link", name=title, exact=True).first.click()
    page.get_by_role("heading", name=title, exact=True, level=1).wait_for()
