"""What a worker of a cluster does: encode blocks of media and write them as fragments, and run tasks."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mmalign_core.encoders.batched.batches import EncodedBatch, encode_media
from mmalign_core.encoders.batched.instances import encoder_of
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Media, Skipped, no_progress
from mmalign_core.version import __version__


class Encoder(NamedTuple):
    """The encoder of a run, by its key and modality, and the settings and the store of the worker."""

    key: str
    modality: str
    settings: Settings
    store: Store


class Written(NamedTuple):
    """What became of a block: its media, `fragments` to commit, and the media that could not be used."""

    count: int
    fragments: tuple[str, ...]
    skipped: tuple[Skipped, ...]


class Worker:
    """One process of a cluster. It loads an encoder at its first block and keeps it.

    `version`: that of the program which drives it; methods raise BadInput where this machine has another.
    """

    def __init__(self, version: str) -> None:
        self.version = version

    def encode(self, chosen: Encoder, media: Sequence[Media]) -> Written:
        """Encode the media in the encoder's batches and write the vectors as fragments, which are not committed.

        Raises BadInput if the model or the folder of the media is not on this machine.
        """
        check_version(self.version)
        check_visible(media)
        encoder = encoder_of(chosen.key, chosen.modality)
        batches = list(encode_media(encoder, media, settings=chosen.settings))
        skipped = tuple(one for batch in batches for one in batch.skipped)
        return Written(len(media), _write([batch for batch in batches if batch.digests], chosen), skipped)

    def run(self, function: Callable[[Any, Any, Any], Any], shared: Any, task: Any) -> Any:
        """Run one task of `Engine.run_each`; its progress is not shown."""
        check_version(self.version)
        return function(shared, task, no_progress)


def check_version(version: str) -> None:
    """Raise BadInput if this machine has another version of the program than the one that drives it."""
    if version != __version__:
        raise BadInput(
            f"the worker on {socket.gethostname()} has mmalign {__version__}, not {version}; install one everywhere"
        )


def check_visible(media: Sequence[Media]) -> None:
    """Raise BadInput if the folder of the first file is not on this machine.

    A single missing file is left to the decoder, which reports it.
    """
    first = next((medium.path for medium in media if medium.path), None)
    if first is not None and not Path(first).parent.exists():
        raise BadInput(
            f"the worker on {socket.gethostname()} does not see '{Path(first).parent}'; put the data and the store's "
            "folder where every machine of the cluster sees them"
        )


def _write(batches: Sequence[EncodedBatch], chosen: Encoder) -> tuple[str, ...]:
    if not batches:
        return ()
    posteriors = [batch.posterior for batch in batches if batch.posterior is not None]
    made = chosen.store.write_fragment(
        chosen.key,
        [digest for batch in batches for digest in batch.digests],
        np.concatenate([batch.vectors for batch in batches]),
        np.concatenate(posteriors) if posteriors else None,
    )
    return tuple(made)
