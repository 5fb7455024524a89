"""The one door for pickles of others: nothing that they name is run; torch and pandas are never imported."""

from surronas.store.importers.old_frame import load_old_frame
from surronas.store.importers.torch_files import load_torch
from surronas.store.importers.unpickler import load_pickle

__all__ = ["load_old_frame", "load_pickle", "load_torch"]
