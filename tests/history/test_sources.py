"""Every known source is found by its headers in any order, and its words all mean something."""

import random
from pathlib import Path

import pytest

from offercast.history import read_history
from offercast.history.lexicon import lexicon
from offercast.history.mapping import mistakes
from offercast.history.sources import detect, sources
from offercast.ladder import Ladder

DOCS = Path(__file__).parents[2] / "docs" / "mapping.md"


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.name)
def test_a_source_is_found_whatever_the_order_and_is_in_the_docs(source, ladder: Ladder) -> None:
    headers = [*source.headers, "Something else"]
    random.Random(1).shuffle(headers)
    assert detect(headers) is source
    assert detect([h.upper().replace(" ", "_") for h in headers]) is source
    assert detect(source.headers[1:]) is not source
    assert not list(mistakes(source.reads, ladder))
    assert f"| {source.name} | {source.about} | {source.basis} |" in DOCS.read_text()


ROWS = {
    "LinkedIn data export": (
        'Application Date,Contact Email,Contact Phone Number,Company Name,Job Title,Job Url,Resume Name,Question And Answers\n"7/6/23, 2:20 PM",,,A,Dev,,,\n',
        [["applied 2023-07-06"]],
    ),
    "Simplify": (
        "Job Title,Company Name,Job URL,Applied Date,Status,Status Date\nDev,A,u,2025-01-02,REJECTED,2025-02-01\nOps,B,u,2025-01-03,INTERVIEWING,2025-01-20\nQA,C,u,,SAVED,2025-01-01\n",
        [["applied 2025-01-02", "rejected 2025-02-01"], ["applied 2025-01-03", "interview 2025-01-20"], ["never_applied 2025-01-01"]],
    ),
    "Teal": (
        "id,company_name,role,statusName,added_at,applied_at,updated_at\nx1,A,Dev,Applied,2025-01-01T08:00:00Z,2025-01-02T10:00:00Z,2025-03-01T00:00:00Z\nx2,B,Dev,Bookmarked,2025-01-01T08:00:00Z,,\n",
        [["applied 2025-01-02"], ["never_applied "]],
    ),
    "Huntr": ("title,companyName,listName,location\nDev,A,Wishlist,x\nDev,B,Interview,x\n", [["never_applied "], ["interview "]]),
    "JobSync": (
        "index,createdAt,applied,appliedDate,Company,JobTitle,jobType,workplaceType,Location,JobSource,Status\n1,2025-01-01,Yes,2025-01-02,A,Dev,FT,Remote,x,LinkedIn,Rejected\n2,2025-01-01,No,N/A,B,Dev,FT,Remote,x,LinkedIn,Draft\n",
        [["applied 2025-01-02", "rejected "], ["never_applied "]],
    ),
    "ai-job-search": (
        "date,company,sector,role,role_type,channel,status,contact_person\n2025-01-02,A,x,Dev,Backend,LinkedIn,no_response,\n2025-01-03,B,x,Dev,Backend,Referral,interview,\n",
        [["applied 2025-01-02"], ["applied 2025-01-03", "interview "]],
    ),
    "Reactive Resume": (
        "Company,Role,Stage,Stage Date,Application Date,Location,Source,Stage History\nA,Dev,interview,2026-08-12,2026-08-03,x,Referral,Applied (2026-08-03) → Interview (2026-08-12)\n",
        [["applied 2026-08-03", "interview 2026-08-12"]],
    ),
    "JustAJobApp": (
        "Date Received,Sender Name,Sender Email,Subject,Status Label\n2025-01-02,Acme,a@x.example,s,Application confirmation\n2025-01-20,Acme,a@x.example,s,Rejection\n2025-03-02,Acme,a@x.example,s,Application confirmation\n",
        [["applied 2025-01-02", "rejected 2025-01-20"], ["applied 2025-03-02"]],
    ),
    "PIPELINE": (
        "id,company_name,job_title,status,applied_at,interview_at,offer_at,rejected_at\n1,A,Dev,rejected,2025-01-02T00:00:00Z,2025-01-09T00:00:00Z,,2025-01-30T00:00:00Z\n",
        [["applied 2025-01-02", "interview 2025-01-09", "rejected 2025-01-30"]],
    ),
    "tracker-mcp": (
        "#,Company,Role,Location,Found via,Applied on,Applied via,Status,Furthest stage,Response,Replied on\n1,A,Dev,x,LinkedIn,2025-01-02,site,Rejected,Interview,yes,2025-01-10\n",
        [["applied 2025-01-02", "response 2025-01-10", "interview ", "rejected "]],
    ),
    "edge list": ("Company,Source,Target\nA,Applied,Phone Screen\nA,Phone Screen,Rejected\nB,Applied,Ghosted\n", [["phone ", "rejected "], ["applied "]]),
    "career-ops": (
        "| # | Date | Company | Role | Score | Status | Notes |\n|---|---|---|---|---|---|---|\n| 1 | 2026-05-31 | A | Dev | 4/5 | Evaluated | |\n| 2 | 2026-05-01 | B | Dev | 4/5 | Applied | Applied 2026-05-04, by mail |\n",
        [["never_applied 2026-05-31"], ["never_applied 2026-05-01", "applied 2026-05-04"]],
    ),
    "JobFunnel": (
        "status,title,company,location,date,blurb,tags,link,id,provider,query\nNEW,Dev,A,x,2025-01-01,,,u,1,indeed,python\nAPPLIED,Dev,B,x,2025-01-01,,,u,2,indeed,python\n",
        [["never_applied "], ["applied "]],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_a_known_source_is_read(tmp_path: Path, name: str) -> None:
    text, expected = ROWS[name]
    (tmp_path / "log.csv").write_text(text)
    history = read_history(tmp_path / "log.csv")
    assert history.reading.known_as == name
    assert [[f"{e.kind} {e.on or ''}" for e in a.events] for a in history.applications] == expected


def test_ordinary_names_of_columns_are_no_source() -> None:
    assert detect(["Company", "Role", "Date applied", "Status", "Notes"]) is None
    assert lexicon().columns["applied on"] == "date of applied"
