"""Explanation maps: tinted words, cells of a picture, bars of a sound or video, with method and faithfulness."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from mmalign_core.plots import picture_map_figure, sound_map_figure, video_map_figure, word_map_html
from mmalign_core.types import Media
from mmalign_core.wording import say, tr, tr_any
from mmalign_core.workflow import MediaMap, Run, faithfulness_numbers, faithfulness_verdict, is_comparable, video_tiles
from pages._components import errors, figures
from pages._session import clicks, media_cache

_MOST_FRAMES = 3
"""Frames shown of a stretch of a video: as many as fit side by side in its column."""
_METHODS = {
    "exact": say("exact: the score is a sum over the parts"),
    "integrated gradients": say("integrated gradients through the trained head"),
    "integrated gradients through the model": say(
        "integrated gradients through the whole model, from the masked medium on"
    ),
    "gradient-weighted attention": say("attention weighted by its gradient, one backward pass"),
    "LeGrad": say("LeGrad: gradients of the attention, one backward pass"),
    "Grad-ECLIP": say("Grad-ECLIP: gradients of the last attention, one backward pass"),
    "occlusion": say("occlusion: each part masked in turn"),
}


def show(run: Run, medium: Media, found: MediaMap, *, key: str) -> None:
    """Draw one medium with its map, its method, and whether it is faithful."""
    with errors.shown():
        {"text": _words, "image": _picture, "audio": _sound, "video": _video}[found.modality](run, medium, found, key)
    verdict(found)


def verdict(found: MediaMap) -> None:
    """Draw whether the map orders the parts better than random orders, with the numbers and the method."""
    seen, parts = found.faithfulness, len(found.parts)
    method, words = errors.plain(tr_any(_METHODS.get(found.method, found.method))), faithfulness_verdict(seen, parts)
    if seen is None or not is_comparable(seen, parts):
        st.caption(tr("By {method}; {words}.", method=method, words=words))
        return
    colour, icon = ("green", "check_circle") if seen.better else ("red", "warning")
    measured = faithfulness_numbers(seen)
    st.markdown(
        f":{colour}[:material/{icon}: {words}] :small[:gray[{measured} · {method}]]",
        help=tr(
            "Parts taken away in the map's order: mean score {deletion:.3f}, in random orders "
            "{random_deletion:.3f} (lower is better). Added in its order: {insertion:.3f}, at random "
            "{random_insertion:.3f} (higher is better).",
            deletion=seen.deletion,
            random_deletion=seen.random_deletion,
            insertion=seen.insertion,
            random_insertion=seen.random_insertion,
        ),
    )


def _words(run: Run, medium: Media, found: MediaMap, key: str) -> None:
    places = [part.place for part in found.parts]
    st.html(word_map_html(media_cache.view_of(medium, run.encoders["text"]), places, found.values, most=1200))


def _picture(run: Run, medium: Media, found: MediaMap, key: str) -> None:
    seen = media_cache.seen_picture(medium.digest, run.encoders["image"], medium)
    labels, boxes = [part.label for part in found.parts], [part.place for part in found.parts]
    figure = picture_map_figure(seen.uri, (seen.width, seen.height), boxes, found.values, labels, height=300)
    figures.show(figure, key=key, alt=tr("What each cell of the picture adds to the score"))


def _sound(run: Run, medium: Media, found: MediaMap, key: str) -> None:
    """Bars over the waveform. A click on a bar plays that stretch."""
    waveform, rate = media_cache.heard(medium.digest, run.encoders["audio"], medium)
    spans, labels = [part.place for part in found.parts], [part.label for part in found.parts]
    figure = sound_map_figure(waveform, rate, spans, found.values, labels, height=190)
    start, end, clicked = _stretch(found, figure, key, "hear")
    _play(waveform, rate, start, end, clicked)


def _video(run: Run, medium: Media, found: MediaMap, key: str) -> None:
    """Frames over time with bars for picture and sound below. A click on a bar shows and plays that stretch."""
    seen = media_cache.watched(medium.digest, run.encoders["video"], medium)
    spans, labels = [part.place for part in found.parts], [part.label for part in found.parts]
    senses = [part.sense for part in found.parts]
    figure = video_map_figure(
        video_tiles(seen), spans, found.values, labels, senses,
        waveform=seen.sound, rate=seen.rate, height=300 if any(senses) else 220,
    )  # fmt: skip
    start, end, clicked = _stretch(found, figure, key, "see")
    inside = seen.pixels[(seen.times >= start) & (seen.times < end)]
    st.image(
        list(inside[:_MOST_FRAMES]),
        width=150,
        alt=tr("Frames from {start:.1f} to {end:.1f} seconds", start=start, end=end),
    )
    if len(seen.sound[int(start * seen.rate) :]):
        _play(seen.sound, seen.rate, start, end, clicked)


def _stretch(found: MediaMap, figure: Any, key: str, verb: str) -> tuple[float, float, bool]:
    """Draw the bars; return (start, end) seconds of the clicked, else the largest bar, and whether one was clicked."""
    figures.show(
        figure,
        key=key,
        on_select="rerun",
        selection_mode="points",
        alt=tr("What each stretch of the sound adds to the score")
        if found.modality == "audio"
        else tr("What each stretch of the video adds to the score"),
    )
    clicked = clicks.clicked_point(key)
    place = min(int(clicked[0]) if clicked else int(found.values.argmax()), len(found.parts) - 1)
    chosen = found.parts[place]
    st.caption(
        f"{chosen.label}" + ("" if clicked else tr(", which adds most; click a bar to {verb} another", verb=verb))
    )
    return chosen.place[0], chosen.place[1], bool(clicked)


def _play(waveform: np.ndarray, rate: int, start: float, end: float, autoplay: bool) -> None:
    st.audio(
        waveform[int(start * rate) : max(int(end * rate), int(start * rate) + 1)], sample_rate=rate,
        autoplay=autoplay, alt=tr("The sound from {start:.1f} to {end:.1f} seconds", start=start, end=end),
    )  # fmt: skip
