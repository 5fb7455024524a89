"""Adapters: other libraries' samplers as searchers, and our searchers as samplers of theirs."""

from typing import TYPE_CHECKING

from surronas.adapters.optuna_searcher import OptunaSearcher
from surronas.errors import MissingPackageError

if TYPE_CHECKING:
    from surronas.adapters.optuna_sampler import SurronasSampler, suggest_architecture

__all__ = ["OptunaSearcher", "SurronasSampler", "suggest_architecture"]


def __getattr__(name: str) -> object:
    """Return what derives from a class of Optuna's, which is imported now."""
    if name not in ("SurronasSampler", "suggest_architecture"):
        raise AttributeError(f"module 'surronas.adapters' has no attribute {name!r}")
    try:
        from surronas.adapters import optuna_sampler
    except ModuleNotFoundError as error:
        raise MissingPackageError(f"{name} needs optuna: pip install 'surronas[adapters]'") from error
    return getattr(optuna_sampler, name)
