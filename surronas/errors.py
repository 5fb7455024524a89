"""Every error that surronas raises on purpose: what was expected, what came, what to do."""


class SurronasError(Exception):
    """The base of all errors raised on purpose; the command line prints it as one line, exit code 2."""


class InputError(SurronasError, ValueError):
    """An argument is of the wrong kind, shape or range."""


class ArchitectureError(InputError):
    """An architecture, or its string, does not belong to the search space."""


class SpaceExhaustedError(SurronasError):
    """A searcher was asked for more architectures than the search space still has.

    ``trajectory`` is what ``run_search`` had found by then; None where nothing was lost.
    """

    trajectory: object = None


class StoreError(SurronasError):
    """A store can't be opened, read or written."""


class StoreDamagedError(StoreError):
    """The bytes of a store file are not those that were written."""


class StoreVersionError(StoreError):
    """A store was written by a later version of surronas."""


class ImportFactsError(StoreError):
    """An imported benchmark does not hold what was published of it."""


class FetchError(SurronasError, OSError):
    """An official file can't be downloaded, or is not the one that is known."""


class AmbiguousQueryError(StoreError, ValueError):
    """A query leaves the task, recipe, epochs or seed open where the store holds several."""


class MissingRowsError(StoreError, LookupError):
    """A query asks for rows that the store does not hold."""


class DuplicateRowsError(StoreError, ValueError):
    """An append repeats training runs that the store already holds."""


class DeviceError(SurronasError):
    """The compute device that was asked for is not there."""


class MissingPackageError(SurronasError, ImportError):
    """An optional package (an extra) is needed and is not installed."""


class RunFolderError(SurronasError):
    """A run folder can't be made, or is not the one that was asked for."""
