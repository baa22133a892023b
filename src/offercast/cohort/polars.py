"""polars, or what to say where it is not installed."""

from __future__ import annotations

import os
from typing import Any

from offercast.errors import CommandError

# polars' allocator keeps what it freed for ten seconds, unless it is told otherwise before it is loaded
os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:0,muzzy_decay_ms:0")

try:
    import polars as pl
except ModuleNotFoundError:

    class _Missing:
        """Says what to install, as soon as something is asked of it."""

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401
            raise CommandError("a cohort needs polars: pip install 'offercast[cohort]'.")

    pl: Any = _Missing()

__all__ = ["pl"]
