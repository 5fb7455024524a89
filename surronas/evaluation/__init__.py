"""Honest evaluation of surrogates: splits, seeds, intervals, and the noise ceiling beside them."""

from surronas.evaluation.ceilings import Ceiling, noise_ceilings
from surronas.evaluation.contender import Contender, grouped
from surronas.evaluation.from_store import target_of
from surronas.evaluation.results import Fit, Mean, Results, Summary
from surronas.evaluation.scores import SCORE_KINDS, ScoreKind
from surronas.evaluation.splits import K_FOLD, LEAVE_ONE_OUT, MUTATION_CHAIN, RANDOM, TOP_HEAVY, Split
from surronas.evaluation.sweep import TRAIN_SIZES, evaluate_surrogates
from surronas.evaluation.tables import csv_of_fits, csv_of_summaries, latex_table, text_table
from surronas.evaluation.target import Target, target_of_arrays

__all__ = [
    "K_FOLD",
    "LEAVE_ONE_OUT",
    "MUTATION_CHAIN",
    "RANDOM",
    "SCORE_KINDS",
    "TOP_HEAVY",
    "TRAIN_SIZES",
    "Ceiling",
    "Contender",
    "Fit",
    "Mean",
    "Results",
    "ScoreKind",
    "Split",
    "Summary",
    "Target",
    "csv_of_fits",
    "csv_of_summaries",
    "evaluate_surrogates",
    "grouped",
    "latex_table",
    "noise_ceilings",
    "target_of",
    "target_of_arrays",
    "text_table",
]
