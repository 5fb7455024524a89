"""The README's tables of what writing trainings back buys, from write_back.json and its trained twin."""

import json
from pathlib import Path
from typing import Any

from readme_search_tables import markdown

RESULTS = Path(__file__).parent / "results"
JUDGE = "Gaussian process"
HEADER = ("table", "start", "after 100 more", "regret, points", "tau", "tau of the top 10 %", "90 % hold")
SHORT = "50"  # the start that is shown open


def write_back_tables() -> dict[str, str]:
    """Return the text of each table by its name in the marks."""
    offline = json.loads((RESULTS / "write_back.json").read_text())
    rows = {
        start: [
            row for name, starts in offline["tables"].items() for row in rows_of(name, start, starts[start])
        ]
        for start in next(iter(offline["tables"].values()))
    }
    others = [row for start, found in rows.items() if start != SHORT for row in found]
    titles = "; ".join(offline["titles"].values())
    text = (
        f"Means over seeds {offline['seeds']}; {JUDGE}, judged on {offline['held_out']:,} networks drawn at "
        f"random. Tables: {titles}.\n\n{markdown(HEADER, rows[SHORT])}\n"
        f"<details><summary>From other starts</summary>\n\n{markdown(HEADER, others)}\n</details>\n"
    )
    return {"write_back": text, "write_back_training": trained()}


def rows_of(table: str, start: str, found: dict[str, dict[str, Any]]) -> list[list[str]]:
    """Return the rows of one table and start: the start itself, each strategy, each balanced once more."""
    loop = found["loop"]
    rows = [[table, start, "(the start)", *numbers(loop["regret"][0], loop[JUDGE], 0)]]
    for strategy, line in found.items():
        rows.append([table, start, strategy, *numbers(line["regret"][-1], line[JUDGE], -1)])
        if balanced := line.get(f"{JUDGE}, balanced"):
            rows.append([table, start, f"{strategy}; balanced", "as above", *numbers(0.0, balanced, -1)[1:]])
    return rows


def numbers(regret: float, judged: dict[str, list[float]], at: int) -> list[str]:
    """Return the numbers of a row."""
    tau, top, held = (judged[name][at] for name in ("tau", "tau_top", "coverage"))
    return [f"{regret:.2f}", f"{tau:.3f}", f"{top:.3f}", f"{held:.2f}"]


def trained() -> str:
    """Return the table of real trainings."""
    result = json.loads((RESULTS / "write_back_training.json").read_text())
    (name, starts), *_ = result["tables"].items()
    rows = [row[1:] for start, found in starts.items() for row in rows_of(name, start, found)]
    header = ("start", "after 60 more", *HEADER[3:])
    return (
        f"{result['num_trained']:,} trainings; seeds {result['seeds']}; regret by the shipped table's mean "
        f"over its three seeds.\n\n{markdown(header, rows)}"
    )
