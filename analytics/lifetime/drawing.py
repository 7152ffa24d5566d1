"""The calibration of a run as a picture: what was predicted of each tenth of the customers, and what came."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

SIDE: Final = 320
LEFT, TOP, RIGHT, BOTTOM = 46, 12, 12, 40


def calibration_plot(tenths: Sequence[Mapping[str, Any]]) -> SafeString:
    """An SVG of purchases of a customer: predicted to the right, actual upwards, the same on the line."""
    most = max((max(one["predicted"], one["actual"]) for one in tenths), default=0.0) or 1.0
    top, step = _scale(most)

    def across(value: float) -> float:
        return round(LEFT + value / top * (SIDE - LEFT - RIGHT), 1)

    def upward(value: float) -> float:
        return round(SIDE - BOTTOM - value / top * (SIDE - TOP - BOTTOM), 1)

    marks = [step * number for number in range(round(top / step) + 1)]
    return format_html(
        '<svg viewBox="0 0 {side} {side}" width="{side}" height="{side}" role="img" font-size="11" '
        'fill="currentColor" aria-labelledby="calibration-title calibration-told">'
        '<title id="calibration-title">Predicted and actual purchases by tenth of the customers</title>'
        '<desc id="calibration-told">{told}</desc>'
        '<g stroke="currentColor" stroke-opacity="0.2">{grid}</g>{labels}'
        '<line x1="{x0}" y1="{y0}" x2="{x1}" y2="{y1}" stroke="currentColor" stroke-dasharray="4 4"/>'
        '{points}<text x="{middle}" y="{foot}" text-anchor="middle">Predicted</text>'
        '<text x="12" y="{centre}" text-anchor="middle" transform="rotate(-90 12 {centre})">Actual</text>'
        "</svg>",
        side=SIDE,
        told=_told(tenths),
        grid=format_html_join(
            "",
            '<line x1="{}" y1="{}" x2="{}" y2="{}"/><line x1="{}" y1="{}" x2="{}" y2="{}"/>',
            (
                (
                    across(0), upward(mark), across(top), upward(mark),
                    across(mark), upward(0), across(mark), upward(top),
                )
                for mark in marks
            ),
        ),
        labels=format_html_join(
            "",
            '<text x="{}" y="{}" text-anchor="middle">{}</text>'
            '<text x="{}" y="{}" text-anchor="end">{}</text>',
            (
                (across(mark), SIDE - BOTTOM + 14, f"{mark:g}", LEFT - 5, upward(mark) + 4, f"{mark:g}")
                for mark in marks
            ),
        ),
        points=format_html_join(
            "",
            '<circle cx="{}" cy="{}" r="4" fill="#7c3aed"><title>{}</title></circle>',
            (
                (across(one["predicted"]), upward(max(one["actual"], 0.0)), _of(place, one))
                for place, one in enumerate(tenths, 1)
            ),
        ),
        x0=across(0), y0=upward(0), x1=across(top), y1=upward(top),
        middle=(LEFT + SIDE - RIGHT) / 2, foot=SIDE - 8, centre=(TOP + SIDE - BOTTOM) / 2,
    )  # fmt: skip


def _scale(most: float) -> tuple[float, float]:
    """(end, step) of an axis that holds a number: four to eight steps of 1, 2 or 5 of some size."""
    size = 1.0
    while size * 10 <= most:
        size *= 10
    while size > most:
        size /= 10
    step = next(size * part for part in (0.2, 0.5, 1.0, 2.0) if most / (size * part) <= 8)
    steps = -(-most // step)
    return round(steps * step, 10), round(step, 10)


def _of(place: int, one: Mapping[str, Any]) -> str:
    return f"Tenth {place}: {one['predicted']:.3f} predicted, {one['actual']:.3f} came"


def _told(tenths: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(_of(place, one) for place, one in enumerate(tenths, 1))
