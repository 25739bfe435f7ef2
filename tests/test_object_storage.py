"""The store's vectors on object storage: a real server of the S3 protocol on this machine, over HTTP."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from mmalign_core.__main__ import main
from mmalign_core.store import Store
from mmalign_core.types import BadInput
from tests.store_rows import KEY, assert_right, expected

boto3 = pytest.importorskip("boto3", reason="moto, the server of these tests, is not installed")
pytest.importorskip("moto.server")

ROOT = Path(__file__).parents[1]
WRITER = """
import sys
import numpy as np
from mmalign_core.store import Store
from tests.store_rows import KEY, expected

root, address, first = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = Store(root, address)
for at in range(first, first + 24, 4):
    ids = list(range(at, at + 4))
    store.add_embeddings(KEY, [f"{i:032x}" for i in ids], expected(ids), np.abs(expected(ids)[:, :3]))
    print("written", flush=True)
"""


class Server(NamedTuple):
    """The server's process, its port, and its address."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"


def start() -> Server:
    """A server that listens, with an empty bucket 'shelf'."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = Server(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE), port)
    assert server.process.stderr is not None
    while b"Running on" not in (line := server.process.stderr.readline()):
        assert line, "the server ended"
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=server.url, **keys).create_bucket(Bucket="shelf")
    return server


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server, and the usual variables that name it."""
    made = start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", made.url)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    yield made
    made.process.kill()
    made.process.wait()


def add(store: Store, ids: list[int]) -> None:
    store.add_embeddings(KEY, [f"{i:032x}" for i in ids], expected(ids), np.abs(expected(ids)[:, :3]))


def test_writes_reads_lists_and_removes(server, tmp_path):
    store = Store(tmp_path, "s3://shelf/deep/folder/")
    assert store.embeddings(KEY, ["0" * 32]).rows.size == 0 and store.size() == {}
    add(store, [0, 1])
    add(store, [2, 3])
    other = Store(tmp_path / "elsewhere", "s3://shelf/deep/folder")
    assert assert_right(other, 4).tolist() == [0, 1, 2, 3]
    assert other.size()[KEY].rows == 4 and other.size()[KEY].bytes > 0
    assert not (tmp_path / "embeddings").exists()
    with pytest.raises(BadInput, match=r"now makes vector x 5 .* or delete 's3://shelf/deep/folder/embeddings/"):
        store.add_embeddings(KEY, ["9" * 32], np.ones((1, 5)))
    other.remove_encoder(KEY)
    assert store.size() == {} and store.embeddings(KEY, ["0" * 32]).rows.size == 0


def test_two_writers_lose_nothing(server, tmp_path):
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), "s3://shelf/two", str(first)], cwd=ROOT)
        for first in (0, 24)
    ]
    assert [writer.wait() for writer in writers] == [0, 0]
    assert assert_right(Store(tmp_path, "s3://shelf/two"), 48).tolist() == list(range(48))


def test_fragments_of_workers_count_after_the_commit(server, tmp_path):
    pytest.importorskip("lance", reason="pylance is not installed; pip install 'mmalign[ray]'")
    store = Store(tmp_path, "s3://shelf/parts")
    parts = [
        fragment
        for ids in ([0, 1], [2, 3])
        for fragment in store.write_fragment(
            KEY, [f"{i:032x}" for i in ids], expected(ids), np.abs(expected(ids)[:, :3])
        )
    ]
    assert assert_right(store, 4).tolist() == []
    store.commit_fragments(KEY, parts)
    assert assert_right(store, 4).tolist() == [0, 1, 2, 3]


def test_a_server_that_pauses_in_the_middle_of_a_write_loses_nothing(server, tmp_path):
    store = Store(tmp_path, "s3://shelf/pause")
    add(store, [0, 1])
    os.kill(server.process.pid, signal.SIGSTOP)
    writer = threading.Thread(target=add, args=(store, [2, 3]))
    writer.start()
    writer.join(1.0)
    assert writer.is_alive()
    os.kill(server.process.pid, signal.SIGCONT)
    writer.join()
    assert assert_right(store, 4).tolist() == [0, 1, 2, 3]


def test_a_server_that_goes_away_is_one_line(server, tmp_path):
    store = Store(tmp_path, "s3://shelf/gone")
    command = [sys.executable, "-c", WRITER, str(tmp_path), "s3://shelf/gone", "0"]
    writer = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert writer.stdout is not None and writer.stdout.readline() == "written\n"
    server.process.kill()
    server.process.wait()
    with socket.socket() as held:  # bound and deaf: no other test's server takes the port
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", server.port))
        _, told = writer.communicate()
        lines = (told.splitlines()[-1],) if writer.returncode else ()
        for attempt in (lambda: add(store, [2, 3]), lambda: store.embeddings(KEY, ["0" * 32]), store.size):
            with pytest.raises(BadInput) as raised:
                attempt()
            lines += (str(raised.value),)
    assert len(lines) == 4, "the writer ended before the server did"
    for line in lines:
        assert f"{server.url} does not answer for 's3://shelf/gone/embeddings" in line and "\n" not in line


def test_no_bucket_no_rights_and_no_address_are_one_line(server, tmp_path, monkeypatch, capsys):
    with pytest.raises(BadInput, match="there is no bucket for 's3://absent/x/embeddings"):
        add(Store(tmp_path, "s3://absent/x"), [0])
    for wrong in ("s3://", "s3://UPPER/x", "s3://a/x y"):
        with pytest.raises(BadInput, match="names no bucket; write s3://bucket/folder"):
            Store(tmp_path, wrong)
    (tmp_path / "one.txt").write_text("a line")
    assert main(["encode", str(tmp_path), "--encoder", "text=bag-of-words", "--store", "s3://absent/x"]) == 2
    line = capsys.readouterr().err
    assert line.startswith("encode: there is no bucket") and line.count("\n") == 1


def test_a_user_without_rights_is_one_line(server, tmp_path):
    store = Store(tmp_path, "s3://shelf/shut")
    add(store, [0])
    ask_for_rights = urllib.request.Request(f"{server.url}/moto-api/reset-auth", b"0", {"Content-Type": "text/plain"})
    urllib.request.urlopen(ask_for_rights).close()
    with pytest.raises(BadInput, match=r"refuses 's3://shelf/shut/.*; set AWS_ACCESS_KEY_ID") as told:
        store.embeddings(KEY, ["0" * 32])
    assert "\n" not in str(told.value)
