"""Figures and the report of a loop."""

from surronas.plots.cell import draw_cell
from surronas.plots.content import Report
from surronas.plots.explanation import (
    draw_choice_effects,
    draw_explained_cell,
    draw_path_effects,
    draw_structure_effects,
)
from surronas.plots.figures import incumbent_over_rounds, predicted_against_measured, tau_over_rounds
from surronas.plots.report import write_report

__all__ = [
    "Report",
    "draw_cell",
    "draw_choice_effects",
    "draw_explained_cell",
    "draw_path_effects",
    "draw_structure_effects",
    "incumbent_over_rounds",
    "predicted_against_measured",
    "tau_over_rounds",
    "write_report",
]
