"""What the terminal shows while the loop turns: tables and a bar, or plain lines where it is no terminal."""

import time
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from surronas.journal import Candidate, Journal, Measurement, Round
from surronas.store import Records


class PlainDisplay(Journal):
    """One line an event, for logs and pipes; a round that was finished earlier is shown as well."""

    def __init__(self, out: TextIO, metric: str) -> None:
        super().__init__()
        self._out, self._metric = out, metric
        self._start = time.perf_counter()

    def _line(self, text: str) -> None:
        print(f"[{time.perf_counter() - self._start:6.1f} s] {text}", file=self._out, flush=True)

    def planned(self, number: int, candidates: tuple[Candidate, ...]) -> None:
        """Show the candidates of a round with what is predicted of them."""
        for candidate in candidates:
            self.picked(number, candidate)

    def picked(self, number: int, candidate: Candidate) -> None:
        """Show one candidate of a round with what is predicted of it."""
        self._line(f"round {number} picks {candidate.text} ({candidate.proposer}): {predictions(candidate)}")

    def trained(self, row: Records) -> None:
        """Show one training."""
        self._line(
            f"trained, seed {int(row['seed'][0])}: {self._metric} {float(row[self._metric][0]):.4f} "
            f"({row['status'][0]}, {float(row['train_seconds'][0]):.2f} s)"
        )

    def finished(self, round_: Round) -> None:
        """Show what the round measured, how good the surrogates are now, and the incumbent."""
        for candidate, measurement in zip(round_.candidates, round_.measurements, strict=True):
            self._line(
                f"round {round_.number} measured {candidate.text}: {outcome(measurement)} "
                f"(predicted {predictions(candidate)})"
            )
        for name, text in qualities(round_).items():
            self._line(f"round {round_.number}, {round_.num_rows} rows, {name}: {text}")
        self._line(f"round {round_.number} incumbent: {round_.incumbent.score:.4f} {round_.incumbent.text}")


class RichDisplay(Journal):
    """A table a round, and a bar with the remaining time while its candidates are trained."""

    def __init__(self, console: Console, num_seeds: int, metric: str) -> None:
        super().__init__()
        self._console, self._num_seeds, self._metric = console, num_seeds, metric
        self._bar: Progress | None = None
        self._runs_on = False  # there are no rounds to wait for

    def planned(self, number: int, candidates: tuple[Candidate, ...]) -> None:
        """Start the bar of a round."""
        if candidates:
            self._await(f"round {number}: training", len(candidates))

    def picked(self, number: int, candidate: Candidate) -> None:
        """Make the bar longer by one candidate; it then runs on from round to round."""
        self._runs_on = True
        self._await("training", 1)

    def _await(self, title: str, num_candidates: int) -> None:
        """Let the bar wait for more trainings."""
        if self._bar is None:
            columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
            self._bar = Progress(
                TextColumn(title), *columns, TimeRemainingColumn(), console=self._console, transient=True
            )
            self._bar.add_task("", total=0)
            self._bar.start()
        task = self._bar.tasks[0]
        self._bar.update(task.id, total=(task.total or 0) + num_candidates * self._num_seeds)

    def trained(self, row: Records) -> None:
        """Move the bar."""
        if self._bar is not None:
            text = f"{self._metric} {float(row[self._metric][0]):.4f}"
            self._bar.update(self._bar.task_ids[0], advance=1, description=text)

    def finished(self, round_: Round) -> None:
        """Show what the round measured, how good the surrogates are now, and the incumbent."""
        if self._bar is not None and not self._runs_on:
            self._bar.stop()
            self._bar = None
        if round_.candidates:
            self._console.print(self._candidates(round_))
        for name, text in qualities(round_).items():
            self._console.print(f"  {name}: {text}", highlight=False)
        self._console.print(
            f"  incumbent: [bold]{round_.incumbent.score:.4f}[/bold] "
            f"{escape_markup(round_.incumbent.text)}  ({round_.num_rows} rows in the store)\n",
            highlight=False,
        )

    def _candidates(self, round_: Round) -> Table:
        """Return the table of a round's candidates: predicted beside measured."""
        names = list(round_.candidates[0].predicted)
        table = Table(title=f"round {round_.number}", title_justify="left", expand=False)
        table.add_column("picked by")
        table.add_column("cell", overflow="fold")
        for name in names:
            table.add_column(f"{name} predicts", justify="right")
        table.add_column("measured", justify="right")
        for candidate, measurement in zip(round_.candidates, round_.measurements, strict=True):
            table.add_row(
                candidate.proposer,
                escape_markup(candidate.text),
                *(f"{mean:.4f} ± {std:.4f}" for mean, std in candidate.predicted.values()),
                outcome(measurement),
            )
        return table

    def close(self) -> None:
        """Leave the terminal as it was, whatever stopped the loop."""
        if self._bar is not None:
            self._bar.stop()


def predictions(candidate: Candidate) -> str:
    """Return what each surrogate predicts of a candidate, in words."""
    return ", ".join(f"{name} {mean:.4f} ± {std:.4f}" for name, (mean, std) in candidate.predicted.items())


def outcome(measurement: Measurement) -> str:
    """Return what training gave, in words: the score, or the statuses of runs that failed."""
    failed = [status for status in measurement.statuses if status != "ok"]
    return ", ".join(failed) if failed else f"{measurement.score:.4f}"


def qualities(round_: Round) -> dict[str, str]:
    """Return how good each surrogate is after a round, in words."""
    return {
        name: (
            f"Kendall tau {quality.kendall_tau:.3f} on {quality.num_held_out} held-out "
            "architectures (sampled); "
            f"90 % intervals hold {quality.calibration.coverage[quality.calibration.levels.index(0.9)]:.0%}; "
            f"calibration error {quality.calibration.error:.3f}"
        )
        for name, quality in round_.quality.items()
    }


def escape_markup(text: str) -> str:
    """Return text that rich prints as it is."""
    return text.replace("[", "\\[")
