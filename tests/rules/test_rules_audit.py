"""The hash chain."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.audit import GENESIS, AuditEntry, ChainBreak, canonical, chain_hash, verify
from rules.errors import Refused

NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)


def entry(seq: int, **changes: object) -> AuditEntry:
    plain = AuditEntry(seq, NOON + timedelta(seconds=seq), "c1", "item.closed", f"item-{seq}")
    return replace(plain, **changes)  # type: ignore[arg-type]  # a test's shorthand


def chain(entries: list[AuditEntry], start: str = GENESIS) -> list[tuple[AuditEntry, str]]:
    hashed = []
    for each in entries:
        start = chain_hash(start, each)
        hashed.append((each, start))
    return hashed


def test_an_untouched_chain_holds() -> None:
    assert verify(chain([entry(seq) for seq in range(1, 6)])) is None
    assert verify([]) is None


def test_a_later_stretch_is_checked_from_the_hash_before_it() -> None:
    whole = chain([entry(seq) for seq in range(1, 6)])
    assert verify(whole[2:], start=whole[1][1], first_seq=3) is None
    assert verify(whole[2:], first_seq=3) is not None


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "c2"},
        {"action": "item.opened"},
        {"subject": "item-9"},
        {"at": NOON},
        {"details": {"reason": "x"}},
    ],
)
def test_a_changed_entry_breaks_the_chain_at_its_place(change: dict[str, object]) -> None:
    hashed = chain([entry(seq) for seq in range(1, 6)])
    hashed[2] = (replace(hashed[2][0], **change), hashed[2][1])  # type: ignore[arg-type]  # shorthand
    broken = verify(hashed)
    assert broken is not None
    assert (broken.seq, broken.kind) == (3, "hash")


def test_a_changed_entry_with_a_fresh_hash_breaks_the_next_one() -> None:
    hashed = chain([entry(seq) for seq in range(1, 6)])
    forged = replace(hashed[2][0], actor="c2")
    hashed[2] = (forged, chain_hash(hashed[1][1], forged))
    broken = verify(hashed)
    assert broken is not None
    assert (broken.seq, broken.kind) == (4, "hash")


@pytest.mark.parametrize("missing", [0, 1, 3])
def test_a_dropped_entry_leaves_a_gap(missing: int) -> None:
    hashed = chain([entry(seq) for seq in range(1, 6)])
    del hashed[missing]
    assert verify(hashed) == ChainBreak(missing + 2, "gap", str(missing + 1), str(missing + 2))


details = st.dictionaries(
    st.text(max_size=5),
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.lists(st.integers()),
    max_size=4,
)


@given(details)
def test_the_order_of_details_and_the_time_zone_do_not_change_the_hash(
    some: dict[str, object],
) -> None:
    berlin = timezone(timedelta(hours=2))
    here = entry(1, details=some)
    there = entry(1, at=here.at.astimezone(berlin), details=dict(reversed(some.items())))
    assert canonical(here) == canonical(there)


@given(st.lists(details, min_size=2, max_size=5), st.data())
def test_swapping_two_entries_is_noticed(
    some: list[dict[str, object]], data: st.DataObject
) -> None:
    hashed = chain([entry(number, details=each) for number, each in enumerate(some, start=1)])
    first = data.draw(st.integers(0, len(hashed) - 2))
    hashed[first], hashed[first + 1] = hashed[first + 1], hashed[first]
    assert verify(hashed) is not None


def test_the_canonical_form_never_changes_silently() -> None:
    one = AuditEntry(1, NOON, "system:sort", "item.sorted", "17", {"b": 1, "a": "ü"})
    assert canonical(one).decode() == (
        '{"action":"item.sorted","actor":"system:sort","at":"2026-06-03T12:00:00.000000+00:00",'
        '"details":{"a":"ü","b":1},"seq":1,"subject":"17"}'
    )


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        chain_hash(GENESIS, entry(1, at=NOON.replace(tzinfo=None)))
    assert refused.value.code == "audit.time_naive"
