"""Sequences of encoded sets (tokens, cells and frames). They are computed once and kept in the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mmalign_core.encoders.batched import encode_sequences
from mmalign_core.encoders.batched.instances import encoder_of
from mmalign_core.progress import within
from mmalign_core.settings import Settings
from mmalign_core.spaces import is_known, reference_of
from mmalign_core.store import SessionCache, Store
from mmalign_core.types import BadInput, EmbeddingSet, Media, Progress, no_progress
from mmalign_core.wording import say, say_word

MEGABYTE = 10**6
_BYTES = 2
"""Bytes of one float16 number."""

Shapes = Mapping[str, tuple[int, int]]


def can_sequence(rows: EmbeddingSet) -> bool:
    """Whether an encoder of ours made these vectors, so that it can return its sequence before pooling."""
    return rows.sequences is not None or is_known(reference_of(rows.encoder))


def with_sequences(
    aligner: str,
    sets: Mapping[str, EmbeddingSet],
    media: Sequence[Media],
    *,
    store: Store | SessionCache,
    settings: Settings | None = None,
    progress: Progress = no_progress,
) -> dict[str, EmbeddingSet]:
    """Return the sets with the sequences of their rows. Those in the store are reused, others computed and kept.

    `media`: at least those of the rows. A killed run loses only the current batch. BadInput for given vectors, and if
    all sequences together would take more memory than the settings allow, as soon as that is certain.
    """
    _check(aligner, sets)
    lacking = [rows for rows in sets.values() if rows.sequences is None]
    room = _Room(aligner, (settings or Settings()).sequence_limit)
    found = dict(sets)
    for place, rows in enumerate(lacking):
        shown = within(progress, place / len(lacking), (place + 1) / len(lacking))
        found[rows.modality] = _sequenced(rows, media, store, settings, shown, room)
    return found


@dataclass
class _Room:
    """The memory limit of the sequences (MB), and the bytes already used."""

    aligner: str
    limit: int
    taken: int = 0


class _Tally:
    """The least bytes that the rows of one set need; rows not yet read count as the shortest read."""

    def __init__(self, rows: EmbeddingSet, room: _Room) -> None:
        self.rows, self.room, self.times = rows, room, Counter(rows.keys)
        self.seen, self.bytes, self.shortest = 0, 0, 0

    def add(self, shapes: Shapes) -> None:
        """Count these rows. BadInput as soon as it is certain that all of them do not fit."""
        for digest, (steps, width) in shapes.items():
            size = steps * width * _BYTES
            self.shortest = min(self.shortest or size, size)
            self.bytes += size * self.times[digest]
            self.seen += self.times[digest]
        least = self.bytes + (len(self.rows) - self.seen) * self.shortest
        needed = (self.room.taken + least) / MEGABYTE
        if needed > self.room.limit:
            raise BadInput(
                say(
                    "'{aligner}' reads sequences, and those of {n:,} rows of {modality} bring them to {needed:,.0f} "
                    "MB of memory, over the limit of {limit:,} MB; set MMALIGN_SEQUENCE_LIMIT higher, use fewer "
                    "items or an aligner that reads vectors",
                    aligner=self.room.aligner,
                    n=len(self.rows),
                    modality=say_word(self.rows.modality),
                    needed=needed,
                    limit=self.room.limit,
                )
            )


def _sequenced(
    rows: EmbeddingSet,
    media: Sequence[Media],
    store: Store | SessionCache,
    settings: Settings | None,
    progress: Progress,
    room: _Room,
) -> EmbeddingSet:
    key, keys, tally = rows.encoder, set(rows.keys), _Tally(rows, room)
    shapes = dict(store.sequence_shapes(key, rows.keys))
    tally.add(shapes)
    lacking = keys - shapes.keys()
    media = [medium for medium in media if medium.modality == rows.modality and medium.digest in lacking]
    model = encoder_of(key, rows.modality) if media else None
    for batch in encode_sequences(model, media, settings=settings, progress=progress) if model else ():
        if batch.skipped:
            raise BadInput(
                say(
                    "'{aligner}' needs the sequence of every {modality}: {reason}",
                    aligner=room.aligner,
                    modality=say_word(rows.modality),
                    reason=batch.skipped[0].reason,
                )
            )
        made = dict(zip(batch.digests, batch.sequences))
        store.add_sequences(key, made)
        new = {digest: (len(steps), steps.shape[1]) for digest, steps in made.items()}
        tally.add(new)
        shapes |= new
    steps = store.sequences(key, rows.keys, shapes)
    room.taken += steps.values.nbytes
    megabytes = steps.values.nbytes / MEGABYTE
    progress(
        1.0,
        say(
            "{n:,} steps of {rows:,} {modality}: {megabytes:,.0f} MB",
            n=len(steps.values),
            rows=len(rows),
            modality=say_word(rows.modality),
            megabytes=megabytes,
        ),
    )
    return replace(rows, sequences=steps)


def _check(aligner: str, sets: Mapping[str, EmbeddingSet]) -> None:
    for modality, rows in sets.items():
        if not can_sequence(rows):
            raise BadInput(
                say(
                    "'{aligner}' reads tokens, cells and frames, but the {modality} vectors were given ready-made; "
                    "give the {modality} itself to encode, or choose an aligner that reads vectors",
                    aligner=aligner,
                    modality=say_word(modality),
                )
            )
