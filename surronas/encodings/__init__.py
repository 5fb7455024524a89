"""Encodings: architectures to features."""

from surronas.encodings.base import Encoding, Features
from surronas.encodings.live_one_hot import live_one_hot
from surronas.encodings.live_one_hot_counts import live_one_hot_counts
from surronas.encodings.one_hot import one_hot

__all__ = ["Encoding", "Features", "live_one_hot", "live_one_hot_counts", "one_hot"]
