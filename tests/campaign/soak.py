"""The soak: hours of mixed use of a real dashboard; its memory each minute, and every error in its logs.

    python -m tests.campaign.soak [--minutes 120] [--people 3] [--home FOLDER]

Each round several people come at once, as websockets, each with an upload of their own: they look, align with another
aligner, ask and draw maps, and go. Beside them one comes with Chromium, sends files through the page, has an answer
explained, and deletes the upload or leaves it to the end of the session. The last line is the verdict: how much more
memory the server holds at the end than it ever held in its first ten minutes, and the errors.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import re
import statistics
import struct
import sys
import tempfile
import threading
import time
import urllib.parse
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Error, Page

from benchmarks.dashboard import browser, serve_process, settled
from benchmarks.sessions import COLOURS, PAGES, Person, use
from mmalign_core.store.uploads import add_upload
from mmalign_core.types import digest_json

FIRST = 10
"""Minutes of the start: encoders are loaded, and the first sessions reach their end."""
GROWTH = 50.0
"""MB more at the end that still count as none: two of the uploads that are open at any moment. Our choice."""
CLICKS = 40
"""Clicks of a person before the end of the session: five pages, some ten minutes of a hurried reader."""
THINK = 1.0
"""Seconds before a click; our choice."""
PATIENCE = 300_000
"""Milliseconds of one wait in the browser, on a machine with other work."""
RUNS = ({}, {"aligner": "cca"}, {"aligner": "procrustes"}, {"aligner": "ridge"}, {"aligner": "infonce-linear"})
"""The alignments that people ask for, one each in turn."""
ERROR = re.compile(r"Traceback|\bERROR\b|\bCRITICAL\b|could not be drawn")
"""What a line of a log that tells of an error holds."""


class Guest(Person):
    """A person with sounds among the files, who asks for another alignment every ten clicks, and for the demo last."""

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Pictures, texts and sounds."""
        yield from super().files()
        for place in range(12):
            yield f"{place}.wav", _tone(200 + 40 * place + self.number % 7)

    def address(self, click: int) -> tuple[str, str]:
        """Page and query of a click."""
        page, query = super().address(click)
        asked = dict(urllib.parse.parse_qsl(query))
        chosen = RUNS[(self.number + click // 10) % len(RUNS)]
        if chosen:
            asked["run"] = json.dumps({**chosen, "pair": ["image", "text"]})
        if click >= CLICKS - 5:
            asked = {}
        return PAGES[(click // 5) % len(PAGES)] if page else page, urllib.parse.urlencode(asked)


@dataclass
class Watch:
    """Megabytes of the server by minute, problems of the people, and the rounds so far."""

    server: psutil.Process
    began: float = field(default_factory=time.monotonic)
    megabytes: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    visits: int = 0
    people: int = 0

    @property
    def minutes(self) -> float:
        """Minutes since the start."""
        return (time.monotonic() - self.began) / 60

    def look(self, home: Path, stop: threading.Event) -> None:
        """Print a line each minute until the end."""
        while not stop.wait(max(0.0, 60 * len(self.megabytes) - (time.monotonic() - self.began))):
            held = self.server.memory_info().rss / 1e6
            self.megabytes.append(held)
            print(
                f"minute {len(self.megabytes) - 1}: {held:.0f} MB, {self.people} people, {self.visits} browsers, "
                f"{self.server.num_threads()} threads, {self.server.num_fds()} files open, "
                f"{len(errors_in(home))} errors, {len(self.problems)} problems",
                flush=True,
            )

    def growth(self) -> float:
        """Megabytes that the median of the last ten minutes lies over the most of the first ten."""
        first, last = self.megabytes[:FIRST], self.megabytes[FIRST:][-FIRST:]
        return statistics.median(last) - max(first) if last else math.nan


def _tone(hertz: float) -> bytes:
    samples = [round(12000 * math.sin(2 * math.pi * hertz * place / 8000)) for place in range(4000)]
    data = struct.pack(f"<{len(samples)}h", *samples)
    form = struct.pack("<4sIHHIIHH4sI", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16, b"data", len(data))
    return struct.pack("<4sI4s", b"RIFF", 4 + len(form) + len(data), b"WAVE") + form + data


def errors_in(home: Path) -> list[str]:
    """The lines of the server's logs that tell of an error."""
    logs = (home / "server.log", home / "logs" / "errors.log")
    lines = [line for log in logs if log.exists() for line in log.read_text("utf-8", "replace").splitlines()]
    return [line for line in lines if ERROR.search(line)]


def visit(page: Page, address: str, number: int) -> None:
    """Send files through the page, look around, have an answer explained, and delete the upload every other time."""
    sent = io.BytesIO()
    with zipfile.ZipFile(sent, "w") as archive:
        for name, content in Guest(number).files():
            archive.writestr(name, content)
    upload: Any = {"name": "guest.zip", "mimeType": "application/zip", "buffer": sent.getvalue()}
    page.goto(f"{address}/data")
    settled(page, PATIENCE)
    page.get_by_text("Upload files").click()
    page.locator("input[type=file]").first.set_input_files(upload)
    page.get_by_text("guest.zip").first.wait_for()
    settled(page, PATIENCE)
    page.get_by_role("button", name="Read the files").click()
    page.wait_for_url(re.compile("upload"), timeout=PATIENCE)
    settled(page, PATIENCE)
    for name in ("similarity", "space", "recommend"):
        page.goto(f"{address}/{name}?{urllib.parse.urlsplit(page.url).query}")
        settled(page, PATIENCE)
    words = page.get_by_placeholder("Describe it in any language")
    words.fill(f"a {COLOURS[number % len(COLOURS)]} picture")
    words.press("Enter")
    settled(page, PATIENCE)
    explain = page.get_by_role("button", name="Explain its media")
    if explain.count():
        explain.first.click()
        settled(page, PATIENCE)
    if number % 2:
        page.goto(f"{address}/data?{urllib.parse.urlsplit(page.url).query}")
        page.get_by_role("button", name="Delete now").click(timeout=PATIENCE)
        settled(page, PATIENCE)


def browsers(address: str, watch: Watch, go_on: Callable[[], bool]) -> None:
    """Come with Chromium, again and again."""
    for number in count():
        if not go_on():
            return
        try:
            with browser() as chrome:
                page = chrome.new_page(viewport={"width": 1280, "height": 900})
                page.set_default_timeout(60_000)
                visit(page, address, number)
            watch.visits += 1
        except (Error, AssertionError) as error:
            watch.problems.append(f"browser {number}: {' '.join(str(error).split())[:300]}")
            print(watch.problems[-1], flush=True)
        time.sleep(20)


def come(address: str, home: Path, number: int, watch: Watch) -> None:
    """Be one person by websocket, with an upload of their own, until the end of the session."""
    guest = Guest(number)
    (shelves,) = (home / "sessions").glob("*/server.json")
    guest.digest = add_upload(shelves.parent / digest_json(["browser", guest.cookie]) / "uploads", guest.files())
    use(guest, address, CLICKS, {number: guest.word.encode()}, think=THINK)
    watch.people += 1
    if guest.problem or not guest.own:
        watch.problems.append(f"person {number}: {guest.problem or 'saw nothing of the upload'}")
        print(watch.problems[-1], flush=True)


def main() -> int:
    """Run the soak; print a line a minute and the verdict."""
    parser = argparse.ArgumentParser(prog="soak", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--people", type=int, default=3, help="people at once, beside the one with a browser")
    parser.add_argument("--home", type=Path, help="the store, which stays; without it, a temporary one")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home = args.home or Path(temporary)
        home.mkdir(parents=True, exist_ok=True)
        return soak(home, args.minutes, args.people)


def soak(home: Path, minutes: float, people: int) -> int:
    """Use a server over the store `home` so long; return 1 if it grew or an error was logged."""
    stop = threading.Event()
    with serve_process(home) as (address, pid):
        watch = Watch(psutil.Process(pid))

        def go_on() -> bool:
            return watch.minutes < minutes and watch.server.is_running()

        threading.Thread(target=watch.look, args=(home, stop), daemon=True).start()
        chrome = threading.Thread(target=browsers, args=(address, watch, go_on))
        chrome.start()
        number = 0
        while go_on():
            round_ = [
                threading.Thread(target=come, args=(address, home, number + place, watch)) for place in range(people)
            ]
            number += people
            for thread in round_:
                thread.start()
            for thread in round_:
                thread.join()
        chrome.join()
        stop.set()
    found, growth = errors_in(home), watch.growth()
    for line in sorted(set(found))[:20]:
        print(f"error: {line}")
    print(
        f"{watch.minutes:.0f} minutes, {watch.people} people and {watch.visits} browsers: growth after the first "
        f"{FIRST} minutes {growth:+.0f} MB, errors {len(found)}, problems {len(watch.problems)}"
    )
    return int(not growth <= GROWTH or bool(found) or bool(watch.problems))


if __name__ == "__main__":
    sys.exit(main())
