"""What several test files need: the CDNOW customers at the end of calibration, and the fits to them."""

import os
from pathlib import Path

# Small matrix products gain nothing from threads, and test processes side by side would wait for each other's.
# This must be set before numpy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest

from crmtheory import datasets, transactions
from crmtheory.models import ATTRITION, MODELS

collect_ignore = ["browser"]  # its tests need a report and a browser: make test-browser


@pytest.fixture(scope="session")
def cdnow_log():
    return transactions.read(datasets.path("cdnow_sample"), "customer_id", "date", "amount_usd")


@pytest.fixture(scope="session")
def cdnow(cdnow_log):
    """The 2,357 customers of the 1/10 sample after 39 weeks, as in the papers; 39 weeks of holdout."""
    return cdnow_log.summary(unit="week", calibration_end="1997-09-30")


@pytest.fixture(scope="session")
def cdnow_fits(cdnow):
    return {name: MODELS[name].fit(cdnow) for name in (*ATTRITION, "Gamma-Gamma")}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in which the test works."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
