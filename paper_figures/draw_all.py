"""Draw all figures, or some by name, from reproduce/results.

    python paper_figures/draw_all.py                      # all
    python paper_figures/draw_all.py landscape            # the same as python paper_figures/landscape.py

A figure whose result is missing or malformed is named with the command that makes it, and the others are
drawn all the same; the exit code is 2 then.
"""

import argparse
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from style import ENDINGS, FOLDER, figure_of, save

from surronas.errors import InputError

NOT_FIGURES = ("draw_all", "style")


def scripts() -> list[Path]:
    """Return the scripts of all figures, by name."""
    return [path for path in sorted(FOLDER.glob("*.py")) if path.stem not in NOT_FIGURES]


def load(path: Path) -> ModuleType:
    """Return a figure's script as a module; some share their name with a script of reproduce/."""
    spec = spec_from_file_location(f"figure_{path.stem}", path)
    assert spec is not None  # a file that ends in .py has one, and a loader
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Draw, and tell how large the files are."""
    known = {path.stem: path for path in scripts()}
    parser = argparse.ArgumentParser(description="Draw the figures of the paper.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}; default: all")
    names = parser.parse_args().names or list(known)
    if unknown := [name for name in names if name not in known]:
        parser.error(f"expected names among {', '.join(known)}, got {', '.join(unknown)}")
    failed = 0
    for name in names:
        script = load(known[name])
        try:
            save(figure_of(script.draw, script.RESULTS), FOLDER / name)
        except InputError as error:
            failed += 1
            print(f"{name}: {error}", file=sys.stderr)
            continue
        sizes = [f"{(FOLDER / f'{name}.{each}').stat().st_size // 1000} kB {each}" for each in ENDINGS]
        print(f"{name}: {', '.join(sizes)}", flush=True)
    sys.exit(2 if failed else 0)


if __name__ == "__main__":
    main()
