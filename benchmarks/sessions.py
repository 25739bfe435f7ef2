"""Several people at once, each over an upload of their own: does anybody see another's, and how does memory grow?

    python benchmarks/sessions.py [--sessions 10] [--clicks 200] [--seconds 10]

Each session is a websocket to a real server, as a browser holds one, with an upload on its shelf; so all of the server
works, and no browser's memory or time counts. A click asks for a page with another item, selection or query in the
address. Every byte that the server sends is searched for the words of the other uploads. Goals: nothing of another's,
and after the sessions ended nothing of theirs on disk, at most 100 MB more than before them.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import secrets
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import psutil
from PIL import Image
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from benchmarks.dashboard import serve_process
from mmalign_core.store.uploads import add_upload
from mmalign_core.types import digest_json

PAGES = ("data", "errors", "similarity", "space", "recommend", "align", "overview")
COLOURS = ("red", "blue", "green", "yellow", "black", "orange", "purple", "brown", "navy", "olive", "teal", "gray")
PATIENCE = 600.0
"""Seconds for one answer; a bound on a machine with other work, not a measure."""


@dataclass
class Person:
    """One session: its secret word, its upload, and what it was sent."""

    number: int
    word: str = field(default_factory=lambda: "w" + secrets.token_hex(8))
    cookie: str = field(default_factory=lambda: secrets.token_hex(32))
    digest: str = ""
    sent: int = 0
    clicks: int = 0
    foreign: list[str] = field(default_factory=list)
    own: int = 0
    problem: str = ""

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Pictures with texts that hold the word."""
        for place, colour in enumerate(COLOURS * 2):
            held = io.BytesIO()
            Image.new("RGB", (24, 24 + place + self.number), colour).save(held, "PNG")
            yield f"{place}.png", held.getvalue()
            yield f"{place}.txt", f"{self.word} a {colour} picture number {place}".encode()

    def address(self, click: int) -> tuple[str, str]:
        """Page and query of a click."""
        view = {"data": f"upload:{self.digest}", "item": str(click % 24)}
        if click % 3 == 0:
            view["sel"] = json.dumps([str(place) for place in range(click % 5)])
        if click % 4 == 0:
            view["ask"] = json.dumps([["text", f"{COLOURS[click % 12]} {self.word}", 1.0]])
        return PAGES[(click // 10) % len(PAGES)], urllib.parse.urlencode(view)


def use(person: Person, address: str, clicks: int, words: dict[int, bytes], think: float = 0) -> None:
    """Be that person for so many clicks, with `think` seconds before each."""
    headers = {"Cookie": f"mmalign_visitor={person.cookie}"}
    url = address.replace("http", "ws") + "/_stcore/stream"
    try:
        with connect(
            url,
            subprotocols=[Subprotocol("streamlit")],
            additional_headers=headers,
            origin=Origin(address),
            max_size=None,
            open_timeout=PATIENCE,
            ping_timeout=PATIENCE,
        ) as socket:
            for click in range(clicks):
                time.sleep(think)
                page, query = person.address(click)
                message = BackMsg()
                message.rerun_script.query_string, message.rerun_script.page_name = query, page
                until = time.monotonic() + PATIENCE
                socket.send(message.SerializeToString())
                while _answer(socket, person, words) and time.monotonic() < until:
                    time.sleep(1.0)  # work goes on behind the page, which would ask again
                    socket.send(message.SerializeToString())
                person.clicks += 1
    except Exception as error:  # noqa: BLE001  the others go on, and the report says it
        person.problem = f"{type(error).__name__}: {error}"


def bytes_of(content: str | bytes) -> bytes:
    """What a socket gave, as bytes."""
    return content.encode() if isinstance(content, str) else content


def _answer(socket: ClientConnection, person: Person, words: dict[int, bytes]) -> bool:
    """Read until the script has run, and search what comes; return whether the page will ask again by itself."""
    polls = False
    while True:
        content = bytes_of(socket.recv(timeout=PATIENCE))
        person.sent += len(content)
        person.own += words[person.number] in content
        person.foreign += [
            f"words of {other}" for other, word in words.items() if other != person.number and word in content
        ]
        message = ForwardMsg.FromString(content)
        kind = message.WhichOneof("type")
        polls = polls or kind == "auto_rerun"
        if kind == "script_finished":
            return polls


def left_of(home: Path, words: dict[int, bytes]) -> list[str]:
    """The files of the store that hold a word of somebody."""
    files = [path for path in home.rglob("*") if path.is_file()]
    return [str(path.relative_to(home)) for path in files if any(word in path.read_bytes() for word in words.values())]


def main() -> int:
    """Run the sessions and print what they saw and what they cost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sessions", type=int, default=10)
    parser.add_argument("--clicks", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=10, help="MMALIGN_SESSION_SECONDS of the server")
    args = parser.parse_args()
    os.environ["MMALIGN_SESSION_SECONDS"] = str(args.seconds)
    people = [Person(number) for number in range(args.sessions)]
    words = {person.number: person.word.encode() for person in people}
    with tempfile.TemporaryDirectory() as folder, serve_process(Path(folder)) as (address, pid):
        home, server = Path(folder), psutil.Process(pid)
        (shelves,) = (home / "sessions").glob("*/server.json")
        for person in people:
            shelf = shelves.parent / digest_json(["browser", person.cookie]) / "uploads"
            person.digest = add_upload(shelf, person.files())
        warm = Person(len(people))  # loads the encoders, as the first person of a day does
        warm.digest = add_upload(shelves.parent / digest_json(["browser", warm.cookie]) / "uploads", warm.files())
        use(warm, address, 10 * len(PAGES), {**words, warm.number: warm.word.encode()})
        before, began = server.memory_info().rss, server.cpu_times()
        threads = [threading.Thread(target=use, args=(person, address, args.clicks, words)) for person in people]
        for thread in threads:
            thread.start()
        most = before
        while any(thread.is_alive() for thread in threads):
            time.sleep(0.5)
            most = max(most, server.memory_info().rss)
        spent = sum(server.cpu_times()[:2]) - sum(began[:2])
        stayed = left_of(home, words)
        time.sleep(args.seconds * 2 + 165)  # Streamlit holds a lost session for two minutes; then the server cleans up
        left, after = left_of(home, words), server.memory_info().rss
    for person in people:
        print(
            f"session {person.number}: {person.clicks} clicks, {person.sent / 1e6:.1f} MB, own words in {person.own} "
            f"messages, of others {len(person.foreign)} {person.foreign[:3]} {person.problem}"
        )
    print(f"processor time of the server a click: {spent / max(1, sum(p.clicks for p in people)) * 1000:.0f} ms")
    print(f"memory: before {before / 1e6:.0f} MB, most {most / 1e6:.0f} MB, after all ended {after / 1e6:.0f} MB")
    print(f"files with their words: {len(stayed)} while open, {len(left)} after they ended {left[:3]}")
    seen = any(person.foreign or person.problem or not person.own for person in people)
    return int(seen or bool(left) or after - before > 100e6)


if __name__ == "__main__":
    sys.exit(main())
