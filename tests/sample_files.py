"""Small pictures, sounds and tables that the tests make for themselves."""

import io
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
