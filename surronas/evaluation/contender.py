"""Who is judged: a surrogate on an encoding."""

from dataclasses import dataclass

from surronas.encodings import Encoding
from surronas.spaces import SearchSpace
from surronas.surrogates.base import Surrogate, unfitted


@dataclass(frozen=True)
class Contender:
    """A surrogate on an encoding, with their names; the surrogate itself is never fitted, copies are."""

    surrogate_name: str
    surrogate: Surrogate
    encoding_name: str
    encoding: Encoding


def grouped(contender: Contender, space: SearchSpace) -> Contender:
    """Return the contender, its surrogate told the encoding's groups of features where both know groups.

    An encoding that puts others side by side tells which columns are of one; a Gaussian process gives each
    group a lengthscale, on its own or inside another surrogate. Groups that were given stay as they are.
    """
    groups_of = getattr(contender.encoding, "groups", None)
    parameters = contender.surrogate.get_params() if hasattr(contender.surrogate, "get_params") else {}
    open_ones = [
        name
        for name, value in parameters.items()
        if value is None and (name == "groups" or name.endswith("__groups"))
    ]
    if groups_of is None or not open_ones:
        return contender
    told = unfitted(contender.surrogate)
    told.set_params(**dict.fromkeys(open_ones, tuple(groups_of(space).tolist())))  # type: ignore[attr-defined]
    return Contender(contender.surrogate_name, told, contender.encoding_name, contender.encoding)
