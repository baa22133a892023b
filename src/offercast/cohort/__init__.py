"""MANY SEEKERS: the same models over many histories, on one machine or a cluster; and what they show together."""

from offercast.cohort.driver import Lost, Workers, run_parts
from offercast.cohort.executors import Cluster, Here, Processes
from offercast.cohort.run import Run, read_rows, run_cohort
from offercast.cohort.seeker import Seen, Task, look_at
from offercast.cohort.simulating import Habits, simulate_cohort
from offercast.cohort.source import Cohort, Part, open_cohort, read_part

__all__ = [
    "Cluster", "Cohort", "Habits", "Here", "Lost", "Part", "Processes", "Run", "Seen", "Task", "Workers", "look_at",
    "open_cohort", "read_part", "read_rows", "run_cohort", "run_parts", "simulate_cohort",
]  # fmt: skip
