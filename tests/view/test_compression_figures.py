"""Figures of a sweep: what the scale has no room for is said, and every number is drawn."""

import numpy as np
import pytest

from rasplab.lab.compression import Measures, Member
from rasplab.view.compression_figures import LEAST_LOSS, draw_cosines, draw_losses
from rasplab.view.look import NARROW

pytest.importorskip("matplotlib", reason="pictures need matplotlib")


def measured(width: int, loss: float, cosine: float = 1.0) -> Measures:
    return Measures(Member(width, 0), loss, loss, 0.5, {"0.attn": cosine, "0.attn/x": cosine})


def test_a_loss_below_the_scale_stands_on_a_line_that_says_so() -> None:
    output, *_ = draw_losses({"fast": [measured(2, 1e-3), measured(3, 0.0)]}).axes
    (line,) = output.get_lines()
    assert np.array_equal(np.asarray(line.get_ydata()), [1e-3, LEAST_LOSS])
    labels = [label.get_text() for label in output.get_yticklabels()]
    assert labels[0] == r"$\leq 10^{-9}$"
    assert not any("leq" in label for label in labels[1:])


def test_a_scale_that_has_room_for_all_losses_says_nothing_of_less() -> None:
    output, *_ = draw_losses({"fast": [measured(2, 1e-3), measured(3, 1e-5)]}).axes
    labels = [label.get_text() for label in output.get_yticklabels()]
    assert labels
    assert not any("leq" in label for label in labels)


def test_the_widest_stream_has_a_tick_however_many_there_are() -> None:
    axes, *_ = draw_losses({"fast": [measured(width, 0.1) for width in range(2, 26)]}).axes
    assert axes.get_xticks()[-1] == 25 or axes.get_xticks()[0] == 25
    assert len(axes.get_xticks()) == 8


def test_cosines_that_coincide_are_both_seen() -> None:
    found = [
        Measures(Member(w, 0), 0.1, 0.1, 1.0, {"0.mlp/x": 1.0, "1.attn/y": 1.0}) for w in (2, 3)
    ]
    axes, *_ = draw_cosines(found).axes
    below, above = sorted(axes.get_lines(), key=lambda line: line.get_zorder())
    assert below.get_markersize() > above.get_markersize()


def test_narrow_losses_stand_below_each_other_and_can_be_read() -> None:
    series = {"fast": [measured(2, 1e-3), measured(3, 1e-5)]}
    wide, narrow = (draw_losses(series, size=size) for size in (None, NARROW))
    assert [a.get_ylabel() for a in narrow.axes] == [a.get_ylabel() for a in wide.axes]
    narrow.canvas.draw()
    assert len({round(a.get_position().x0, 3) for a in narrow.axes}) == 1
    scale = 400 / (narrow.get_figwidth() * 72)
    labels = [float(t.get_fontsize()) for a in narrow.axes for t in a.get_xticklabels()]
    assert round(min(labels) * scale, 6) >= 8
