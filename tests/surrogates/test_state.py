import sys
import types
from pathlib import Path

import numpy as np
import pytest
from contracts.surrogate_contract import cell_accuracies
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.tree import DecisionTreeRegressor

from surronas.errors import InputError
from surronas.surrogates import Matrix, Vector
from surronas.surrogates.foreign import restored, state_of
from surronas.surrogates.sealed_file import read_sealed, write_sealed
from surronas.surrogates.state import Packing, Unpacking


@pytest.fixture(scope="module")
def rows() -> tuple[Matrix, Vector]:
    return cell_accuracies(np.random.default_rng(0), 120)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (lambda x: x, "can't save here: .*<lambda> is neither of"),
        ({"a": {1, 2}}, r"can't save here\['a'\]: builtins:set"),
        (np.array([1, None], object), "can't save here: an array of Python objects"),
        ((1, [int]), r"can't save here\[1\]\[0\]"),
        (type("Pair", (tuple,), {})((1, 2)), "can't save here: a Pair"),
    ],
)
def test_what_only_code_could_restore_is_refused(value: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Packing().pack(value, "here")


def test_an_object_that_holds_itself_is_refused() -> None:
    ring: list[object] = []
    ring.append(ring)
    with pytest.raises(InputError, match="nested more than 100 deep"):
        Packing().pack(ring, "here")


@pytest.mark.parametrize(
    "place",
    [
        "os:system",
        "builtins:eval",
        "surronas.store.files:remove_strays",
        "surronas.surrogates.saving:save_surrogate",
        "surronas.surrogates.state:Unpacking",
        "surronas.surrogates.gaussian_process:np",
        "surronas.surrogates.no_such:Model",
        "surronas.surrogates.gaussian_process:Unknown",
        "surronas.surrogates.warping:minimize_scalar",
        "surronas.surrogates...store.files:joined",
    ],
)
@pytest.mark.parametrize("kind", ["function", "object"])
def test_a_file_can_name_nothing_but_surrogates_and_encodings(place: str, kind: str) -> None:
    with pytest.raises(InputError, match=r"the file names "):
        Unpacking([]).unpack({kind: place, "state": {}})


def test_unknown_kinds_and_classes_of_other_packages_are_refused() -> None:
    with pytest.raises(InputError, match=r"expected a kind of value among .*, got \['code'\]"):
        Unpacking([]).unpack({"code": "1"})
    with pytest.raises(InputError, match=r"expected one of .*, got 'sklearn.svm:SVR'"):
        restored("sklearn.svm:SVR", {})


def test_a_tree_that_leads_in_circles_is_refused(rows: tuple[Matrix, Vector]) -> None:
    state = state_of(DecisionTreeRegressor(max_depth=2).fit(*rows).tree_)
    for field, value in (("left_child", 0), ("right_child", 10_000), ("feature", 999)):
        broken = state | {"nodes": state["nodes"].copy()}
        broken["nodes"][field][0] = value
        with pytest.raises(InputError, match="expected a decision tree whose nodes lead on"):
            restored("sklearn.tree._tree:Tree", broken)


def test_states_that_the_installed_versions_cannot_take_are_refused(
    rows: tuple[Matrix, Vector], monkeypatch: pytest.MonkeyPatch
) -> None:
    state = state_of(DecisionTreeRegressor(max_depth=2).fit(*rows).tree_)
    with pytest.raises(InputError, match="this version of scikit-learn can't read the file's decision trees"):
        restored("sklearn.tree._tree:Tree", state | {"values": state["values"].astype(np.float32)})
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", types.ModuleType("older"))
    with pytest.raises(InputError, match=r"sklearn.linear_model:Ridge is not there; install the version"):
        restored("sklearn.linear_model:Ridge", {})


def test_other_losses_and_slots_are_refused(rows: tuple[Matrix, Vector]) -> None:
    absolute = HistGradientBoostingRegressor(loss="absolute_error", max_iter=2).fit(*rows)
    with pytest.raises(InputError, match="can't save histogram boosting with loss 'absolute_error'"):
        Packing().pack(absolute, "model")

    class Slotted:
        __slots__ = ("mean",)

        def __init__(self) -> None:
            self.mean = 1.0

    with pytest.raises(InputError, match="can't save here: Slotted keeps its state in slots"):
        Packing([Slotted]).pack(Slotted(), "here")


def test_arrays_keep_type_shape_and_order(tmp_path: Path) -> None:
    values = [
        np.arange(6.0).reshape(2, 3).T,
        np.empty((0, 4)),
        np.array([True, False]),
        np.array(["a", "bc"]),
        np.array([np.nan, np.inf, -0.0]),
        np.float32(0.1),
        (1, [2.5, None, float("-inf")], range(3), slice(None, 2), {1: "a", (2, 3): "b"}),
    ]
    packing = Packing()
    tree = packing.pack(values, "values")
    write_sealed(tmp_path / "a.h5", {"state": tree}, packing.arrays)
    texts, arrays = read_sealed(tmp_path / "a.h5")
    found = Unpacking(arrays).unpack(texts["state"])
    for before, after in zip(values[:6], found[:6], strict=True):
        np.testing.assert_array_equal(after, before)
        assert after.dtype == before.dtype
    assert found[0].flags.f_contiguous
    assert found[6] == values[6]
