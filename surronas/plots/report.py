"""Write a report: PNG figures, and one self-contained page that shows them and every number."""

from pathlib import Path

from surronas.errors import StoreError
from surronas.plots.cell import draw_cell
from surronas.plots.content import Report
from surronas.plots.figures import incumbent_over_rounds, predicted_against_measured, tau_over_rounds
from surronas.plots.page import page
from surronas.plots.style import png_bytes
from surronas.store.files import write_aside


def write_report(folder: Path, report: Report) -> Path:
    """Return the path of ``report.html`` in ``folder``, written after the PNG figures beside it.

    Each file appears whole or not at all, and replaces what an earlier report left.

    Raises:
        StoreError: the folder can't be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"can't make the folder {folder}: {error.strerror}; choose another one") from error
    pictures = figures(report)
    for name, png in pictures.items():
        write_aside(folder / name, [png])
    path = folder / "report.html"
    write_aside(path, [page(report, pictures).encode()])
    return path


def figures(report: Report) -> dict[str, bytes]:
    """Return the PNG figures of a report, by file name."""
    rounds, metric, seeds = report.rounds, report.metric, report.seeds
    drawn = {
        "predicted_against_measured.png": predicted_against_measured(rounds, metric, seeds),
        "incumbent.png": incumbent_over_rounds(rounds, metric, seeds),
        "tau.png": tau_over_rounds(rounds),
        "best_cell.png": draw_cell(report.graph),
    }
    return {name: png_bytes(figure) for name, figure in drawn.items()}
