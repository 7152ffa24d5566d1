"""Runs of the models of lifetime value: how each was tested, and whether it is used."""

from collections.abc import Iterable
from typing import Any, ClassVar, Final

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from analytics.admin.numbers import NOTHING
from analytics.lifetime import parameters
from analytics.lifetime.drawing import calibration_plot
from analytics.models import ModelRun
from commerce.admin.scope import FactPage, PartnerFilter

MODELS: Final = {
    "purchases": ("How often: BG/NBD", parameters.PURCHASES),
    "amounts": ("How much: Gamma-Gamma", parameters.AMOUNTS),
}
CELL: Final = '<td class="pr-6 py-1">{}</td>'


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> SafeString:
    """A small table of texts."""
    return format_html(
        "<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>",
        format_html_join(
            "", '<th class="pr-6 py-1 text-left" scope="col">{}</th>', ([head] for head in heads)
        ),
        format_html_join(
            "", "<tr>{}</tr>", ([format_html_join("", CELL, ([cell] for cell in row))] for row in rows)
        ),
    )


@admin.register(ModelRun)
class ModelRunPage(FactPage):
    """Runs, the latest first; each stays as it was made."""

    list_display = (
        "observed_to", "partner", "currency", "is_used", "customers", "repeaters", "holdout_ratio", "made_at",
    )  # fmt: skip
    list_filter = (PartnerFilter, "method", "currency")
    ordering = ("-made_at", "-id")
    exclude: ClassVar[tuple[str, ...]] = ("id", "parameters", "holdout", "baseline", "gates")
    readonly_fields = ("conditions", "estimates", "calibration", "past_spend")

    @admin.display(description="The model is used", boolean=True)
    def is_used(self, run: ModelRun) -> bool:
        """Whether predictions are the model's."""
        return run.method == ModelRun.Method.MODEL

    @admin.display(description="Gates")
    def conditions(self, run: ModelRun) -> SafeString:
        """What it has to meet to be used."""
        return _table(
            ("Condition", "Met", "Why not"),
            (
                (
                    one["gate"].replace("_", " ").capitalize(),
                    "Yes" if one["is_passed"] else "No",
                    one["reason"],
                )
                for one in run.gates
            ),
        )

    @admin.display(description="Parameters")
    def estimates(self, run: ModelRun) -> SafeString:
        """Values of both models with their standard errors."""
        return _table(
            ("Model", "Parameter", "Value", "Standard error"),
            (
                (label, name, f"{told[name]['value']:.6f}", _error(told[name]["error"]))
                for model, (label, names) in MODELS.items()
                if (told := run.parameters.get(model))
                for name in names
            ),
        )

    @admin.display(description="Calibration")
    def calibration(self, run: ModelRun) -> SafeString | str:
        """Predicted against actual, by tenth of the customers; drawn, and as numbers."""
        tenths: list[dict[str, Any]] = run.holdout.get("tenths", [])
        if not tenths:
            return NOTHING
        return format_html(
            "{}{}",
            calibration_plot(tenths),
            _table(
                ("Tenth", "Purchases predicted", "Purchases that came", "Worth predicted", "Worth that came"),
                (
                    (
                        str(place), f"{one['predicted']:.3f}", f"{one['actual']:.3f}",
                        f"{one['predicted_value']:.2f}", f"{one['actual_value']:.2f}",
                    )
                    for place, one in enumerate(tenths, 1)
                ),
            ),
        )  # fmt: skip

    @admin.display(description="Beside past spend")
    def past_spend(self, run: ModelRun) -> SafeString | str:
        """What the model adds to past spend alone."""
        told = run.baseline
        if not told:
            return NOTHING
        return _table(
            ("", "Worth caught by its first tenth", "A customer's worth is missed by"),
            (
                (label, _share(told[f"{prefix}share"]), f"{told[f'{prefix}error']:.2f}")
                for label, prefix in (("Past spend", ""), ("Model", "model_"))
            ),
        )


def _error(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.6f}"


def _share(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.1%}"
