"""Encoding in a process of its own: models, and the libraries that run them, leave no memory behind in this one.

PyTorch alone holds over 200 MB from its import to the end of a process, whatever is unloaded.
"""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from multiprocessing.connection import Connection, Pipe
from types import TracebackType
from typing import Any, NamedTuple

from mmalign_core.encoders import Encoder
from mmalign_core.encoders.batched.embedding_sets import write_batches
from mmalign_core.encoders.batched.instances import encoder, encoder_of
from mmalign_core.encoders.servers.base import ServerEncoder
from mmalign_core.processes import start_python
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Media, MediaTable, Progress, Skipped
from mmalign_core.wording import say, say_word

FEWEST = 64
"""Media that are worth a process of their own. Our choice: it starts in two seconds, as a model here does."""
_EVERY = 0.2
"""Seconds after which a silent process is asked whether it shall go on; our choice: a person cancels and it ends."""


class Order(NamedTuple):
    """Load the encoder of this key and modality and, where there are media, encode them into the store."""

    key: str
    modality: str
    settings: Settings
    media: MediaTable | None = None
    store: Any = None
    skip: frozenset[str] = frozenset()


class EncodingProcess(AbstractContextManager["EncodingProcess"]):
    """Loads encoders and encodes, in a process that starts with the first work for it and ends with the `with` block.

    Few media, encoders of other packages and those on servers stay in this process.
    """

    def __init__(self, progress: Progress) -> None:
        """`progress` is asked while a model loads; it may raise `Cancelled`."""
        self._progress, self._apart = progress, set[str]()
        self._ahead = 0  # orders whose answers nobody waits for
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection | None = None

    def load_ahead(self, encoders: Mapping[str, str], settings: Settings) -> None:
        """Begin to load the encoders, modality -> reference, and return at once.

        What fails here fails again, and is raised, once the encoder has work.
        """
        if os.name != "posix":
            return
        with suppress(BadInput, ConnectionError):
            for modality, reference in encoders.items():
                self._started().send(Order(encoder(reference, modality).key, modality, settings))
                self._ahead += 1

    def load(self, encoder: Encoder, missing: int) -> None:
        """Load the encoder where its `missing` media will be encoded; raises as `Encoder.load` does."""
        ours = type(encoder).__module__.startswith("mmalign_core.") and not isinstance(encoder, ServerEncoder)
        if missing < FEWEST or not ours or os.name != "posix":
            return encoder.load()
        self._apart.add(encoder.key)
        for _ in self._carry_out(Order(encoder.key, encoder.modality, encoder.settings), self._progress):
            pass

    def write_batches(
        self,
        encoder: Encoder,
        media: Sequence[Media],
        *,
        store: Any,
        settings: Settings | None,
        skip: Collection[str],
        progress: Progress,
    ) -> Iterator[Sequence[Skipped]]:
        """Encode and write; see `WriteBatches`."""
        if encoder.key not in self._apart:
            return write_batches(encoder, media, store=store, settings=settings, skip=skip, progress=progress)
        chosen = settings or encoder.settings
        order = Order(encoder.key, encoder.modality, chosen, MediaTable.of(media), store, frozenset(skip))
        return self._carry_out(order, progress)

    def _carry_out(self, order: Order, progress: Progress) -> Iterator[Sequence[Skipped]]:
        """Send the order, and yield what its parts skipped."""
        pipe = self._started()
        last: tuple[float, str] = (0.0, say("loading the encoder of {modality}", modality=say_word(order.modality)))
        try:
            pipe.send(order)
            while True:
                while not pipe.poll(_EVERY):
                    progress(*last)
                what, told = pipe.recv()
                if self._ahead:
                    self._ahead -= 1
                elif what == "done":
                    return
                elif what == "failed":
                    raise told
                elif what == "progress":
                    last = told
                    progress(*last)
                else:
                    yield told
        except (EOFError, ConnectionError):
            raise BadInput(
                say(
                    "the process that encodes {modality} was ended from outside, as a machine without memory does; "
                    "what was encoded is kept: start again to go on",
                    modality=say_word(order.modality),
                )
            ) from None

    def _started(self) -> Connection:
        if self._pipe is None:
            self._pipe, theirs = Pipe()
            with theirs:
                number = theirs.fileno()
                self._process = start_python(__name__, str(number), pass_fds=[number])
        return self._pipe

    def end(self) -> None:
        """End the process, if it runs."""
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.kill()  # a store survives that at any moment
            self._process.wait()
        self._pipe = self._process = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()


def serve(pipe: Connection) -> None:
    """Follow orders until the other side is gone."""
    while True:
        try:
            order = pipe.recv()
        except (EOFError, ConnectionError):
            return
        try:
            _follow(order, pipe)
        except Exception as error:  # noqa: BLE001  whoever gave the order gets it
            error.add_note(traceback.format_exc())
            _answer(pipe, "failed", error)
        else:
            _answer(pipe, "done", None)


def _follow(order: Order, pipe: Connection) -> None:
    encoder = encoder_of(order.key, order.modality).under(order.settings)
    if order.media is None:
        return encoder.load()
    report = lambda fraction, message: pipe.send(("progress", (fraction, message)))  # noqa: E731
    skip, store = order.skip, order.store
    for skipped in write_batches(encoder, order.media, store=store, settings=None, skip=skip, progress=report):
        pipe.send(("part", list(skipped)))


def _answer(pipe: Connection, what: str, told: Any) -> None:
    try:
        pipe.send((what, told))
    except ConnectionError:
        return  # nobody waits for it any more
    except Exception:  # noqa: BLE001  an error that cannot be sent as it is
        pipe.send((what, RuntimeError(f"{type(told).__name__}: {told}")))


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))
