"""The example log that ships with the package: a made-up search (its recipe: benchmarks/make_example.py)."""

from pathlib import Path


def example() -> Path:
    """Return the path of the example log: one seeker, three tracks, five months.

    >>> example().name
    'three_tracks.csv'
    """
    return Path(__file__).parent / "three_tracks.csv"
