"""Encodings: architectures to features."""

from surronas.encodings.base import Encoding, Features
from surronas.encodings.canonical_one_hot import canonical_one_hot
from surronas.encodings.live_one_hot import live_one_hot
from surronas.encodings.live_one_hot_counts import live_one_hot_counts
from surronas.encodings.one_hot import one_hot
from surronas.encodings.paths import Paths, path_counts, paths
from surronas.encodings.structure import structure
from surronas.encodings.weisfeiler_lehman import WeisfeilerLehman, weisfeiler_lehman

__all__ = [
    "Encoding",
    "Features",
    "Paths",
    "WeisfeilerLehman",
    "canonical_one_hot",
    "live_one_hot",
    "live_one_hot_counts",
    "one_hot",
    "path_counts",
    "paths",
    "structure",
    "weisfeiler_lehman",
]
