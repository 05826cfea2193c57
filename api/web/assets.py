"""Style sheet, script and icon: read once, addressed by their hash, so browsers keep them for good.

Without a hash in the address every page would load them anew (answers are `no-store` by
default), or a clerk would see yesterday's style after an update.
"""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Final

from fastapi import APIRouter, Response

from rules.errors import Refused

router = APIRouter(include_in_schema=False)

_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOLDER: Final = Path(__file__).parent / "static"
_FILES: Final[Mapping[str, bytes]] = MappingProxyType(
    {path.name: path.read_bytes() for path in sorted(_FOLDER.iterdir()) if path.suffix in _TYPES}
)
_FOR_GOOD: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
"""Source: RFC 8246 section 2."""


def url(name: str) -> str:
    """The address of a file in static/, with the hash of its bytes."""
    return f"/static/{name}?v={sha256(_FILES[name]).hexdigest()[:12]}"


@router.get("/static/{name}")
def static(name: str) -> Response:
    """One file of static/. Raises: Refused: `page.unknown`."""
    if name not in _FILES:
        raise Refused("page.unknown", "there is no such file")
    return Response(_FILES[name], media_type=_TYPES[Path(name).suffix], headers=_FOR_GOOD)
