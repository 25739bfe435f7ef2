"""Large encoders, from files on disk, beside a bare forward loop over decoded tensors and the library's plain loop.

    python benchmarks/large_throughput.py [--device auto] [--models ViT-B-32 ...] [--batches 16 ...] [--limit 200]

Models have their published sizes and random weights, are saved as each library saves them, and are loaded by the path
a user takes. Media: photographs and sounds of ../shared/data, film titles, and films that are generated. The three
ways run in turns in one process, so a busy machine slows all; numbers are medians over the turns. `library/s` is the
example of each library's documentation: `for file: preprocess; encode` for pictures and sounds, lists of texts.
`ratio` is ours by bare, `by cpu` the same of processor times, which other work on the machine hardly moves. `bound` is
the best ratio possible: on the processor, where the bare loop leaves no core to decode on, its processor time by that
of loop and decoding; on a GPU what all cores decode in a second, by bare.
Exits with 2 and one line if a device is asked for that is not there.
"""

from __future__ import annotations

import argparse
import logging
import resource
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.large_loops import bare, library
from benchmarks.large_models import BERTS, saved_bert, saved_clap, saved_clip
from benchmarks.throughput import Speed, measure, nothing
from benchmarks.video_throughput import generated
from mmalign_core.data.media.references import text_media
from mmalign_core.encoders import create_encoder
from mmalign_core.encoders.torch_models.devices import choose_device
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Media, digest_file

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
CLIPS = ("ViT-B-32", "ViT-B-16", "RN50", "ViT-L-14")
CASES = (*CLIPS[:3], *BERTS, "CLAP", "video")
SUFFIXES = {"image": (".jpg", ".jpeg", ".png", ".webp"), "audio": (".wav", ".ogg", ".flac", ".mp3", ".m4a")}


def files(modality: str, folder: Path, limit: int) -> list[Media]:
    """Photographs or sounds of the development data; where they are too few, copies with a byte more each time."""
    found = sorted((DATA / ("coco_mini_ccby" if modality == "image" else "esc10")).rglob("*"))
    paths = [f for f in found if f.suffix.lower() in SUFFIXES[modality]]
    paths = paths[:: max(1, len(paths) // limit)][:limit]
    count = len(paths)
    for i in range(count, limit):
        again = paths[i - count]
        paths.append(folder / f"{i}{again.suffix}")
        paths[-1].write_bytes(again.read_bytes() + b"\0")
    return [Media(f.stem, modality, digest_file(f), path=str(f)) for f in paths]


def texts(limit: int) -> list[Media]:
    """Titles of films with their kinds, as a catalogue has them, no two alike; every fourth longer than the rest."""
    lines = (DATA / "movietweetings100k/movies.dat").read_text("utf-8").splitlines()
    said = [" ".join(line.split("::")[1:]).replace("|", ", ") for line in lines[: 4 * limit]]
    joined = [" ".join(said[i : i + (6 if i % 4 == 0 else 1)]) for i in range(limit)]
    return [text_media(str(i), text, "joined", Settings()) for i, text in enumerate(dict.fromkeys(joined))]


def films(folder: Path, limit: int) -> list[Media]:
    """Generated films of 8 seconds."""
    paths = [generated(folder / f"{i}.mp4", (8 + i % 3) / 60, 25) for i in range(limit)]
    return [Media(path.stem, "video", digest_file(path), path=str(path)) for path in paths]


def references(case: str, folder: Path) -> Iterator[tuple[str, str]]:
    """The model of that case, saved: (reference, modality) of each encoder."""
    if case in CLIPS:
        reference = f"open-clip:local-dir:{saved_clip(folder, case)}"
        yield from ((reference, "image"), (reference, "text"))
    elif case == "video":
        yield f"video-frames:open-clip:local-dir:{saved_clip(folder, 'ViT-B-32')}", "video"
    elif case == "CLAP":
        reference = f"clap:{saved_clap(folder, words())}"
        yield from ((reference, "audio"), (reference, "text"))
    else:
        yield f"sentence-transformers:{saved_bert(folder, case, words())}", "text"


def words() -> list[str]:
    """What tokenizers learn from."""
    return [medium.text or "" for medium in texts(10_000)]


def media_of(modality: str, folder: Path, limit: int) -> list[Media]:
    """What that many items of the modality are; fewer films, since each has several frames."""
    if modality == "video":
        return films(folder, max(2, limit // 25))
    return texts(limit) if modality == "text" else files(modality, folder, limit)


def rows(case: str, folder: Path, given: argparse.Namespace) -> Iterator[str]:
    """A row for each encoder of the case and each batch."""
    for reference, modality in references(case, folder / "model"):
        encoder: Any = create_encoder(reference, modality)
        encoder.settings = Settings(device=given.device)
        encoder.load()
        media = media_of(modality, folder, given.limit)
        looks = encoder._image if modality == "video" else encoder
        for batch in given.batches or [looks.at_once]:
            looks.at_once = batch
            yield row(case, looks, timed(encoder, media, 0 if modality == "video" else batch, given.repeats), modality)


def timed(encoder: Any, media: list[Media], size: int, repeats: int) -> Speed:
    """The three ways in turns."""
    before = encoder.seen.clear if encoder.modality == "video" else nothing
    plain = nothing if encoder.modality == "video" else lambda: library(encoder, media)
    return measure(encoder, bare(encoder), media, repeats, size=size, plain=plain, before=before)


def row(case: str, encoder: Any, speed: Speed, modality: str) -> str:
    """One row of the table."""
    bound = speed.bound
    if encoder.device != "cpu":
        bound = min(1.0, 1000 * encoder.settings.threads / speed.decode_ms / speed.bare)
    name = f"{case:10} {modality:6} {encoder.device:7} {encoder.dtype:9} {encoder.at_once:5} {speed.items:5}"
    ratios = f"{speed.ratio:6.2f} {speed.by_cpu:7.2f} {bound:6.2f}"
    times = f"decode {speed.decode_ms:.2f}, forward {speed.forward_ms:.2f}"
    return f"{name} {speed.whole:9.1f} {speed.bare:9.1f} {speed.plain:10.1f} {ratios}  {times}"


def main() -> None:
    """Print a row per model, modality and batch as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--models", nargs="+", choices=(*CASES, "ViT-L-14"), default=CASES)
    parser.add_argument("--batches", nargs="+", type=int, help="default: what each encoder finds")
    parser.add_argument("--limit", type=int, default=200, help="items of each modality")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--check", action="store_true", help="only look whether the device is there")
    given = parser.parse_args()
    try:
        given.device = choose_device(given.device)
    except BadInput as error:
        print(f"large_throughput: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    if given.check:
        return
    logging.disable(logging.WARNING)  # that weights are random is known
    numbers = "   ours/s    bare/s  library/s  ratio  by cpu  bound  processor ms"
    print(f"model      reads  device  dtype     batch items {numbers}")
    for case in given.models:
        with tempfile.TemporaryDirectory() as folder:
            for text in rows(case, Path(folder), given):
                print(text, flush=True)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
