"""Small pictures, sounds and tables that the tests make for themselves."""

import io
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soundfile
from PIL import Image

RATE = 22050


def picture(width: int = 40, height: int = 30, mode: str = "RGB", seed: int = 0) -> Image.Image:
    """A smooth random picture, so that lossy formats keep it and pictures of different seeds differ."""
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 5, 4 if mode == "RGBA" else 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    return image if image.mode == mode else image.convert(mode)


def encoded(image: Image.Image, format: str = "PNG", **options: object) -> bytes:
    """The bytes of an image file."""
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def png(seed: int = 0) -> bytes:
    return encoded(picture(seed=seed))


def tone(seconds: float = 0.5, hertz: float = 440.0, rate: int = RATE, level: float = 0.5) -> np.ndarray:
    """A sine (n,) float32."""
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def sound(samples: np.ndarray, rate: int = RATE, format: str = "WAV", subtype: str | None = None) -> bytes:
    """The bytes of a sound file; samples (n,) or (n, channels)."""
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=format, subtype=subtype)
    return buffer.getvalue()


def wav(seed: int = 0) -> bytes:
    return sound(tone(0.2, 300 + 50 * seed))


def aac(path: Path, samples: np.ndarray, rate: int) -> Path:
    """Write mono samples as AAC in the container that the path's extension names."""
    with av.open(str(path), "w", format="adts" if path.suffix == ".aac" else None) as container:
        stream = container.add_stream("aac", rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.rate = rate
        split = av.AudioResampler(format="fltp", layout="mono", rate=rate, frame_size=1024)
        for part in [*split.resample(frame), *split.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return path


def write(folder: Path, files: dict[str, bytes | str]) -> Path:
    """Write files by relative name, with their folders."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def film(
    path: Path,
    frames: Sequence[np.ndarray],
    fps: int = 10,
    *,
    codec: str = "mpeg4",
    sounds: Sequence[np.ndarray] = (),
    rotation: int = 0,
    ticks: Sequence[int] | None = None,
    gop: int = 12,
) -> Path:
    """Write pixels (h, w, 3) uint8 and sound tracks (n,) at 16 kHz as a video in the container of the extension.

    `ticks`: when each frame is shown, in 1 / fps seconds; frames after the last tick are left out.
    """
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = {"gif": "rgb8"}.get(codec, "yuv420p")
        if codec != "gif":
            stream.bit_rate = 2_000_000
        stream.codec_context.gop_size = gop
        stream.codec_context.time_base = Fraction(1, fps)
        if rotation:
            stream.set_display_rotation(rotation)
        tracks = [container.add_stream("libopus", rate=48_000, layout="mono") for _ in sounds]
        for pixels, tick in zip(frames, range(len(frames)) if ticks is None else ticks):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            frame.pts, frame.time_base = tick, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        for track, samples in zip(tracks, sounds):
            frame = av.AudioFrame.from_ndarray(samples[None].astype(np.float32), format="fltp", layout="mono")
            frame.rate = 16_000
            split = av.AudioResampler(format="flt", layout="mono", rate=48_000, frame_size=960)
            for part in [*split.resample(frame), *split.resample(None)]:
                container.mux(track.encode(part))
            container.mux(track.encode(None))
    return path


def colours(*shades: tuple[int, int, int], each: int = 10, size: tuple[int, int] = (64, 48)) -> list[np.ndarray]:
    """Frames of one colour after another, `each` frames long, (width, height) large."""
    width, height = size
    return [np.full((height, width, 3), shade, np.uint8) for shade in shades for _ in range(each)]


def npy(array: np.ndarray, *, pickled: bool = False) -> bytes:
    """An array as numpy saves it."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=pickled)
    return buffer.getvalue()


def npz(packed: bool = True, **arrays: np.ndarray) -> bytes:
    """Arrays by name, in one file."""
    buffer = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(buffer, **arrays)
    return buffer.getvalue()
