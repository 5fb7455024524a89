"""The peers that reproduce/speed_store.py measures beside the store: nats_bench, SQLite, pandas."""

import contextlib
import io
import os
import sqlite3
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("SURRONAS_SHARED", ROOT.parent / "shared"))
OFFICIAL = (
    SHARED
    / "data/benchmarks/nasbench201/nats-bench-official-sample/fake_torch_dir/NATS-tss-v1_0-3ffb9-simple"
)
NATS_CELL, NATS_EPOCHS = 11, 200  # one of the three cells that the official sample holds


class Sqlite:
    """The same runs in one table, by code, task, epochs and seed, with the index that a user would make."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path)
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=FULL")  # an insert is on the disk once it is committed

    def fill(self, rows: list[tuple[object, ...]]) -> None:
        """Write (code, task, epochs, seed, valid_accuracy, test_accuracy) rows, then the index."""
        self.connection.execute(
            "CREATE TABLE runs (code INTEGER, task TEXT, epochs INTEGER, seed INTEGER, "
            "valid_accuracy REAL, test_accuracy REAL)"
        )
        self.connection.executemany("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?)", rows)
        self.connection.execute("CREATE UNIQUE INDEX by_key ON runs (code, task, epochs, seed)")
        self.connection.commit()

    def one(self, code: int, task: str, epochs: int, seed: int) -> float:
        """Return one value."""
        query = "SELECT valid_accuracy FROM runs WHERE code=? AND task=? AND epochs=? AND seed=?"
        return float(self.connection.execute(query, (code, task, epochs, seed)).fetchone()[0])

    def column(self, task: str, epochs: int, seed: int) -> NDArray[np.float64]:
        """Return the values of all architectures, in the order of their codes."""
        query = "SELECT valid_accuracy FROM runs WHERE task=? AND epochs=? AND seed=? ORDER BY code"
        return np.array(self.connection.execute(query, (task, epochs, seed)).fetchall())[:, 0]

    def append(self, rows: list[tuple[object, ...]]) -> None:
        """Insert rows durably."""
        self.connection.executemany("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?)", rows)
        self.connection.commit()


class Pandas:
    """The same runs as a DataFrame with a sorted multi-index of code, task, epochs and seed."""

    def fill(self, rows: list[tuple[object, ...]]) -> None:
        """Keep (code, task, epochs, seed, valid_accuracy, test_accuracy) rows."""
        import pandas as pd

        names = ["code", "task", "epochs", "seed", "valid_accuracy", "test_accuracy"]
        self.frame = pd.DataFrame(rows, columns=names).set_index(names[:4]).sort_index()
        self._pd = pd

    def one(self, code: int, task: str, epochs: int, seed: int) -> float:
        """Return one value."""
        return float(self.frame.at[(code, task, epochs, seed), "valid_accuracy"])

    def column(self, task: str, epochs: int, seed: int) -> NDArray[np.float64]:
        """Return the values of all architectures."""
        return self.frame.xs((task, epochs, seed), level=(1, 2, 3))["valid_accuracy"].to_numpy()

    def many(self, codes: NDArray[np.int64], task: str, epochs: int, seed: int) -> NDArray[np.float64]:
        """Return the values of many architectures in one call."""
        wanted = self._pd.MultiIndex.from_arrays(
            [codes, [task] * len(codes), [epochs] * len(codes), [seed] * len(codes)]
        )
        return self.frame["valid_accuracy"].to_numpy()[self.frame.index.get_indexer(wanted)]


class Nats:
    """``nats_bench`` in its fast mode on the official sample (three cells)."""

    def __init__(self) -> None:
        import nats_bench

        with contextlib.redirect_stdout(io.StringIO()):
            self.api = nats_bench.create(str(OFFICIAL), "tss", fast_mode=True, verbose=False)

    def one(self, times: int) -> None:
        """Ask for one value, of one seed after 200 epochs, so many times."""
        for _ in range(times):
            self.api.get_more_info(NATS_CELL, "cifar10", hp="200", is_random=777)["test-accuracy"]

    def curve(self) -> list[float]:
        """Return a curve, epoch by epoch, as the interface gives it."""
        return [
            self.api.get_more_info(NATS_CELL, "cifar10", iepoch=e, hp="200", is_random=777)["test-accuracy"]
            for e in range(NATS_EPOCHS)
        ]


def why_no_nats() -> str:
    """Return why nats_bench can't be measured here; empty if it can."""
    if not OFFICIAL.is_dir():
        return f"nats_bench not measured: no official sample at {OFFICIAL}; set SURRONAS_SHARED"
    try:
        import nats_bench  # noqa: F401
    except ImportError:
        return "nats_bench not measured: pip install nats_bench"
    return ""


def why_no_pandas() -> str:
    """Return why pandas can't be measured here; empty if it can."""
    try:
        import pandas  # noqa: F401
    except ImportError:
        return "pandas not measured: pip install pandas"
    return ""
