"""The sender's own name, of which the model sees only that it stands there.

Nobody's mail may be judged otherwise because of what its sender is called: `Klages` holds the
letters of a Klage. A name is known by its place under or behind the greeting, or by an address that
is made of it; words that the lexicon hears stay, since a firm signs with what it does.
Source: Art. 3 (3) GG; measured in docs/judge.md.
"""

import re
from functools import lru_cache
from typing import Final

from classify import kept, lexicon
from classify.reading import NAME, Reading
from classify.text import fold

STANDS_FOR: Final = f" {NAME} "
_GREETING = re.compile(
    r"\b(?:gruss|gruesse|gruessen|mfg|lg|vg|hochachtungsvoll)\b"
    r"[ \t,.!:;)-]{0,8}(?:\n[ \t]{0,8}){0,2}"
    r"(?P<name>[a-z][a-z.'-]*(?: [a-z][a-z.'-]*){0,3})[ \t]{0,8}(?=[,.\n]|$)"
)
"""Up to four words behind the greeting or under it, at the end of their line."""
# Each stretch has an end, so that no text of a stranger's makes these try for seconds.
_BETWEEN: Final = "(?:von|van|zu|zur|de|di|el|al)(?: (?:der|den|dem))?"
_ALONE = re.compile(
    r"(?:^|[.!?] )[^\w\n]{0,5}(?:(?:M[Ff][Gg]|[LV][Gg]|Gru(?:ß|ss)|Grü(?:ß|ss)e|Danke)[ ,]+)?"
    rf"(?P<name>[A-ZÄÖÜ][\w'-]*\.?(?:(?: {_BETWEEN})? [A-ZÄÖÜ][\w'-]*){{1,2}})"
    r"(?:[ \t,:;(-]{1,5}(?:\w{1,20}[^\w\n]{1,5})?[\w ]{0,20}\d[\w ]{0,20}"
    r"|,? ?\n?[ \t]{0,8}(?P<place>[A-ZÄÖÜ][\w-]+))?[^\w\n]{0,5}$",
    re.MULTILINE,
)
"""First name and surname at the end of a line, alone or after a sentence; behind it perhaps a
number, behind or under it perhaps the place."""
_TITLED = re.compile(
    r"\b(?:Frau|Herrn?|Dr\.|Familie) (?:Dr\. )?(?P<name>[A-ZÄÖÜ][a-zäöüß]+(?:-[A-ZÄÖÜ][a-zäöüß]+)?)"
)
"""Of whom a mail tells by the surname: a colleague, a doctor, the one before."""
_FULL_NAME = re.compile(r"[a-z]+[._-][a-z]+\d*")
_WORD = re.compile(r"[a-z]{3,}")
_OF_NAMES = re.compile(rf"(?<=[a-z] ){_BETWEEN} (?=[a-z])")
_AROUND: Final = " .,'-"
_COMMON = lexicon.phrases("review")["german"]
_NO_NAME = lexicon.phrases("own_name")["no_name"]


def told_in(read: Reading) -> frozenset[str]:
    """Names of the sender as the folded text may hold them: whole, and each word that is no other.

    Who is called Kurz or Lange is known by the whole name only.
    """
    told = [match["name"] for match in _GREETING.finditer(read.text)]
    for match in _ALONE.finditer(read.new):
        told += [fold(one) for one in match.groups("")]
    told += [fold(name) for name in _TITLED.findall(read.new)]
    local = fold(read.mail.sender.partition("@")[0])
    if _FULL_NAME.fullmatch(local):
        told.append(local)
    shown = fold(read.mail.sender_name)
    if any(word in local for word in _WORD.findall(shown)):
        told.append(shown)
    return frozenset([part for name in told for part in _parts(name)])


def _parts(name: str) -> list[str]:
    """None where one is an everyday word: "Gruß aus dem Krankenhaus" is no name."""
    plain = _OF_NAMES.sub("", name)
    words = [] if _COMMON.search(plain) else _WORD.findall(plain)
    names = [word for word in words if _is_a_name(word)]
    return [*names, " ".join(words), name.strip(_AROUND)] if names else names


@lru_cache(maxsize=kept.WORDS)
def _is_a_name(word: str) -> bool:
    heard = lexicon.CONCEPTS.keys() & lexicon.hear(word)
    return not heard and _NO_NAME.fullmatch(word) is None


def hidden(text: str, names: frozenset[str]) -> str:
    """The text with these, wherever they stand alone, replaced by a word that stands for them."""
    for name in sorted(names, key=len, reverse=True):
        if name in text:
            text = _without(text, name)
    return text


def _without(text: str, word: str) -> str:
    """By searching: a pattern of each mail's own would cost more than all else here."""
    made, done, at = [], 0, text.find(word)
    while at >= 0:
        end = at + len(word)
        if not (text[at - 1 : at].isalnum() or text[end : end + 1].isalnum()):
            made += [text[done:at], STANDS_FOR]
            done = end
        at = text.find(word, end)
    return "".join([*made, text[done:]])
