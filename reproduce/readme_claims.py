"""The README's table of what is reproduced: a row for each script, from its committed result."""

from pathlib import Path

from readme_search_tables import markdown

from surronas.reproduction import Script, find_scripts
from surronas.reproduction.results import Result, read_result, result_path

HEADER = ("script", "what is reproduced", "lines that hold", "only beside", "tables", "run in full")


def claims_tables(folder: Path = Path(__file__).parent) -> dict[str, str]:
    """Return the text of the table by its name in the marks."""
    found = [
        (script, read_result(result_path(script.path, "full"), "full")) for script in find_scripts(folder)
    ]
    results = [result for _, result in found if result is not None]
    asserted, held = (
        sum(counts) for counts in ([r.num_asserted for r in results], [r.num_held for r in results])
    )
    first = f"{len(found)} scripts; {held:,} of {asserted:,} asserted lines hold"
    without = len(found) - len(results)
    first += f"; {without} without a full run yet" if without else ""
    table = markdown(HEADER, [row(script, result) for script, result in found])
    return {"claims": f"{first}.\n\n{table}{misses(found)}"}


def row(script: Script, result: Result | None) -> list[str]:
    """Return the row of a script."""
    tables = ", ".join(script.data)
    if script.optional_data:
        tables += f"; if at hand {', '.join(script.optional_data)}"
    name, claim = f"`{script.path.name}`", script.claim.replace("|", "\\|")
    if result is None:
        return [name, claim, "", "", tables, "not yet"]
    counts = [f"{result.num_held} of {result.num_asserted}", str(result.num_beside)]
    return [name, claim, *counts, tables, f"{result.date}, {duration(result.seconds)}"]


def duration(seconds: float) -> str:
    """Return how long a run took."""
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def misses(found: list[tuple[Script, Result | None]]) -> str:
    """Return the asserted lines that do not hold, as a list; "" where all hold."""
    lines = [
        f"- `{script.path.name}`: {line}\n" for script, result in found if result for line in result.missed
    ]
    return "\nThese do not hold:\n\n" + "".join(lines) if lines else ""
