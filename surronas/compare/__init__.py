"""The offline comparison: many searchers, problems and seeds, and what can be said of them."""

from surronas.compare.comparing import compare
from surronas.compare.export import query_table, write_parquet
from surronas.compare.facts import Failure, ProblemFacts
from surronas.compare.pareto_problem import ParetoProblem
from surronas.compare.problem import Problem, Reported, TableProblem
from surronas.compare.results import COSTS, Comparison
from surronas.compare.setting import Budget, Setting
from surronas.compare.surrogate_problem import SurrogateProblem
from surronas.compare.work import Factory, WorkerLostError

__all__ = [
    "COSTS",
    "Budget",
    "Comparison",
    "Factory",
    "Failure",
    "ParetoProblem",
    "Problem",
    "ProblemFacts",
    "Reported",
    "Setting",
    "SurrogateProblem",
    "TableProblem",
    "WorkerLostError",
    "compare",
    "query_table",
    "write_parquet",
]
