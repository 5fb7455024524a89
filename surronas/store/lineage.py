"""How the segments of a folder vouch for each other, so that a file that vanished is noticed.

A segment names the ones that its writer saw and that no other segment had named yet (``seen``): where
appends follow one another, that is the one before it. A merge names those in whose place it stands
(``replaces``) and, as far as anyone may still name them, those which they had replaced (``folded``).
So whoever is seen by a live segment is present, or replaced by one that is present, or has vanished.
Nobody names the newest segments yet: that they vanish is noticed only if something was added after them.
"""

from collections.abc import Iterable, Sequence

from surronas.store.header import Header

Folded = tuple[
    tuple[int, str], ...
]  # when (seconds), and which segments were replaced: a text, quick to read

# A writer that listed the folder before a merge may still name what the merge replaced. It is forgotten after
# this time: twice as long as a writer's partial file may grow old, see STRAY_SECONDS in folder.py.
REMEMBERED_SECONDS = 172_800


def replaced_by(present: Iterable[Header]) -> set[str]:
    """Return the identities of all that some segments replace, at first or second hand."""
    replaced: set[str] = set()
    for header in present:
        replaced.update(header.replaces)
        for _, identities in header.folded:
            replaced.update(identities.split())
    return replaced


def heads(live: Sequence[Header]) -> tuple[str, ...]:
    """Return the identities that a new segment has to name: of live segments that no live one names."""
    named = {identity for header in live for identity in header.seen}
    return tuple(header.segment for header in live if header.segment not in named)


def vanished(live: Sequence[Header]) -> list[str]:
    """Return the identities that a live segment has seen and that are neither there nor replaced."""
    seen = {identity for header in live for identity in header.seen}
    lacking = seen.difference(header.segment for header in live)
    return sorted(lacking - replaced_by(live)) if lacking else []


def folded_by(members: Sequence[Header], others: Sequence[Header], now: float) -> Folded:
    """Return what a merge of ``members`` beside the live ``others`` must remember as replaced before it."""
    seen = {identity for header in others for identity in header.seen}
    groups = [(when, names.split()) for member in members for when, names in member.folded]
    groups += [(int(now), list(member.replaces)) for member in members]
    kept = []
    for when, identities in groups:
        recent = now - when < REMEMBERED_SECONDS
        if names := " ".join(name for name in identities if recent or name in seen):
            kept.append((when, names))
    return tuple(kept)
