"""Parts that hold parts: attached messages, winmail.dat, opaque S/MIME, texts with files inside.

What lies inside is listed behind its container, with a path like "2/1.1", and is found again by it.
Source: own decision 0007; RFC 2046 section 5.2.1; RFC 8551; MS-OXTNEF.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from ingest import charset, headers, inline_files, mime, rtf, smime, tnef
from ingest.mime import Leaf

MAX_DEPTH = 4
"""Containers in containers that are opened. Source: own decision 0007."""

MESSAGES = frozenset({"message/rfc822", "message/global"})
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_SMIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_PGP = "application/pgp-encrypted"
_OUTLOOK = "application/vnd.ms-outlook"
"""A mail as Outlook saves it, in a format that nothing here reads."""


def expand(leaves: Iterable[Leaf], defects: list[str]) -> tuple[Leaf, ...]:
    """The leaves, each container followed by what it holds; at most `mime.MAX_PARTS` in all."""
    walk = _walk(leaves, 0, defects)
    found = tuple(islice(walk, mime.MAX_PARTS))
    if len(found) == mime.MAX_PARTS and next(walk, None):
        defects.append("mime.too_many_parts")
    return found


def _walk(leaves: Iterable[Leaf], depth: int, defects: list[str]) -> Iterator[Leaf]:
    for leaf in leaves:
        if (
            leaf.content_type == "text/plain"
            and leaf.source.find(inline_files.BEGIN, leaf.start, leaf.end) >= 0
        ):
            yield from _with_files(leaf)
            continue
        inner = tuple(_contained(leaf, defects)) if depth < MAX_DEPTH else ()
        yield _named(leaf, inner) if leaf.content_type in MESSAGES else leaf
        yield from _walk((_placed(part, leaf) for part in inner), depth + 1, defects)


def _with_files(leaf: Leaf) -> Iterator[Leaf]:
    """A text, and the files that were written into it."""
    is_file = leaf.disposition == "attachment"
    text, files = (b"", []) if is_file else inline_files.split(leaf.content().data)
    if not files:
        yield leaf
        return
    yield replace(leaf, source=text, start=0, end=len(text), encoding="")
    for number, (name, data) in enumerate(files, 1):
        shown = charset.decode(name).text
        yield _placed(_made(str(number), "application/octet-stream", data, name=shown), leaf)


def _contained(leaf: Leaf, defects: list[str]) -> Iterable[Leaf]:
    """The parts inside a leaf, with their paths inside it."""
    name = leaf.name.lower()
    if leaf.content_type in MESSAGES or name.endswith(".eml"):
        return _scanned(leaf.content().data, defects)
    if leaf.content_type in _TNEF or name == "winmail.dat":
        return _wrapped(leaf, defects)
    if leaf.content_type in _SMIME or name == "smime.p7m":
        return _signed(leaf, defects)
    if leaf.content_type == _OUTLOOK or name[-4:] == ".msg":
        defects.append("message.unread")
    if leaf.content_type == _PGP or _is_pgp_file(leaf, name):
        defects.append("mail.encrypted")
    return ()


def _is_pgp_file(leaf: Leaf, name: str) -> bool:
    """As programs send it that know no PGP/MIME. Source: RFC 9580 section 6.2."""
    return name.endswith((".asc", ".pgp", ".gpg")) and leaf.content().data[
        :100
    ].lstrip().startswith(b"-----BEGIN PGP MESSAGE-----")


def _scanned(data: bytes, defects: list[str]) -> Iterable[Leaf]:
    tree = mime.scan(data)
    defects.extend(tree.defects)
    subject = next((headers.text(value) for name, value in tree.fields if name == "subject"), "")
    return [replace(leaf, message_subject=subject) for leaf in tree.leaves]


def _wrapped(leaf: Leaf, defects: list[str]) -> Iterator[Leaf]:
    """Text, HTML and files of a winmail.dat as leaves."""
    content = tnef.read(leaf.content().data)
    text = content.text
    if not text.strip() and not content.html.strip() and content.rtf:
        text = rtf.text_of(rtf.unpacked(content.rtf))
        if not text.strip():
            defects.append("tnef.unreadable")
    if content == tnef.Content():
        defects.append("tnef.unreadable")
    if text.strip():
        yield _made("text", "text/plain", text.encode("utf-8", "replace"), choice="body")
    if content.html.strip():
        yield _made("html", "text/html", content.html, choice="body")
    for number, file in enumerate(content.files, 1):
        yield _made(str(number), "application/octet-stream", file.data, name=file.name)


def _signed(leaf: Leaf, defects: list[str]) -> Iterable[Leaf]:
    opened = smime.read(leaf.content().data)
    if opened.encrypted:
        defects.append("mail.encrypted")
    elif not opened.content:
        defects.append("smime.unreadable")
    return _scanned(opened.content, defects) if opened.content else ()


def _made(path: str, content_type: str, data: bytes, *, name: str = "", choice: str = "") -> Leaf:
    return Leaf(
        source=data,
        start=0,
        end=len(data),
        path=path,
        content_type=content_type,
        params={"charset": "utf-8"} if content_type == "text/plain" else {},
        disposition="" if choice else "attachment",
        name=name,
        choice=choice,
    )


def _placed(part: Leaf, container: Leaf) -> Leaf:
    choice = f"{container.path}/{part.choice}" if part.choice else ""
    return replace(part, path=f"{container.path}/{part.path}", choice=choice)


def _named(leaf: Leaf, inner: tuple[Leaf, ...]) -> Leaf:
    """An attached message without a name is called by its subject."""
    subject = next((part.message_subject for part in inner), "")
    return leaf if leaf.name else replace(leaf, name=f"{subject or 'Nachricht'}.eml")
