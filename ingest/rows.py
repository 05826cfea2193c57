"""The lines of a machine-made message as rows of label and value, in every shape seen so far.

"Thema: Umzug", "Thema ..... Umzug", "THEMA=UMZUG", "Thema;Umzug", "Thema » Umzug", a table row
(tab between), a label alone above its value, a question with its answer, a pipe table, XML.
Source: own decision 0008; the real layouts are not public.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_NUMBERED = re.compile(r"[ \t]*(?:\d{1,2}[.)]?[ \t]+|[*•][ \t]+)?")
_ROW = re.compile(
    r"([^\s:=;»][^:=;»\t]{0,70}?)[ .]{0,80}(:(?!\d)|=|;|»|\t|\.{3,80}|[ ]{2,80})[ \t]*(.*)"
)
_QUESTION = re.compile(r"([^?]{3,90}\?)[ \t]*(.*)")
_TAG = re.compile(r"<([A-Za-z_]\w{0,40})((?:\s[^<>]{0,200})?)>([^<>]*)</\1>")
_ATTRIBUTE = re.compile(r"([A-Za-z_]\w{0,40})=\"([^\"<>]{0,500})\"")
_RULE = re.compile(r"[\s=*_~<>«»{}\[\],-]*")  # drawn, or the brackets of JSON
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_SIDE_BY_SIDE = re.compile(r"\s[|/]\s")
_EMPTY = frozenset({"null", ">", "|", ">-", "|-"})  # YAML: the text follows in the next lines


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled line: key of the label ("" if the layout does not know it), lines it takes.

    `first` and `last` are line numbers of the text, last not included.
    """

    key: str
    label: str
    value: str
    first: int
    last: int


def plain(text: str) -> str:
    """Letters and digits only, in lower case, umlauts spelled out, so that spellings compare."""
    return _NOT_WORD.sub(" ", text.casefold().translate(_UMLAUTS)).strip()


def is_rule(line: str) -> bool:
    """Whether a line only draws ("-----"), or is empty."""
    return not _RULE.sub("", line, count=1)


def rows(lines: list[str], keys: Mapping[str, str]) -> Iterator[Row]:
    """All rows of a text in order. `keys`: from the plain spelling of a label to its key."""
    number = 0
    while number < len(lines):
        found = list(_rows_at(lines, number, keys))
        yield from found
        number = found[-1].last if found else number + 1


def from_markup(text: str, keys: Mapping[str, str]) -> tuple[Row, ...]:
    """The rows of an XML text: elements and attributes whose names are labels of the layout."""
    found = []
    for match in _TAG.finditer(text):
        pairs = [(match[1], match[3].strip()), *_ATTRIBUTE.findall(match[2])]
        found += [(label, value) for label, value in pairs if plain(label) in keys]
    for match in re.finditer(r"<\w+(\s[^<>]{1,300})/>", text):
        found += [pair for pair in _ATTRIBUTE.findall(match[1]) if plain(pair[0]) in keys]
    return tuple(Row(keys[plain(label)], label, value, 0, 0) for label, value in found)


def _rows_at(lines: list[str], number: int, keys: Mapping[str, str]) -> Iterator[Row]:
    line = lines[number]
    bare = line[_NUMBERED.match(line).end() :].rstrip()  # type: ignore[union-attr]  # matches any text
    if not bare:
        return
    if ("|" in bare or " / " in bare) and (cells := _cells(lines, number, keys)):
        yield from cells
    elif row := _labelled(bare, number, keys):
        yield _with_answer(row, lines, keys) if row.key == "question" else row
    elif (asked := _QUESTION.fullmatch(bare)) or plain(bare) in keys:
        label, value = (asked[1], asked[2]) if asked else (bare, "")
        key, last = keys.get(plain(label), ""), number + 1
        if not value and key != "free_text":  # the end of free text is the layout's affair
            value, last = _value_below(lines, last, keys)
        if value or key:
            yield Row(key, label, value, number, last)


def _labelled(bare: str, number: int, keys: Mapping[str, str]) -> Row | None:
    match = _ROW.fullmatch(bare)
    if match is None:
        return None
    label, separator, value = match[1].strip(), match[2], match[3].strip()
    key = keys.get(plain(label), "")
    sure = separator == ":" or "\t" in separator or separator == "»" or separator.startswith("...")
    if not key and (not sure or len(label) > 45):
        return None
    if value.startswith('"') and '"' in label:  # JSON
        value = value.strip('", ')
    return Row(key, label, "" if value in _EMPTY else value, number, number + 1)


def _with_answer(row: Row, lines: list[str], keys: Mapping[str, str]) -> Row:
    """The line "Frage: …" and the line "Antwort: …" under it as one row."""
    answer = _labelled(lines[row.last].strip(), row.last, keys) if row.last < len(lines) else None
    if answer is None or answer.key != "answer":
        return row
    return Row(keys.get(plain(row.value), ""), row.value, answer.value, row.first, answer.last)


def _value_below(lines: list[str], number: int, keys: Mapping[str, str]) -> tuple[str, int]:
    """The value under a label that stands alone, up to a blank line or the next label."""
    taken = number
    while taken < len(lines) and lines[taken].strip() and plain(lines[taken]) not in keys:
        if _labelled(lines[taken].strip(), taken, keys):
            break
        taken += 1
    return "\n".join(line.strip() for line in lines[number:taken]), taken


def _cells(lines: list[str], number: int, keys: Mapping[str, str]) -> list[Row]:
    """Rows side by side ("Kunde: … | KdNr: …"), or a head line of labels above a line of values."""
    cells = [cell.strip() for cell in lines[number].split("|")]
    if sum(plain(cell) in keys for cell in cells) >= 3 and number + 1 < len(lines):
        values = [cell.strip() for cell in lines[number + 1].split("|")]
        pairs = zip(cells, values, strict=False)
        return [Row(keys.get(plain(k), ""), k, v, number, number + 2) for k, v in pairs]
    pieces = _SIDE_BY_SIDE.split(lines[number])
    found = [_labelled(piece.strip(), number, keys) for piece in pieces if piece.strip()]
    known = [row for row in found if row and row.key]
    return known if len(known) >= 2 else []
