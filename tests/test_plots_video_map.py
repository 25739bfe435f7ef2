"""The chart of a map over a video: a row of bars for each sense on one scale, frames above, clicks tell the part."""

import numpy as np

from mmalign_core.plots import video_map_figure

SPANS = [(0.0, 1.0), (1.0, 4.0)] * 2
VALUES = np.array([0.3, -0.1, 0.0, 0.2])


def test_rows_for_what_is_seen_and_heard() -> None:
    senses = ["seen", "seen", "heard", "heard"]
    labels = ["a seen", "b seen", "a heard", "b heard"]
    figure = video_map_figure(["data:a", "data:b"], SPANS, VALUES, labels, senses, waveform=np.ones(50), rate=25)
    bars = [trace for trace in figure.data if trace.type == "bar" and trace.customdata is None]
    assert [(bar.yaxis, list(bar.y)) for bar in bars] == [("y", [0.3, -0.1]), ("y2", [0.0, 0.2])]
    clicks = [int(i) for trace in figure.data if trace.customdata is not None for (i,) in trace.customdata]
    assert clicks == [0, 1, 2, 3]
    assert [trace.yaxis for trace in figure.data if trace.type == "scatter"] == ["y2"]
    (sound,) = [trace for trace in figure.data if trace.type == "scatter"]
    assert 1.9 < max(sound.x) < 2, "two seconds of sound below four of frames"
    layout = figure.layout
    assert layout.yaxis.range == layout.yaxis2.range and layout.xaxis.range == (0, 4)
    assert (layout.yaxis.title.text, layout.yaxis2.title.text) == ("seen +0.20", "heard +0.20")
    assert 0 <= layout.yaxis2.domain[0] < layout.yaxis2.domain[1] < layout.yaxis.domain[0] < layout.yaxis.domain[1] < 1
    assert [(image.source, image.x, image.sizex) for image in layout.images] == [("data:a", 0, 2), ("data:b", 2, 2)]
    assert "b heard<br>adds +0.2000" in figure.data[-1].hovertext


def test_one_row_without_senses_or_sound() -> None:
    figure = video_map_figure([], SPANS[:2], VALUES[:2], waveform=np.zeros(0))
    assert [trace.type for trace in figure.data] == ["bar", "bar"] and not figure.layout.images
    assert figure.layout.yaxis.title.text == "adds"
