"""The one table of importers by the name of their format."""

import importlib

from surronas.errors import InputError
from surronas.store.importers.base import Importer

IMPORTER_MODULES = {  # format -> module (its IMPORTER) or module:name, imported when asked for
    "accel-nasbench": "surronas.store.importers.accel_nasbench",
    "ec-nas-bench": "surronas.store.importers.ec_nas_bench",
    "hat-latency": "surronas.store.importers.hat_latency",
    "hw-gpt-bench": "surronas.store.importers.hw_gpt_bench",
    "hw-nas-bench": "surronas.store.importers.hw_nas_bench",
    "lite-transformer-search": "surronas.store.importers.lite_transformer_search",
    "nas-bench-graph": "surronas.store.importers.nas_bench_graph",
    "nas-bench-nlp": "surronas.store.importers.nas_bench_nlp",
    "nas-bench-suite-zero": "surronas.store.importers.zero_cost_suite",
    "nas-bench-suite-zero-nasbench101": "surronas.store.importers.zero_cost_suite:NASBENCH101",
    "nas-bench-suite-zero-nasbench201": "surronas.store.importers.zero_cost_suite:NASBENCH201",
    "nas-bench-suite-zero-nasbench301": "surronas.store.importers.zero_cost_suite:NASBENCH301",
    "nas-bench-suite-zero-transbench101-macro": "surronas.store.importers.zero_cost_suite:TRANSNAS_MACRO",
    "nas-bench-suite-zero-transbench101-micro": "surronas.store.importers.zero_cost_suite:TRANSNAS_MICRO",
    "nasbench-macro": "surronas.store.importers.nasbench_macro",
    "nasbench101": "surronas.store.importers.nas_bench_101",
    "nasbench101-fragments": "surronas.store.importers.nas_bench_101_fragments",
    "nasbench201-pth": "surronas.store.importers.nas_bench_201_pth",
    "nasbench201-tables": "surronas.store.importers.nas_bench_201_tables",
    "nats-bench-sss": "surronas.store.importers.nats_bench_sss",
    "nats-bench-tss": "surronas.store.importers.nats_bench_tss",
    "runs": "surronas.store.importers.own_results",
    "transnasbench101-macro": "surronas.store.importers.transnas_bench_101:MACRO",
    "transnasbench101-micro": "surronas.store.importers.transnas_bench_101:MICRO",
}


def importer_named(name: str) -> Importer:
    """Return the importer of a format.

    Raises:
        InputError: no importer reads this format.
    """
    if name not in IMPORTER_MODULES:
        raise InputError(f"unknown format {name!r}; known are {', '.join(sorted(IMPORTER_MODULES))}")
    module, _, attribute = IMPORTER_MODULES[name].partition(":")
    importer: Importer = getattr(importlib.import_module(module), attribute or "IMPORTER")
    return importer
