# %% [markdown]
# # Social video: clips, captions and what is heard
#
# You have short clips. Does the caption say what is in the clip, and does the sound help to tell? The clips are made
# here: a drawing that moves, with a sound.
#
# **The data.** The drawings are by OpenMoji (CC BY-SA 4.0), the captions are the demo's. Films and sounds are
# **simulated**: the films by the code below, the sounds by the demo's synthesiser. The numbers say what sound adds for
# such clips, not for what people post.

# %%
import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soundfile
from PIL import Image

import mmalign_core as mm

SIDE, FRAMES, PER_SECOND = 224, 6, 2  # pixels, frames of a clip, frames a second
CLIPS = 60


def write_clip(path: Path, picture: Image.Image, sound: np.ndarray | None) -> None:
    """A film in which the camera moves towards the picture; `sound` (n,) at 48 kHz, None for a silent film."""
    with av.open(str(path), "w") as film:
        stream = film.add_stream("mpeg4", rate=PER_SECOND)
        stream.width = stream.height = SIDE
        stream.pix_fmt, stream.bit_rate = "yuv420p", 1_000_000
        track = None if sound is None else film.add_stream("aac", rate=48_000, layout="mono")
        for number in range(FRAMES):
            edge = number * picture.width // 60
            near = picture.crop((edge, edge, picture.width - edge, picture.height - edge)).resize((SIDE, SIDE))
            frame = av.VideoFrame.from_image(near)
            frame.pts, frame.time_base = number, Fraction(1, PER_SECOND)
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))
        if track is not None and sound is not None:
            heard = av.AudioFrame.from_ndarray(sound[None].astype(np.float32), format="fltp", layout="mono")
            heard.rate = 48_000
            parts = av.AudioResampler(format="fltp", layout="mono", rate=48_000, frame_size=1024)
            for part in [*parts.resample(heard), *parts.resample(None)]:
                film.mux(track.encode(part))
            film.mux(track.encode(None))


# %%
demo = mm.demo()
media = {(m.item, m.modality): m for m in demo.media}
heard = sorted(item for item in demo.ids if (item, "audio") in media)[:CLIPS]
folders = {"silent": Path("build/clips_silent"), "sound": Path("build/clips_sound")}
for name, folder in folders.items():
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "manifest.jsonl").open("w", encoding="utf-8") as manifest:
        for item in heard:
            samples, rate = soundfile.read(str(media[item, "audio"].path))
            times = np.arange(int(len(samples) * 48_000 / rate)) * rate / 48_000
            track = np.interp(times, np.arange(len(samples)), samples) if name == "sound" else None
            write_clip(folder / f"{item}.mp4", Image.open(str(media[item, "image"].path)).convert("RGB"), track)
            text = media[item, "text"].text
            manifest.write(json.dumps({"id": item, "video": f"{item}.mp4", "text": text, "data": "simulated"}) + "\n")
f"{len(heard)} clips of {FRAMES / PER_SECOND:g} s, once silent and once with their sound"

# %% [markdown]
# The encoder of videos reads frames and sound together. `bridge` learns from no pair: it goes by the names of what is
# seen and heard, so every clip can be measured and nothing is held out.

# %%
silent = mm.align(folders["silent"], "bridge", pair="text:video")
sound = mm.align(folders["sound"], "bridge", pair="text:video")
silent.metrics, sound.metrics

# %% [markdown]
# `run.difference` compares runs of the same media; these films differ. So the captions, which are the same, are paired
# here by their ids, and resampled 10,000 times.

# %%
ranks = [run.errors("text->video").set_index("id")["rank"].loc[heard].to_numpy() for run in (silent, sound)]
found = np.array([rank <= 10 for rank in ranks])
change = found[1].astype(int) - found[0]
drawn = np.random.default_rng(0).choice(change, (10_000, len(change))).mean(axis=1)
low, high = np.percentile(drawn, [2.5, 97.5])
f"{(change > 0).sum()} captions are found only with the sound, {(change < 0).sum()} only without it"

# %%
# What still goes wrong, worst first, with the causes that were found.
sound.errors("text->video")[["id", "rank", "causes"]].head(5)

# %%
# More like this clip: what is seen and heard, and the caption, each with its share.
sound.recommend(item=heard[0], k=3)

# %%
# Why this clip for this caption? The seconds of the film and the words that made the score.
sound.explain(f"text:{heard[0]}", f"video:{heard[0]}", faithful=False)

# %%
surely = "helps" if low > 0 else "harms" if high < 0 else "cannot be shown to help"
print(
    f"FINDING (simulated clips): the sound {surely}. A caption finds its clip among the first ten in "
    f"{found[0].mean():.0%} of cases by what is seen and in {found[1].mean():.0%} by what is seen and heard "
    f"(difference {change.mean():+.0%}, 95% {low:+.0%} to {high:+.0%}; by chance {10 / len(heard):.0%}). "
    f"n = {len(heard)} captions, split: none, since bridge learns from no pair."
)
