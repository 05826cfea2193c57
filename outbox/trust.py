"""Why a line to a machine outside is not trusted, for whoever has to mend it."""

import ssl


def why_not_trusted(exc: ssl.SSLError) -> str:
    """What OpenSSL says of a certificate or a handshake: fixed words, nothing of a mail."""
    if isinstance(exc, ssl.SSLCertVerificationError):
        return exc.verify_message
    return exc.reason or type(exc).__name__
