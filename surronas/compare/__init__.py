"""The offline comparison: many searchers, problems and seeds, and what can be said of them."""

from surronas.compare.analysis import analyse
from surronas.compare.comparing import compare
from surronas.compare.export import query_table, write_parquet
from surronas.compare.facts import Failure, ProblemFacts
from surronas.compare.findings import Findings
from surronas.compare.pareto_problem import ParetoProblem
from surronas.compare.problem import Problem, Reported, TableProblem
from surronas.compare.results import COSTS, Comparison
from surronas.compare.setting import Budget, Setting
from surronas.compare.surrogate_problem import SurrogateProblem
from surronas.compare.table import Table
from surronas.compare.tables import all_tables
from surronas.compare.work import Factory, WorkerLostError

__all__ = [
    "COSTS",
    "Budget",
    "Comparison",
    "Factory",
    "Failure",
    "Findings",
    "ParetoProblem",
    "Problem",
    "ProblemFacts",
    "Reported",
    "Setting",
    "SurrogateProblem",
    "Table",
    "TableProblem",
    "WorkerLostError",
    "all_tables",
    "analyse",
    "compare",
    "query_table",
    "write_parquet",
]
