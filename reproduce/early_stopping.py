"""What early stopping decides on real learning curves, and which of its decisions are mistakes.

    python reproduce/early_stopping.py            # full: 100 brackets of each table; a minute
    python reproduce/early_stopping.py --quick    # 40 brackets; seconds

Successive halving and ASHA with eta 3 (Li et al. 2017 and 2020), from 2 epochs on, on the digits table (6
epochs, so one look before the end; validation accuracy; bracket s on training seed s modulo 3) and on the
recurrent cells of NAS-Bench-NLP (50 epochs, looks at 2, 6 and 17; validation loss, the first run of each
cell). A bracket starts 81 networks and is run to its end; ASHA gets the same epochs, and what it has not
promoted by then counts as stopped. A network is of the true top 10 % if its final score is, as the mean over
training seeds on digits. Mistakes: the share of a bracket's top networks that are stopped at a rung, of those
that reached it. Some can't be avoided: where fewer go on than are top. Chance would stop two of three.

Beside it, Kendall's tau of the score after each epoch with the final one of the same training, and the
ceiling that noise between trainings sets: tau between final scores of two seeds. NAS-Bench-NLP's numbers are
aggregates; its curves are not shown. Its taus after 2, 6 and 17 epochs are calculated from its logs.
"""

import numpy as np
from claims import CALC, Report, Setting, reproduce

from surronas.evaluators import CurveEvaluator
from surronas.fidelity_search import run_fidelity_search
from surronas.metrics import kendall_tau
from surronas.searchers import ASHA, Pool, SuccessiveHalving
from surronas.searchers.fidelity import rungs
from surronas.store import BenchmarkStore

CLAIM = "early stopping with eta 3: ranks by epoch, who is stopped when, and how many of the best by mistake"
SOURCE = "successive halving and ASHA (Li et al.) on our digits table and NAS-Bench-NLP's logs"
DATA = ("digits",)
OPTIONAL_DATA = ("nas-bench-nlp",)
MINUTES = (0.2, 1)

ETA, MIN_EPOCHS, SIZE, NUM_DRAWN = 3, 1, 81, 27
TOP_SHARE = 0.1
BY_CHANCE = 1 - 1 / ETA
RECURRENT_TAUS = {2: 0.66, 6: 0.79, 17: 0.89}
METHODS = {"successive halving": SuccessiveHalving, "ASHA": ASHA}


class Curves:
    """All learning curves of a table, as scores: more is better."""

    def __init__(self, store: BenchmarkStore, metric: str, seeds: tuple[int, ...]) -> None:
        self.evaluators = [CurveEvaluator(store, metric=metric, seed=seed) for seed in seeds]
        first = self.evaluators[0]
        self.pool, self.epochs = Pool(store.space, first.architectures), first.max_epochs
        self.scores = np.stack([self._of(each) for each in self.evaluators])  # (seeds, N, epochs)
        final = np.nan_to_num(self.scores[:, :, -1].mean(axis=0), nan=-np.inf)
        self.top = final >= np.sort(final)[-round(TOP_SHARE * len(final))]  # (N,)
        self.rungs = rungs(MIN_EPOCHS, self.epochs, ETA)

    def _of(self, evaluator: CurveEvaluator) -> np.ndarray:
        rows = self.pool.architectures
        return np.stack([evaluator.scores(rows, epoch) for epoch in range(1, self.epochs + 1)], axis=1)

    def trained(self, method: str, number: int, size: int = SIZE) -> tuple[np.ndarray, np.ndarray]:
        """Return the places (n,) of the networks that a bracket started, and the epochs (n,) each got."""
        kind, budget, begun, before = METHODS[method], 0, size, 0
        for rung in self.rungs:
            budget, begun, before = budget + begun * (rung - before), begun // ETA, rung
        given = {"size": size} if kind is SuccessiveHalving else {}
        searcher = kind(
            self.pool.space,
            seed=number,
            candidates=self.pool,
            min_epochs=MIN_EPOCHS,
            max_epochs=self.epochs,
            eta=ETA,
            **given,
        )
        evaluator = self.evaluators[number % len(self.evaluators)]
        found = run_fidelity_search(searcher, evaluator, budget_epochs=budget)
        places = [self.pool.place[key] for key in self.pool.resolve(found.architectures)]
        most: dict[int, int] = {}
        for place, epochs in zip(places, found.epochs.tolist(), strict=True):
            most[place] = max(most.get(place, 0), epochs)
        return np.array(list(most)), np.array(list(most.values()))


def correlations(curves: Curves) -> list[float]:
    """Return Kendall's tau of the score after each epoch with the final one, the mean over seeds."""
    taus = []
    for scores in curves.scores:
        sound = scores[np.isfinite(scores).all(axis=1)]
        taus.append([kendall_tau(sound[:, -1], sound[:, epoch]) for epoch in range(curves.epochs)])
    return np.mean(taus, axis=0).round(4).tolist()


def ceiling(finals: np.ndarray) -> float:
    """Return the mean Kendall's tau between final scores (seeds, N) of two seeds, of those that have both."""
    found = []
    for one in range(len(finals)):
        for other in range(one):
            both = np.isfinite(finals[one]) & np.isfinite(finals[other])
            found.append(kendall_tau(finals[one, both], finals[other, both]))
    return float(np.mean(found))


def mistakes(curves: Curves, brackets: range) -> dict[str, list[dict[str, float]]]:
    """Return by method and rung: who reached it, who was stopped, of all and of the top networks."""
    kept = {}
    for method in METHODS:
        counts = np.zeros((len(curves.rungs) - 1, 5))
        for number in brackets:
            places, epochs = curves.trained(method, number)
            top = curves.top[places]
            for place, rung in enumerate(curves.rungs[:-1]):
                reached, stopped = epochs >= rung, (epochs >= rung) & (epochs < curves.rungs[place + 1])
                going_on = reached.sum() - stopped.sum()
                unavoidable = max(0, (reached & top).sum() - going_on)
                told = (reached, stopped, reached & top, stopped & top)
                counts[place] += (*(each.sum() for each in told), unavoidable)
        kept[method] = [
            {
                "rung": rung,
                "reached_a_bracket": round(float(row[0]) / len(brackets), 3),
                "stopped_share": round(float(row[1] / row[0]), 4),
                "stopped_share_of_the_top": round(float(row[3] / row[2]), 4),
                "unavoidable_share_of_the_top": round(float(row[4] / row[2]), 4),
            }
            for rung, row in zip(curves.rungs[:-1], counts, strict=True)
        ]
    return kept


def drawn(curves: Curves) -> list[dict[str, object]]:
    """Return the curves of one small bracket of successive halving, where each was stopped, and the top."""
    places, trained = curves.trained("successive halving", 0, NUM_DRAWN)
    return [
        {
            "epochs": list(range(1, curves.epochs + 1)),
            "valid_accuracy": curves.scores[0, place].round(4).tolist(),
            "stopped_after": None if epochs == curves.epochs else int(epochs),
            "top": bool(curves.top[place]),
        }
        for place, epochs in zip(places, trained, strict=True)
    ]


def told(report: Report, where: str, curves: Curves, brackets: range) -> dict[str, object]:
    """Report the correlations and mistakes of one table."""
    by_epoch = correlations(curves)
    rising = [by_epoch[rung - 1] for rung in curves.rungs]
    words = ", ".join(f"{tau:.3f} after {rung}" for tau, rung in zip(rising, curves.rungs, strict=True))
    report.holds(where, "the later the look, the better it ranks", rising == sorted(rising), words)
    found = mistakes(curves, brackets)
    for method, rows in found.items():
        for row in rows:
            what = f"{method}, top networks stopped after {row['rung']}"
            wrong, forced = row["stopped_share_of_the_top"], row["unavoidable_share_of_the_top"]
            report.at_most(where, what, wrong, BY_CHANCE, "chance")
            report.beside(where, "... of which can't be avoided", forced, None)
    return {"by_epoch": by_epoch, "rungs": curves.rungs, "mistakes": found}


def measure(report: Report, setting: Setting) -> dict[str, object]:
    """Report both tables; return curves of digits, and aggregates."""
    brackets = setting.seeds(100, 40)
    digits = Curves(setting.table("digits"), "valid_accuracy", (0, 1, 2))
    found = told(report, "digits", digits, brackets)
    noise = ceiling(digits.scores[:, :, -1])
    report.beside("digits", "noise ceiling: tau between two seeds", noise, None)
    report.at_most("digits", "tau after 2 epochs", found["by_epoch"][1], noise, "the ceiling")
    kept = {
        "seeds": f"brackets 0 to {len(brackets) - 1}",
        "eta": ETA,
        "rungs": found["rungs"],
        "curves": drawn(digits),
        "correlation_with_final_by_epoch": found["by_epoch"],
        "noise_ceiling": round(noise, 4),
        "mistakes": found["mistakes"],
    }
    if setting.has("nas-bench-nlp"):
        recurrent = Curves(setting.table("nas-bench-nlp"), "valid_loss", (0,))
        found = told(report, "NAS-Bench-NLP", recurrent, brackets)
        for epochs, tau in RECURRENT_TAUS.items():
            ours = found["by_epoch"][epochs - 1]
            report.near("NAS-Bench-NLP", f"tau with the final loss, {epochs} epochs", ours, tau, 0.005, CALC)
        kept["NAS-Bench-NLP"] = {
            "rungs": found["rungs"],
            "correlation_with_final_by_epoch": found["by_epoch"],
            "mistakes": found["mistakes"],
        }
    return kept


if __name__ == "__main__":
    reproduce(__file__, measure)
