"""Charts as Unfold's component draws them, with the Chart.js that comes with it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

# Of the theme, so that light and dark are right; each can be told from its neighbors.
COLORS = (
    "var(--color-primary-600)",
    "var(--color-orange-500)",
    "var(--color-green-600)",
    "var(--color-base-400)",
    "var(--color-red-500)",
    "var(--color-blue-300)",
)
# Legible on white and on black; the canvas knows no variables for text.
TEXT = "#71788a"


@dataclass(frozen=True)
class Chart:
    """Bars over `labels`; each of `series` has a number for every label.

    `says` is what it shows, for those who do not see it: the numbers are in the table below.
    """

    says: str
    labels: Sequence[str]
    series: Mapping[str, Sequence[Decimal | int]]
    is_stacked: bool = True

    @property
    def data(self) -> str:
        return json.dumps(
            {
                "labels": list(self.labels),
                "datasets": [
                    {
                        "label": name,
                        "data": [float(value) for value in values],
                        "backgroundColor": COLORS[position % len(COLORS)],
                        "maxBarThickness": 48,
                    }
                    for position, (name, values) in enumerate(self.series.items())
                ],
            }
        )

    @property
    def options(self) -> str:
        # Nobody signs up by halves.
        axis = {"stacked": self.is_stacked, "ticks": {"color": TEXT, "precision": 0}}
        return json.dumps(
            {
                "responsive": True,
                "maintainAspectRatio": False,
                "animation": False,
                "plugins": {
                    "legend": {
                        "display": len(self.series) > 1,
                        "position": "bottom",
                        "labels": {"color": TEXT, "boxWidth": 12, "boxHeight": 12},
                    }
                },
                "scales": {"x": axis | {"grid": {"display": False}}, "y": axis | {"grid": {}}},
            }
        )
