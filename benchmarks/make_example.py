"""Makes the example log that ships with the package, from a made-up truth and the seed below.

uv run python benchmarks/make_example.py > src/offercast/examples/three_tracks.csv
"""

import sys
from datetime import date
from itertools import count

import numpy as np

from offercast.evidence import gather
from offercast.history.writing import canonical_text
from offercast.ladder import Ladder
from offercast.modelfile import load_model
from offercast.trust import StepTruth, Truth, simulate_history

FIRST_SEED = 2026
START, DAYS, AS_OF = date(2025, 11, 3), 150, date(2026, 4, 2)
LULL = (date(2025, 12, 20), date(2026, 1, 4))


def truth() -> Truth:
    """Software engineering answers seldom, sales engineering more often, advocacy likes to talk and dithers."""

    def steps(response: float, phone: float, interview: float, second: float, offer: float) -> dict[str, StepTruth]:
        return {
            "applied": StepTruth(response, 0.45, 8, 14, 1.1),
            "response": StepTruth(phone, 0.5, 4, 9),
            "phone": StepTruth(interview, 0.6, 6, 9),
            "interview": StepTruth(second, 0.7, 9, 12),
            "second_interview": StepTruth(offer, 0.8, 10, 12),
        }

    return Truth(
        steps={
            "Software Engineer": steps(0.12, 0.70, 0.60, 0.40, 0.30),
            "Sales Engineer": steps(0.25, 0.75, 0.65, 0.55, 0.40),
            "Developer Advocate": steps(0.30, 0.60, 0.45, 0.40, 0.25),
        },
        per_week={"Software Engineer": 2.4, "Sales Engineer": 1.5, "Developer Advocate": 0.9},
        channels={"referral": (0.10, 3.0), "recruiter": (0.05, 1.5)},
        never_applied=0.22,
        declined=1.0,
        lull=LULL,
    )


def worth_telling(history) -> bool:  # noqa: ANN001
    """A demo needs one offer that was declined, about 120 entries, and something still in flight."""
    kinds = [event.kind for a in history.applications for event in a.events]
    offers = {a.track for a in history.applications for event in a.events if event.kind == "offer"}
    return (
        kinds.count("offer") == kinds.count("declined") == 1
        and 115 <= len(history.applications) <= 125
        and offers == {"Sales Engineer"}
    )


def main(ladder: Ladder) -> None:
    for seed in count(FIRST_SEED):
        rng = np.random.default_rng(seed)
        history = simulate_history(truth(), ladder, start=START, days=DAYS, as_of=AS_OF, rng=rng)
        if worth_telling(history):
            break
    evidence = gather(history, as_of=AS_OF)
    print(f"seed {seed}: {evidence.sent} sent, {evidence.open_now} open", file=sys.stderr)
    sys.stdout.write(canonical_text(history))


if __name__ == "__main__":
    main(load_model().ladder)
