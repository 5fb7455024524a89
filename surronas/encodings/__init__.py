"""Encodings: architectures to features."""

from surronas.encodings.adjacency import adjacency
from surronas.encodings.base import Encoding, Features
from surronas.encodings.canonical_one_hot import canonical_one_hot
from surronas.encodings.columns import columns
from surronas.encodings.concatenate import concatenate, standardized
from surronas.encodings.default import default_encoding
from surronas.encodings.learning_curves import curve_features, learning_curves
from surronas.encodings.live_one_hot import live_one_hot
from surronas.encodings.live_one_hot_counts import live_one_hot_counts
from surronas.encodings.one_hot import one_hot
from surronas.encodings.operation_counts import operation_counts
from surronas.encodings.ordinal import ordinal
from surronas.encodings.path_profile import path_bags, path_extremes, path_steps
from surronas.encodings.paths import Paths, path_counts, paths
from surronas.encodings.structure import structure
from surronas.encodings.weisfeiler_lehman import WeisfeilerLehman, weisfeiler_lehman
from surronas.encodings.whole_space import whole_space

__all__ = [
    "Encoding",
    "Features",
    "Paths",
    "WeisfeilerLehman",
    "adjacency",
    "canonical_one_hot",
    "columns",
    "concatenate",
    "curve_features",
    "default_encoding",
    "learning_curves",
    "live_one_hot",
    "live_one_hot_counts",
    "one_hot",
    "operation_counts",
    "ordinal",
    "path_bags",
    "path_counts",
    "path_extremes",
    "path_steps",
    "paths",
    "standardized",
    "structure",
    "weisfeiler_lehman",
    "whole_space",
]
