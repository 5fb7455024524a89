"""The page of a report: what happened in a few sentences, then every number of it."""

from collections.abc import Mapping
from dataclasses import replace

from surronas.plots import words
from surronas.plots.content import Report
from surronas.plots.markup import definitions, document, paragraph, picture, section, table, verbatim
from surronas.plots.style import over_seeds, quantity, quantity_with_unit, surrogate_names


def page(report: Report, pictures: Mapping[str, bytes]) -> str:
    """Return the page as HTML; ``pictures`` are the PNG figures, by file name."""
    sections = [
        _candidates(report, pictures),
        _rounds(report, pictures),
        _agreements(report),
        _best_cell(report, pictures),
        _origin(report),
    ]
    return document(report.title, words.headline(report), "\n".join(sections))


def _candidates(report: Report, pictures: Mapping[str, bytes]) -> str:
    """Return what was picked, predicted and measured."""
    what = quantity(report.metric)
    rows = words.candidate_rows(report.rounds, report.seeds)
    best = report.rounds[-1].incumbent.text
    return section(
        "Picked, predicted, trained",
        picture(
            pictures["predicted_against_measured.png"],
            f"Scatter plot: predicted mean and standard deviation of {_listed(report)} before training, "
            f"against the measured {what}; {len(rows)} candidates.",
            "Error bars: one predicted standard deviation. On the dashed line a prediction was exact.",
        ),
        paragraph(
            f"Predicted and measured: {quantity_with_unit(report.metric)}, {over_seeds(report.seeds)}; "
            "predicted as mean ± standard deviation before the training. The incumbent's row is marked.",
            "note",
        ),
        table(
            "Candidates",
            words.candidate_header(report.rounds),
            rows,
            marked=[place for place, row in enumerate(rows) if row[-1] == best],
        ),
    )


def _rounds(report: Report, pictures: Mapping[str, bytes]) -> str:
    """Return what each round changed."""
    what, last = quantity(report.metric), report.rounds[-1]
    return section(
        "Round by round",
        picture(
            pictures["incumbent.png"],
            f"Step plot: best measured {what} at the end of rounds 0 to {last.number}, "
            f"finally {words.number(last.incumbent.score)}; each candidate is a point.",
            "Round 0 is the store as it was given.",
        ),
        picture(
            pictures["tau.png"],
            f"Two line plots over rounds 0 to {last.number}: Kendall tau of {_listed(report)}, "
            "and the coverage of their 90 % intervals beside the nominal 0.90.",
            "Judged on architectures that no surrogate was fitted to. Below the dashed line a surrogate is "
            "too sure of itself, above it too unsure.",
        ),
        paragraph(
            f"Best so far: {quantity_with_unit(report.metric)}, {over_seeds(report.seeds)}. Kendall tau "
            "(-1 to 1) and coverage (fraction; nominal 0.90) on held-out architectures.",
            "note",
        ),
        table("Rounds", words.round_header(report.rounds), words.round_rows(report.rounds)),
    )


def _best_cell(report: Report, pictures: Mapping[str, bytes]) -> str:
    """Return the incumbent, and, once, what it gives on test images."""
    incumbent = report.rounds[-1].incumbent
    of_seeds = over_seeds(report.seeds)
    facts = {
        f"{quantity_with_unit(report.metric)}, {of_seeds}": words.number(incumbent.score),
    }
    if report.incumbent_test is not None:
        name = report.metric.name.removeprefix(f"{report.metric.split}_")
        on_test = quantity_with_unit(replace(report.metric, name=name, split="test"))
        facts[f"{on_test}, {of_seeds}; never seen by the search, and shown only here"] = words.number(
            report.incumbent_test
        )
    return section(
        "The best cell",
        picture(
            pictures["best_cell.png"],
            f"Graph of the cell {incumbent.text}: nodes from left to right, an arrow for each operation.",
            "Nodes sum what arrives; each arrow applies its operation.",
        ),
        verbatim(incumbent.text),
        definitions(facts),
    )


def _agreements(report: Report) -> str:
    """Return the fresh trainings beside the tabulated ones."""
    agreements = report.agreements
    parts = [paragraph(words.agreement_sentence(agreements))]
    if agreements:
        parts += [
            paragraph(
                f"{quantity_with_unit(report.metric)} of single trainings, one seed each.".capitalize(),
                "note",
            ),
            table(
                "Fresh and tabulated", words.agreement_header(agreements), words.agreement_rows(agreements)
            ),
        ]
    return section("Fresh trainings beside the table", *parts)


def _origin(report: Report) -> str:
    """Return where the numbers come from, enough to get them again."""
    return section(
        "Where the numbers come from",
        paragraph("This command made the run; given again it resumes, or shows the finished run:"),
        verbatim(report.command),
        definitions({"search space": report.space, "task": report.task}),
        "<h3>Settings</h3>",
        definitions(report.settings),
        "<h3>Training recipe</h3>",
        definitions(report.recipe),
        "<h3>Versions</h3>",
        definitions(report.versions),
    )


def _listed(report: Report) -> str:
    """Return the surrogates in one phrase."""
    return ", ".join(surrogate_names(report.rounds)) or "no surrogate"
