"""The one door for pickles of others: nothing that they name is run, torch and pandas are never imported."""

from surronas.store.importers.unpickler import load_pickle

__all__ = ["load_pickle"]
