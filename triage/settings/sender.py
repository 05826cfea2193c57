"""What clerks are told of a sender: whose checks are believed, and which domains are ours."""

import re

from pydantic import field_validator

from rules.sender_hints import Trust, trusting
from triage.settings.part import Part

_DOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9-]+(?:\.[a-z0-9-]+)+")


class SenderSettings(Part):
    """`trusted_authserv_ids`: names by which our own mail servers sign Authentication-Results.

    Those servers must take fields under these names out of mail from outside. `house_domains`:
    mail from them, and from below them, is no mail from outside.
    Source: RFC 8601 section 5; own decision 0082.
    """

    trusted_authserv_ids: tuple[str, ...] = ()
    house_domains: tuple[str, ...] = ("arbeitsagentur.de",)

    @field_validator("house_domains")
    @classmethod
    def _are_domains(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not _DOMAIN.fullmatch(domain.lower()) for domain in value):
            raise ValueError('write domains like "arbeitsagentur.de", umlauts as xn--')
        return value

    @field_validator("trusted_authserv_ids")
    @classmethod
    def _are_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not name.strip() or re.search(r"[\s;=]", name.strip()) for name in value):
            raise ValueError("write the first word of the field, such as mx1.arbeitsagentur.de")
        return value

    def trust(self) -> Trust:
        """What the stations ask for."""
        return trusting(self.trusted_authserv_ids, self.house_domains)
