"""The same rows on a Dask cluster; a worker that is killed loses nothing; a scheduler that is gone is said."""

import os
import signal
import threading
from functools import partial

import pytest
from polars.testing import assert_frame_equal

from cohort import jobs
from cohort.conftest import TODAY
from offercast.cohort import Cluster, Lost, Part, executors, open_cohort, read_rows, run_cohort, run_parts
from offercast.errors import CommandError, FitError

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("ignore")  # Dask's own, when its cluster is ended on purpose


@pytest.fixture
def cluster():
    """Two worker processes, one thread each."""
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True) as made,
    ):
        yield made


def test_the_same_rows_and_a_killed_worker_loses_nothing(parquet, tmp_path, cluster) -> None:
    run_cohort(parquet, tmp_path / "here", today=TODAY, back_days=0, named=True)
    workers = Cluster(cluster.scheduler_address)
    assert workers.size == 2
    pid = next(iter(workers.client.run(os.getpid).values()))
    threading.Timer(1.0, os.kill, (pid, signal.SIGKILL)).start()
    run_cohort(parquet, tmp_path / "there", today=TODAY, back_days=0, named=True, workers=workers)
    here, there = (read_rows(tmp_path / name)[1].collect().sort("seeker") for name in ("here", "there"))
    assert_frame_equal(here, there, rel_tol=1e-9)
    workers.client.close()


def test_a_seeker_who_kills_every_worker_is_found(parquet, tmp_path, cluster) -> None:
    cohort = open_cohort(parquet, work=tmp_path / "w")
    workers = Cluster(cluster.scheduler_address)
    parts = [part for part in cohort.parts if jobs.KILLER in jobs.names_of(part)][:1]
    found, lost = [], []
    for part, outcome in run_parts([_only(parts[0])], jobs.dies_of_one, workers):
        (lost if isinstance(outcome, Lost) else found).extend(jobs.names_of(part))
    assert lost == [jobs.KILLER]
    workers.client.close()


def _only(part: Part) -> Part:
    """The piece of a part that holds the killer and one more: each death costs Dask a second or two."""
    place = jobs.names_of(part).index(jobs.KILLER)
    names = jobs.names_of(part)
    first = min(place, len(names) - 2)
    return Part(part.number, part.kind, part.paths, part.name, (first, first + 2))


def test_a_scheduler_that_goes_away_is_said(parquet, tmp_path) -> None:
    made = distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None, processes=True)
    workers = Cluster(made.scheduler_address)
    threading.Timer(1.5, made.close).start()
    job = partial(jobs.naps, seconds=1.0)
    with pytest.raises(FitError, match="scheduler at .* is gone. What was done is kept"):
        list(run_parts(open_cohort(parquet, work=tmp_path / "w", seekers_a_part=2).parts, job, workers))


def test_nobody_at_the_address(monkeypatch) -> None:
    monkeypatch.setattr(executors, "CONNECT", "1s")
    with pytest.raises(CommandError, match="does not answer"):
        Cluster("tcp://127.0.0.1:9")
