"""The primary dies with commits that nobody confirmed; its standby goes on without them."""

from tests.stress.failover_run import run


def test_no_acknowledged_mail_is_lost_or_doubled_when_the_primary_dies(tmp_path):
    found = run(20, 1, tmp_path)
    assert (found.accepted, found.lost, found.doubled, found.closes) == (20, [], [], True)
