"""Who names whom: a simulation of writers and merges, each as slow as it likes, in every order."""

from hypothesis import given
from hypothesis import strategies as st

from surronas.store.layout import Header
from surronas.store.lineage import REMEMBERED_SECONDS, folded_by, heads, replaced_by, vanished


def header(identity: int, **lineage: object) -> Header:
    return Header("cell201", [5], (), segment=str(identity), **lineage)


class Folder:
    """Headers as they come and go: appends that look and write later, merges that hold the lock."""

    def __init__(self) -> None:
        self.made = 1
        self.present = {"0": header(0)}
        self.looking: list[tuple[str, ...]] = []  # what the writers that have not written yet will name

    def live(self) -> list[Header]:
        replaced = {name for one in self.present.values() for name in one.replaces}
        return [one for one in self.present.values() if one.segment not in replaced]

    def look(self) -> None:
        self.looking.append(heads(self.live()))

    def write(self, which: int) -> None:
        if self.looking:
            self.put(seen=self.looking.pop(which % len(self.looking)))

    def merge(self, chosen: int, deleted: bool) -> None:
        """Fold some of the live segments; perhaps the merge is killed before it deletes them."""
        live = self.live()
        self.present = {one.segment: one for one in live}
        members = [one for i, one in enumerate(live) if chosen >> i & 1]
        if len(members) > 1:
            others = [one for one in live if one not in members]
            names = tuple(one.segment for one in members)
            self.put(replaces=names, seen=heads(others), folded=folded_by(members, others, 0))
            if deleted:
                self.present = {one.segment: one for one in self.present.values() if one not in members}

    def put(self, **lineage: object) -> None:
        made = header(self.made, **lineage)
        self.present[made.segment] = made
        self.made += 1


STEPS = st.one_of(
    st.tuples(st.just("look")),
    st.tuples(st.just("write"), st.integers(0, 5)),
    st.tuples(st.just("merge"), st.integers(0, 255), st.booleans()),
)


@given(st.lists(STEPS, max_size=60))
def test_nobody_is_missed_who_is_there_and_all_are_missed_but_the_newest(steps: list[tuple]) -> None:
    folder = Folder()
    for name, *arguments in steps:
        getattr(folder, name)(*arguments)
        live = folder.live()
        assert vanished(live) == []
        newest = heads(live)
        for gone in live:
            lacking = vanished([one for one in live if one is not gone])
            assert lacking or gone.segment in newest
            assert set(lacking) <= {gone.segment} | replaced_by([gone])


@given(st.lists(STEPS, max_size=60), st.sets(st.integers(0, 7)))
def test_if_several_are_gone_at_least_one_is_missed(steps: list[tuple], gone: set[int]) -> None:
    folder = Folder()
    for name, *arguments in steps:
        getattr(folder, name)(*arguments)
    live = folder.live()
    left = [one for i, one in enumerate(live) if i not in gone]
    named_by_those_left = {identity for one in left for identity in one.seen}
    lost = {one.segment for one in live if one not in left}
    assert lost & named_by_those_left <= set(vanished(left))


def test_what_was_replaced_is_forgotten_once_nobody_can_name_it() -> None:
    first = header(1, replaces=("a", "b"), folded=((100, "c d"),))
    later = 101 + REMEMBERED_SECONDS
    assert folded_by([first], [], 200) == ((100, "c d"), (200, "a b"))
    assert folded_by([first], [], later) == ((later, "a b"),)
    assert folded_by([first], [header(2, seen=("d",))], later) == ((100, "d"), (later, "a b"))


def test_a_chain_of_appends_names_one_segment_each() -> None:
    folder = Folder()
    for _ in range(20):
        folder.look()
        folder.write(0)
    assert [len(one.seen) for one in folder.live()] == [0] + [1] * 20
