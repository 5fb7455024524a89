"""The README's tables of surrogates, searches and reproductions, written from results.

    python reproduce/readme_tables.py            # rewrites what stands between the README's marks
    python reproduce/readme_tables.py --check    # exit code 1 where the README is not what the results say

A table stands between ``<!-- table NAME -->`` and ``<!-- end of table -->``; tests/test_readme.py checks
that none is stale.
"""

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from readme_claims import claims_tables
from readme_search_tables import markdown, search_tables
from readme_write_back import write_back_tables

ROOT = Path(__file__).parents[1]
README, RESULTS = ROOT / "README.md", ROOT / "reproduce" / "results"
MARKED = re.compile(r"(<!-- table (\w+) -->\n)(.*?)(<!-- end of table -->)", re.DOTALL)
MAIN, SEED_888 = "NAS-Bench-201, CIFAR-10", "NAS-Bench-201, CIFAR-10, seed 888"
TO_REACH, PROBE = "to reach", "probe"  # how names of rows begin that are no publication
TRANSFERS = {  # title: the target, and what is known of the same architectures
    "NAS-Bench-201, cifar10, given cifar100, ImageNet16-120": (
        "NAS-Bench-201, CIFAR-10",
        "CIFAR-100 and ImageNet16-120",
    ),
    "TransNAS micro, class_scene, given class_object, jigsaw, room_layout, segmentsemantic, normal, "
    "autoencoder": ("TransNAS-Bench-101 micro, class_scene", "the six other tasks"),
    "NAS-Bench-Graph, cora, given citeseer, arxiv": ("NAS-Bench-Graph, Cora", "Citeseer and Arxiv"),
}
SHOWN = (16, 64, 256)  # sizes of the long table
CALIBRATED = 128  # size of the table of intervals

Line = dict[str, Any]  # what the JSON holds of one line of the sweep


def tables(result: dict[str, dict[str, Line]], calibration: dict[str, Any]) -> dict[str, str]:
    """Return the text of each table by its name in the marks."""
    return {
        "intervals": intervals(calibration),
        "ranks": ranks(result["sweep"][MAIN]),
        "proxies": proxies(result),
        "transfer": transfer(result["transfer"]),
        "everywhere": everywhere(result),
    }


def ranks(line: Line) -> str:
    """Return Kendall tau on the main table beside what was published of it."""
    ours = {
        row["surrogate"]: dict(zip(row["sizes"], row["kendall_tau"], strict=True)) for row in line["rows"]
    }
    sizes = line["rows"][0]["sizes"]
    others = {name: numbered(taus) for name, taus in line["published"].items() if not name.startswith(PROBE)}
    rows = [[name, *three_decimals(taus, sizes)] for name, taus in (ours | others).items()]
    best = ours["Gaussian process"]
    missed = [n for n, tau in others[TO_REACH].items() if best[n] < tau]
    told = f"below the row to reach at {listed(missed)}" if missed else "above the row to reach at every size"
    ceiling = " and ".join(f"{each['kendall_tau']:.3f} ({each['name']})" for each in line["ceilings"])
    return (
        f"Means of {line['num_seeds']} samples; noise ceiling {ceiling}; the Gaussian process is {told}.\n\n"
        + markdown(["trained cells", *map(str, sizes)], rows)
    )


def proxies(result: dict[str, dict[str, Line]]) -> str:
    """Return what 13 zero-cost proxies add, in the column that others published on."""
    beside = result["proxies"][f"{SEED_888}, with 13 proxies"]
    alone = result["proxies"][f"{SEED_888}, with 13 proxies alone"]
    without = result["sweep"][SEED_888]
    sizes = beside["rows"][0]["sizes"]
    rows = [["Gaussian process without proxies", *nearest(without["rows"][0], sizes)]]
    for line, words in ((beside, "and 13 proxies"), (alone, "13 proxies alone")):
        for row in line["rows"]:
            taus = dict(zip(row["sizes"], row["kendall_tau"], strict=True))
            rows.append([f"{row['surrogate']}, {words}", *three_decimals(taus, sizes)])
    for name, taus in beside["published"].items():
        rows.append([f"{name}, published (NAS-Bench-Suite-Zero)", *three_decimals(numbered(taus), sizes)])
    samples = samples_of(beside, alone, without)
    return f"CIFAR-10, seed 888, {samples}.\n\n" + markdown(["trained cells", *map(str, sizes)], rows)


def transfer(lines: dict[str, Line]) -> str:
    """Return what values on other tasks of the same table add."""
    found = [title for title in TRANSFERS if title in lines]
    sizes = lines[found[0]]["rows"][0]["sizes"]
    rows = []
    for title in found:
        target, given = TRANSFERS[title]
        mean_rank = lines[title]["mean_rank_of_other_tasks_kendall_tau"]
        for words, line in (
            (f"{target}: trainings on it alone", lines[f"{title}, without the other tasks"]),
            (f"and {given} (their mean rank alone: {mean_rank:.3f})", lines[title]),
        ):
            taus = dict(zip(sizes, line["rows"][0]["kendall_tau"], strict=True))
            rows.append([words, *three_decimals(taus, sizes)])
    samples = samples_of(*(lines[title] for title in found))
    return f"Gaussian process, {samples}.\n\n" + markdown(["trained on the target", *map(str, sizes)], rows)


def everywhere(result: dict[str, Any]) -> str:
    """Return tau and held intervals of both surrogates on all tables, and where intervals fail."""
    rows = [
        [title, str(line["num_seeds"]), *shown(row)]
        for section in ("sweep", "biased")
        for title, line in result.get(section, {}).items()
        for row in line["rows"]
    ]
    header = [
        *("table", "samples", "surrogate"),
        *(f"tau {n}" for n in SHOWN),
        *(f"held {n}" for n in SHOWN),
    ]
    verdicts = []
    for name, verdict in result["verdicts"].items():
        outside = verdict["coverage_outside_85_to_95"]
        words = [
            f"{title} ({listed([f'{share:.3f} at {n}' for n, share in found.items()])})"
            for title, found in outside.items()
        ]
        text = f"the {name}'s do on {verdict['lines'] - len(outside)} of {verdict['lines']} lines"
        verdicts.append(text + (f", not on {', '.join(words)}" if words else ""))
    summary = f"All {len(rows) // 2} lines: Kendall tau, and what 90 % intervals hold"
    return (
        "90 % intervals are to hold 85 to 95 % of other architectures, from 64 drawn at random on: "
        f"{'; '.join(verdicts)}.\n\n"
        f"<details><summary>{summary}</summary>\n\n{markdown(header, rows)}\n</details>\n"
    )


def intervals(calibration: dict[str, Any]) -> str:
    """Return what symmetric intervals, surrogates' own and conformal ones hold of other architectures."""
    rows = []
    for row in calibration["rows"]:
        if row["n"] == CALIBRATED and row["surrogate"] in ("Gaussian process", "XGBoost"):
            plain, conformal = row["plain"], row["conformal"]
            held = [
                plain["coverage_of_90_percent"],
                plain["own_coverage_of_90_percent"],
                conformal["coverage_of_90_percent"],
            ]
            narrower = plain["own_half_width"] / plain["half_width"]
            numbers = [f"{share:.2f}" for share in (*held, narrower)]
            rows.append([row["table"], row["surrogate"], *numbers])
    header = ("table", "surrogate", "mean ± 1.645 std", "its own", "conformal", "width of its own / of ±")
    return (
        f"What 90 % intervals hold, learnt from {CALIBRATED} architectures, means of "
        f"{calibration['num_seeds']} samples:\n\n{markdown(header, rows)}"
    )


def shown(row: Line) -> list[str]:
    """Return a row of the long table."""
    tau = dict(zip(row["sizes"], row["kendall_tau"], strict=True))
    held = dict(zip(row["sizes"], row["coverage_90"], strict=True))
    return [
        row["surrogate"],
        *three_decimals(tau, SHOWN),
        *(f"{held[n]:.2f}" if n in held else "" for n in SHOWN),
    ]


def nearest(row: Line, sizes: Sequence[int]) -> list[str]:
    """Return values beside the nearest of other sizes, each with its own size where that differs."""
    cells = dict.fromkeys(sizes, "")
    for n, tau in zip(row["sizes"], row["kendall_tau"], strict=True):
        place = min(sizes, key=lambda size: abs(size - n))
        cells[place] = f"{tau:.3f}" if place == n else f"{tau:.3f} (at {n})"
    return list(cells.values())


def three_decimals(values: dict[int, float], sizes: Sequence[int]) -> list[str]:
    """Return values at sizes, blank where there is none."""
    return [f"{values[n]:.3f}" if n in values else "" for n in sizes]


def numbered(values: dict[str, float]) -> dict[int, float]:
    """Return published values by number of trainings: JSON has texts for keys."""
    return {int(n): value for n, value in values.items()}


def samples_of(*lines: Line) -> str:
    """Return how many samples lines are means of."""
    counts = sorted({line["num_seeds"] for line in lines})
    return f"means of {' or '.join(map(str, counts))} samples"


def listed(items: Sequence[object]) -> str:
    """Return items separated by commas."""
    return ", ".join(map(str, items))


def rewritten(readme: str, texts: dict[str, str]) -> str:
    """Return the README with each text between its marks."""
    marked = [name for _, name, _, _ in MARKED.findall(readme)]
    if sorted(marked) != sorted(texts):
        sys.exit(f"expected the marks {sorted(texts)} in the README, each once, found {sorted(marked)}")
    return MARKED.sub(lambda found: f"{found[1]}\n{texts[found[2]]}\n{found[4]}", readme)


def main() -> None:
    """Write the README anew, or tell whether it is stale."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    old = README.read_text()
    told = [json.loads((RESULTS / f"{name}.json").read_text()) for name in ("surrogate_sweep", "calibration")]
    new = rewritten(old, tables(*told) | search_tables() | claims_tables() | write_back_tables())
    if parser.parse_args().check:
        sys.exit("README.md is stale: python reproduce/readme_tables.py" if new != old else 0)
    README.write_text(new)


if __name__ == "__main__":
    main()
