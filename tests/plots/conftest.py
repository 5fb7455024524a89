import pytest
from loop_rounds import report_of, two_rounds

from surronas.journal import Round
from surronas.plots import Report


@pytest.fixture
def rounds() -> list[Round]:
    return two_rounds()


@pytest.fixture
def report(rounds: list[Round]) -> Report:
    return report_of(rounds)
