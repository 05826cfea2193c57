"""What failures of ldap3, ssl and the network mean for the house.

Source: RFC 4511 section 4.1.9 (result codes); measurement 2026-11-26 (slapd 2.5.13, ldap3 2.9.1).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ldap3.core.exceptions import (
    LDAPAdminLimitExceededResult,
    LDAPBindError,
    LDAPCommunicationError,
    LDAPException,
    LDAPInappropriateAuthenticationResult,
    LDAPInsufficientAccessRightsResult,
    LDAPInvalidCredentialsResult,
    LDAPInvalidDNSyntaxResult,
    LDAPNoSuchObjectResult,
    LDAPReferralResult,
    LDAPSizeLimitExceededResult,
    LDAPStartTLSError,
    LDAPTimeLimitExceededResult,
)

from rules.errors import HouseError, Refused, TryLater

_LOGIN: Final = (
    LDAPInvalidCredentialsResult,
    LDAPInappropriateAuthenticationResult,
    LDAPBindError,
)
_NO_PLACE: Final = (LDAPNoSuchObjectResult, LDAPInvalidDNSyntaxResult, LDAPReferralResult)
_IN_PART: Final = (
    LDAPAdminLimitExceededResult,
    LDAPSizeLimitExceededResult,
    LDAPTimeLimitExceededResult,
)
_CERTIFICATE: Final = ("certificate verify failed", "CERTIFICATE_VERIFY_FAILED")


@contextmanager
def ldap_errors(where: str) -> Iterator[None]:
    """Translate every failure; `where` is "host:port" for the messages.

    Raises: Refused: `ldap.login`, `ldap.certificate`, `ldap.base`, `ldap.no_right`,
    `ldap.cut_off`. TryLater: `ldap.away`.
    """
    try:
        yield
    except (LDAPException, OSError) as exc:
        raise _translated(exc, where) from exc


def _translated(exc: Exception, where: str) -> HouseError:
    if any(sign in str(exc) for sign in _CERTIFICATE):
        return Refused(
            "ldap.certificate",
            f"{where} shows a certificate that nobody here vouches for, or of another name;"
            " set rights.ldap.ca_file and the name that stands in the certificate.",
        )
    if isinstance(exc, _LOGIN):
        return Refused(
            "ldap.login", f"{where} refuses the login; check user and password of rights.ldap."
        )
    if isinstance(exc, _NO_PLACE):
        return Refused("ldap.base", f"{where} has no such place; check rights.ldap.base.")
    if isinstance(exc, LDAPInsufficientAccessRightsResult):
        return Refused(
            "ldap.no_right", f"{where} lets this account read nothing below rights.ldap.base."
        )
    if isinstance(exc, _IN_PART):
        return Refused(
            "ldap.cut_off",
            f"{where} gives only a part of what was asked; raise the limits of size and time there"
            " for the account of rights.ldap.user.",
        )
    if isinstance(exc, LDAPStartTLSError):
        return Refused(
            "ldap.certificate", f"{where} does not go over to TLS; check rights.ldap.tls and port."
        )
    kind = "is away" if isinstance(exc, (LDAPCommunicationError, OSError)) else "answers unclearly"
    return TryLater("ldap.away", f"{where} {kind}; try again later.")
