"""What mail servers found out about a sender (SPF, DKIM, DMARC), and whose word counts.

Anybody can write an Authentication-Results field into his mail. Only the servers that the house
names are believed, and of theirs only the uppermost word. Nothing here opens a door: a result is
shown to a person, and no rule, text or routing asks for it. Source: own decision 0082.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Method(StrEnum):
    """The three checks that are shown. Source: RFC 7208, RFC 6376, RFC 7489."""

    SPF = "spf"
    DKIM = "dkim"
    DMARC = "dmarc"


class Outcome(StrEnum):
    """What came out of one check, in the few words that a clerk needs.

    `UNTOLD`: no believed server told of it. `UNSURE`: it was tried and says neither yes nor no.
    """

    PASS = "pass"  # noqa: S105 - a result of RFC 8601, no password
    FAIL = "fail"
    UNSURE = "unsure"
    NONE = "none"
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True)
class Claim:
    """One result as it was written: `result` in lower case, `domain` it is about, or empty."""

    method: Method
    result: str
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Stamp:
    """One Authentication-Results field: who says so, in lower case, and what.

    `hop` counts the Received fields above it: fields of the same hop came from the same server,
    or from the sender below that server's own.
    """

    server: str
    hop: int
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """What a believed server found out, one outcome a method, and for whom DKIM signed."""

    spf: Outcome = Outcome.UNTOLD
    dkim: Outcome = Outcome.UNTOLD
    dmarc: Outcome = Outcome.UNTOLD
    dkim_domains: tuple[str, ...] = ()

    @property
    def is_told(self) -> bool:
        """Whether a believed server told of anything at all."""
        return {self.spf, self.dkim, self.dmarc} != {Outcome.UNTOLD}


_OUTCOMES: Final = {
    "pass": Outcome.PASS,
    "fail": Outcome.FAIL,
    "hardfail": Outcome.FAIL,  # what older servers write for a fail of SPF
    "none": Outcome.NONE,
}
"""Source: RFC 8601 section 2.7; all else (softfail, neutral, policy, temperror) is unsure."""


def checked(stamps: Sequence[Stamp], trusted: Collection[str]) -> Checked:
    """What the believed servers found out. `stamps` from the top of the mail down.

    Believed are fields of a named server in the uppermost hop that has one; of each method the
    uppermost field that tells of it, so that a forged one below never overrules it.
    Source: RFC 8601 sections 2.5 and 5; own decision 0082.
    """
    ours = [stamp for stamp in stamps if stamp.server in trusted]
    near = [stamp for stamp in ours if stamp.hop == ours[0].hop]
    dkim = _claims(near, Method.DKIM)
    return Checked(
        spf=_agreed(_claims(near, Method.SPF)),
        dkim=_any(dkim),
        dmarc=_agreed(_claims(near, Method.DMARC)),
        dkim_domains=tuple(dict.fromkeys(c.domain for c in dkim if _out(c) is Outcome.PASS)),
    )


def _claims(stamps: Sequence[Stamp], method: Method) -> tuple[Claim, ...]:
    """Those of the uppermost stamp that tells of the method."""
    for stamp in stamps:
        found = tuple(claim for claim in stamp.claims if claim.method is method)
        if found:
            return found
    return ()


def _out(claim: Claim) -> Outcome:
    return _OUTCOMES.get(claim.result, Outcome.UNSURE)


def _agreed(claims: Sequence[Claim]) -> Outcome:
    """One word: where a field contradicts itself somebody may have smuggled something in."""
    said = {_out(claim) for claim in claims}
    if not said:
        return Outcome.UNTOLD
    return said.pop() if len(said) == 1 else Outcome.UNSURE


def _any(claims: Sequence[Claim]) -> Outcome:
    """One good signature is enough; a bad one counts like none. Source: RFC 6376 section 6.1."""
    said = {_out(claim) for claim in claims}
    for best in (Outcome.PASS, Outcome.FAIL, Outcome.UNSURE, Outcome.NONE):
        if best in said:
            return best
    return Outcome.UNTOLD
