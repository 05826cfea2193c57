"""A short run of `make stress`: processes die while mail arrives and a person moves mails."""

import pytest

from tests.stress.stress_run import Plan, run

pytestmark = pytest.mark.journey


@pytest.mark.parametrize(
    "plan",
    [
        Plan(seed=4, mails=45, kills=8, seconds=15, settle_seconds=60),
        Plan(seed=5, mails=24, kills=4, seconds=8, settle_seconds=60, engine="sqlite", workers=1),
    ],
    ids=["postgresql", "sqlite"],
)
def test_kills_on_all_sides_lose_double_and_misplace_nothing(plan, tmp_path):
    report = run(plan, tmp_path)
    told = "\n".join(report.lines())
    assert report.clean, told
    assert report.findings.counted["rows in the ledger"] >= plan.mails * 0.8, told
    assert sum(report.blows.values()) >= plan.kills * 0.5, told
