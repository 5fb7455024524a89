from pathlib import Path

import numpy as np
import pytest
import torch

from surronas.training.costs import rounds
from surronas.training.costs.energy import energy_counter, nvml_counter, rapl_counter
from surronas.training.costs.rounds import ENERGY_ROUNDS, energies


def zone(folder: Path, number: str, name: str, energy: int, span: int = 1_000_000) -> Path:
    """A zone as Linux shows it."""
    made = folder / f"intel-rapl:{number}"
    made.mkdir()
    for file, value in (("name", name), ("energy_uj", energy), ("max_energy_range_uj", span)):
        (made / file).write_text(f"{value}\n")
    return made


def test_rapl_adds_up_the_packages_alone(tmp_path: Path) -> None:
    first, second = zone(tmp_path, "0", "package-0", 5000), zone(tmp_path, "1", "package-1", 0)
    core, system = zone(tmp_path, "0:0", "core", 0), zone(tmp_path, "2", "psys", 0)
    counter = rapl_counter(tmp_path)
    assert counter is not None
    assert counter.millijoules() == 0
    for each, energy in ((first, 8000), (second, 1500), (core, 99_000), (system, 99_000)):
        (each / "energy_uj").write_text(str(energy))
    assert counter.millijoules() == 4.5


def test_rapl_goes_on_where_its_counter_wraps_around(tmp_path: Path) -> None:
    package = zone(tmp_path, "0", "package-0", 900_000)
    counter = rapl_counter(tmp_path)
    assert counter is not None
    (package / "energy_uj").write_text("100000")
    assert counter.millijoules() == 200.0
    (package / "energy_uj").write_text("150000")
    assert counter.millijoules() == 250.0


def test_no_counter_is_no_counter(tmp_path: Path) -> None:
    assert rapl_counter(tmp_path / "nowhere") is None
    zone(tmp_path, "0", "psys", 0)
    assert rapl_counter(tmp_path) is None
    broken = zone(tmp_path, "1", "package-0", 0)
    (broken / "energy_uj").unlink()  # as where it may not be read
    assert rapl_counter(tmp_path) is None
    if not torch.cuda.is_available():
        assert nvml_counter(torch.device("cuda:0")) is None


class Counting:
    """A runner, and a counter that gives a fixed energy a run."""

    def __init__(self, millijoules: float) -> None:
        self.runs, self._each = 0, millijoules

    def run(self) -> None:
        self.runs += 1

    def milliseconds(self) -> float:
        self.run()
        return 1.0


class Sum:
    """A counter that adds up what several have taken."""

    def __init__(self, runners: list[Counting]) -> None:
        self._runners = runners

    def millijoules(self) -> float:
        return sum(runner.runs * runner._each for runner in self._runners)


def test_energy_is_that_of_a_forward_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "ENERGY_SECONDS", 0.002)
    runners = [Counting(3.0), Counting(0.25)]
    np.testing.assert_allclose(energies(runners, Sum(runners)), [3.0, 0.25])
    assert min(runner.runs for runner in runners) > 2 * ENERGY_ROUNDS


def test_a_counter_that_stands_still_gives_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "ENERGY_SECONDS", 0.0)
    assert np.isnan(energies([Counting(1.0)], Sum([]))).all()


@pytest.mark.gpu
def test_a_gpu_counts() -> None:
    counter = energy_counter(torch.device("cuda:0"))
    assert counter is None or counter.millijoules() > 0
