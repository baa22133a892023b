"""Words of eight languages, two facts in one cell, slips of the finger; and what must be asked, never guessed."""

import pytest

from offercast.history.lexicon import LANGUAGES, lexicon
from offercast.history.vocabulary import Meaning, read_status
from offercast.ladder import Ladder


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Applied", ("applied",)), ("OFFER!!!!", ("offer",)), ("Rejection :(", ("rejected",)), ("ongoing", ()),
        ("0 - Never Applied", ("never_applied",)), ("7 - Accepted", ("accepted",)), ("3 – Rejected", ("phone",)), ("5", ("second_interview",)),
        ("Rejected (Interview)", ("interview", "rejected")), ("Rejected-Interview", ("interview", "rejected")),
        ("Applied-Interview", ("applied", "interview")), ("Rejected after 2nd interview", ("second_interview", "rejected")),
        ("Phone screen → Rejected", ("phone", "rejected")), ("Interview scheduled", ("interview",)), ("Interview / Withdrew", ("interview", "withdrawn")),
        ("Rejected (App)", ("applied", "rejected")), ("Suspected Ghost Job", ()), ("ghosted after interview", ()), ("Offer declined", ("declined",)),
        ("Absage", ("rejected",)), ("Zusage", ("offer",)), ("Vorstellungsgespräch", ("interview",)), ("keine Rückmeldung", ()),
        ("Rechazado", ("rejected",)), ("Entrevista", ("interview",)), ("sin respuesta", ()), ("Contratado", ("accepted",)),
        ("Refusé", ("rejected",)), ("Entretien", ("interview",)), ("en attente", ()), ("à postuler", ("never_applied",)),
        ("已投递", ("applied",)), ("被拒", ("rejected",)), ("二面", ("second_interview",)), ("未投递", ("never_applied",)), ("石沉大海", ()),
        ("Recusado", ("rejected",)), ("Colloquio", ("interview",)), ("Afgewezen", ("rejected",)),
    ],
)  # fmt: skip
def test_a_status_is_understood(ladder: Ladder, text: str, kinds: tuple[str, ...]) -> None:
    assert read_status(text, ladder) == Meaning(kinds, sure=True)


@pytest.mark.parametrize(
    ("text", "kinds"), [("reeejected", ("rejected",)), ("Interveiw", ("interview",)), ("N/A", ()), ("—", ())]
)
def test_a_guess_is_marked_as_one(ladder: Ladder, text: str, kinds: tuple[str, ...]) -> None:
    assert read_status(text, ladder) == Meaning(kinds, sure=False)


@pytest.mark.parametrize(
    "text",
    [
        "Declined", "declined by phone", "Not Interested (App)", "turned down", "Passed", "Rejected (Offer)", "not rejected",
        "Rejected before interview", "no interview", "unaccepted", "never offered", "blue", "Rejected / Withdrawn", "ohne Absage", "12", "interview cancelled", "interview declined", "offer rescinded", "rejected by me", "application viewed",
    ],
)  # fmt: skip
def test_what_could_mean_two_things_or_nothing_is_asked(ladder: Ladder, text: str) -> None:
    assert read_status(text, ladder) is None


def test_every_word_of_every_language_means_something_on_the_blueprint(ladder: Ladder) -> None:
    """No entry points at a stage that does not exist, and months agree between languages."""
    known = {*ladder.stage_ids, *ladder.exits_by_id, "open"}
    assert set(lexicon().statuses.values()) <= known
    assert len(LANGUAGES) == 8
    assert {lexicon().months[name] for name in ("mar", "März".casefold(), "mars", "marzo", "março")} == {3}
    assert "jui" not in lexicon().months  # June or July in French


def test_the_ladders_own_words_come_first(ladder: Ladder) -> None:
    for word, kind in ladder.words.items():
        if not any(part in word for part in ("declined", "turned")):
            assert read_status(word, ladder) == Meaning((kind,)), word
