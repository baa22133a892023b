"""Small made-up cohorts for the tests of many seekers."""

from datetime import date

import polars as pl
import pytest

from offercast.cohort import simulate_cohort
from offercast.cohort.source import SEEKER

TODAY = date(2026, 6, 30)


@pytest.fixture(scope="session")
def rows(model) -> pl.DataFrame:
    """Events of forty seekers."""
    return pl.concat([pl.DataFrame(c.columns()) for c in simulate_cohort(model, 40, seed=5, as_of=TODAY)])


@pytest.fixture(scope="session")
def parquet(rows, tmp_path_factory):
    path = tmp_path_factory.mktemp("cohort") / "cohort.parquet"
    rows.sample(fraction=1.0, shuffle=True, seed=1).sort(SEEKER, maintain_order=True).write_parquet(path)
    return path
