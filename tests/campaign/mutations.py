"""Mutations of bytes: what disks, networks, programs and attackers do to files, by a seeded generator."""

from __future__ import annotations

import random
from collections.abc import Callable

EDGES = (b"\0", b"\xff", b"\x7f", b"\x80", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f",
         b"\0\0\0\x80", b"\xff" * 8, b"\x00\x00\x00\x00\x00\x00\x00\x80", b"\0\1\0\0")  # fmt: skip
"""Values at which lengths and counts overflow, in both byte orders."""
MOST = 8
"""Mutations of one file at most."""

Mutation = Callable[[bytearray, random.Random], None]


def mutated(content: bytes, rng: random.Random) -> bytes:
    """The content after one to MOST mutations; mostly few, so that the damage lies deep in an else whole file."""
    changed = bytearray(content)
    for _ in range(min(MOST, 1 + int(rng.expovariate(0.7)))):
        if changed:
            rng.choice(MUTATIONS)(changed, rng)
    return bytes(changed)


def _place(content: bytearray, rng: random.Random) -> int:
    """A place, near the beginning as often as anywhere, since headers lie there."""
    return rng.randrange(min(len(content), 128) if rng.random() < 0.5 else len(content))


def _flip(content: bytearray, rng: random.Random) -> None:
    content[_place(content, rng)] ^= 1 << rng.randrange(8)


def _set(content: bytearray, rng: random.Random) -> None:
    content[_place(content, rng)] = rng.randrange(256)


def _edge(content: bytearray, rng: random.Random) -> None:
    at, value = _place(content, rng), rng.choice(EDGES)
    content[at : at + len(value)] = value


def _cut(content: bytearray, rng: random.Random) -> None:
    del content[_place(content, rng) :]


def _remove(content: bytearray, rng: random.Random) -> None:
    at = _place(content, rng)
    del content[at : at + rng.randrange(1, 64)]


def _insert(content: bytearray, rng: random.Random) -> None:
    at = _place(content, rng)
    content[at:at] = rng.randbytes(rng.randrange(1, 64))


def _repeat(content: bytearray, rng: random.Random) -> None:
    at = _place(content, rng)
    content[at:at] = content[at : at + rng.randrange(1, 256)]


def _blank(content: bytearray, rng: random.Random) -> None:
    at, size = _place(content, rng), rng.randrange(1, 512)
    content[at : at + size] = bytes(min(size, len(content) - at))


def _swap(content: bytearray, rng: random.Random) -> None:
    one, other = _place(content, rng), _place(content, rng)
    size = rng.randrange(1, 32)
    one, other = sorted((one, other))
    if one + size <= other and other + size <= len(content):
        content[one : one + size], content[other : other + size] = (
            content[other : other + size],
            content[one : one + size],
        )


MUTATIONS: tuple[Mutation, ...] = (_flip, _set, _edge, _cut, _remove, _insert, _repeat, _blank, _swap)
