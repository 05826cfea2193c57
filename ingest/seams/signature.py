"""Signatures and disclaimers in the lines that a sender wrote himself.

The words under a greeting stay new where they are a private person's: name, street, PLZ and
Kundennummer are facts. What a company's or a phone's program adds is signature.
Source: label guide ("in a signature or in a disclaimer does not count"); RFC 3676 section 4.3
("-- "); own decision 0009.
"""

import re

from ingest.seams import armour, banner, program_lines

_DASHES = re.compile(r"--[ \t]?")
_CLOSING = re.compile(
    r"\W{0,3}(?:mit )?(?:"
    r"(?:vielen? |besten? |lieben? |herzlich\w* |freundlich\w* |schöne\w* )+"
    r"(?:dank und )?(?:grü(?:ß|ss)\w*|gruss|gruesse\w*)"
    r"|mfg|lg|vg|gr(?:ü|ue)(?:ß|ss)e?|gruß|gruss|hochachtungsvoll"
    r"|(?:best|kind|warm) regards|regards|yours \w+|i\. ?a\.).{0,60}",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"\W{0,3}(?:sehr geehrte\w*|guten (?:tag|morgen|abend)|hallo|moin|liebe\w*|servus|hi|dear|"
    r"grü(?:ß|ss) gott|werte\w*)\b.{0,80}",
    re.IGNORECASE,
)
_SAYS_MORE = re.compile(
    r"\?|\b(?:ich|bin|wir|wann|wie|was|warum|habe?|haben|kann|können|möchte\w*|will|ist|sind|"
    r"wurde|war|nicht)\b",
    re.IGNORECASE,
)
_SPEAKS = re.compile(
    r"\b(?:ich|mir|mich)\b|^\W{0,3}(?:(?:p\. ?)?p?\. ?s\b|ps\b|nachtrag\b)", re.IGNORECASE
)
_REGISTER = re.compile(
    r"\bHR ?[AB] ?\d|\bHR ?[AB][ -]?Nr|\b(?:USt|Umsatzsteuer)[-. ]?Id|\bUID[: ]|Handelsregister|"
    r"Registergericht|Amtsgericht .{2,40} (?:HR|VR)|Sitz der Gesellschaft|[·|] *Sitz\b|"
    r"\bSteuer-?(?:Nr|nummer)\b|"
    r"Geschäftsführe\w{1,6}(?:/\w+)?\s?:|Geschäftsführung\s?:|\bVorstand\s?:|Aufsichtsrat|"
    r"Gläubiger-?ID",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(
    r"\W{0,3}(?:unsere )?(?:bank|konto)verbindung(?:en)?\b.{0,60}:", re.IGNORECASE
)
_OFFICE = re.compile(
    r"\b(?:GmbH|mbH|mbB|AG|KG|OHG|UG|SE|e\. ?V\.|eG|gGmbH|KGaA|e\. ?K\.|PartG\w*|GbR)(?=\W|$)"
    r"|\b(?:Fax|Telefax|Web|Internet)\s?[.:]|\bwww\.|[Pp]raxis\b|[Kk]anzlei\b|\bSteuerberat"
)
"""What no private person signs with; a telephone and an account are no such thing."""
_COMPANY = re.compile(rf"{_OFFICE.pattern}|\b(?:Tel(?:efon)?|Mobil|Fon)\s?[.:]|Bankverbindung\s?:")
FACTS = re.compile(
    r"\b\d{3} ?[A-Z] ?\d{3} ?\d{3}\b|\b\d{5} +[A-ZÄÖÜ]|\bK(?:unden|d)\W{0,3}(?:n|-n)|\bPLZ\b|"
    r"\w(?:str(?:aße|asse|\.)|weg|platz|gasse|allee)\W{0,2}\d|\bgeb\.|\bDE ?\d\d(?: ?\d){18}\b",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"\W{0,5}(?:(?:wichtiger )?hinweis\W{1,4})?(?:(?:diese|this) "
    r"(?:e-?mail|mail|nachricht|message|communication)\b.{0,200}?(?:vertraulich|"
    r"rechtlich geschützt|ausschließlich|bestimmungsgemäß|confidential|privileged|intended|solely|"
    r"nur für den .{0,30}(?:empfänger|adressat))|"
    r"(?:der|die) (?:inhalt|informationen|angaben) (?:dieser|in dieser) (?:e-?mail|nachricht|mail)|"
    r"(?:sollten|wenn|falls) sie (?:nicht der |diese (?:e-?mail|nachricht) irrtümlich).{0,40}"
    r"(?:empfänger|adressat|erhalten)|if you (?:are not the intended|have received this)|"
    r"(?:bitte|please) (?:denken sie|prüfen sie|consider|think|überlegen sie).{0,60}(?:umwelt|"
    r"ausdruck|drucken|environment|print)|vertraulichkeitshinweis|"
    r"confidentiality notice|disclaimer\b|think before you print|"
    r"(?:hinweise?|informationen) (?:zum datenschutz|zur verarbeitung "
    r"(?:ihrer|personenbezogener|von) \w{0,20} ?daten)|datenschutzhinweis|der umwelt zuliebe|"
    r"(?:an )?e-?mail (?:can|kann|können).{0,60}(?:verändert|manipul|altered)|"
    r"das unerlaubte kopieren|aus rechts- und sicherheitsgründen)",
    re.IGNORECASE,
)

# One of these is in every line that proves a company's block; most mails have none.
_BLOCK_HINTS = (
    *("hra", "hrb", "hr a", "hr b", "ust-", "ust.", "ust id", "ustid", "uid", "vorstand"),
    *("umsatzsteuer", "handelsregister", "gericht", "sitz der ges", "\u00b7", "|"),
    *("steuern", "steuer-n", "gläubiger", "geschäftsführ", "aufsichtsrat", "verbindung"),
)
# How lines begin that a program added, and disclaimers. The line end in front is what is looked
# for first, so that the words are compared once a line and not once a letter.
_BEGINS = re.compile(
    r"\n[^\w\n]{0,5}(?:diese?[ ](?:e-?mail|mail|nachricht|message|communication)|this[ ]|"
    r"(?:der|die)[ ](?:inhalt|informationen|angaben)[ ]|(?:sollten|wenn|falls)[ ]sie[ ]|if[ ]you|"
    r"(?:bitte|please)[ ](?:denken|prüfen|consider|think|überlegen)|vertraulichkeitshinweis|"
    r"confidentiality|disclaimer|informationen[ ]zu|think[ ]before|datenschutzhinweis|"
    r"der[ ]umwelt|achtung|caution|warn|vorsicht|ext|attention|hinweis|wichtig|important|you[ ]don|"
    r"sie[ ]erhalten|some[ ]people|einige[ ]personen|(?:an[ ])?e-?mail[ ](?:can|kann|können)|"
    r"das[ ]unerlaubte|aus[ ]rechts-|gesendet[ ]|"
    r"von[ ](?:mein|\[?proton|samsung|.{2,40}[ ]mail[ ])|"
    r"sent[ ]|mit[ ](?:blue|aqua|fair|k-9|spike|typeapp|.{0,20}\[?proton)|yahoo[ ]mail|"
    r"alle[ ]postf|hole?[ ]dir|enviado|inviato|wysłan|"
    r"отправлено|надіслано|trimis|poslano|posláno|odesláno|skickat|sendt|lähetetty|verstuurd|أ|"
    r"iphone|ipad|galaxy|"
    r"samsung|android|huawei|xiaomi|get[ ]outlook|holen[ ]sie|outlook[ ]|virenfrei|envoyé|https?:|"
    r"www\.avast)"
)


def labels(lines: list[str]) -> list[str]:
    """For each line of the sender's own text: "new", "signature" or "disclaimer"."""
    lower = "\n".join(["", *lines]).lower()
    found = ["new"] * len(lines)
    likely = _beginning(lower, len(lines) - 1)
    disclaimers = {number for number in likely if _is_disclaimer(lines[number])}
    if disclaimers:
        _mark_disclaimers(lines, found, disclaimers)
    program_lines.mark(lines, found, likely)
    if armour.MARK in lower:
        for number in armour.lines_of(lines):
            found[number] = "signature"
    # The block is looked for before the dashes mark its proof as signature.
    proofs = _holding(lower, len(lines) - 1)
    block = _company_block(lines, found, proofs) if proofs else len(lines)
    dashes = _after_dashes(lines) if "\n--" in lower else len(lines)
    begin = min(block, dashes)
    spoken = _spoken(lines, found, begin) if begin < len(lines) else []
    _mark_from(begin, found)
    for number in spoken:
        found[number] = "new"
    if "signature" not in found:
        return found
    if disclaimers:
        _end_signatures(lines, found, disclaimers)
    return _facts_stay(lines, found)


def _is_disclaimer(line: str) -> bool:
    return bool(_DISCLAIMER.match(line[:400])) or banner.begins(line)


def _beginning(lower: str, last: int) -> list[int]:
    """Lines that may begin a disclaimer, or be a program's; a long `last` one has line ends too."""
    found, number, counted = [], 0, 0
    for match in _BEGINS.finditer(lower):
        number += lower.count("\n", counted, match.start())
        counted = match.start()
        found.append(min(number, last))
    return found


def _holding(lower: str, last: int) -> list[int]:
    """Lines, in order, that may prove a company's block."""
    hints = [hint for hint in _BLOCK_HINTS if hint in lower]
    if not hints:
        return []
    lines = lower.split("\n")[1:]
    return [min(n, last) for n, line in enumerate(lines) if any(hint in line for hint in hints)]


def _mark_from(begin: int, found: list[str]) -> None:
    """What is new from that line on is signature."""
    for number in range(begin, len(found)):
        if found[number] == "new":
            found[number] = "signature"


def _end_signatures(lines: list[str], found: list[str], disclaimers: set[int]) -> None:
    """A disclaimer under a signature goes to the end of its paragraph."""
    for begin, end in _paragraphs(lines):
        for number in range(begin, end):
            if found[number] == "signature" and number in disclaimers:
                found[number:end] = ["disclaimer"] * (end - number)


def _mark_disclaimers(lines: list[str], found: list[str], disclaimers: set[int]) -> None:
    closing = _last_closing(lines)
    for begin, end in _paragraphs(lines):
        # Under the closing it may follow its neighbour without a blank line; above, it may not.
        starts = range(begin, end if closing is not None and begin >= closing else begin + 1)
        first = next((n for n in starts if n in disclaimers), end)
        if first < end:
            stop = _end_of_disclaimer(lines, first, end)
            found[first:stop] = ["disclaimer"] * (stop - first)


def _end_of_disclaimer(lines: list[str], first: int, end: int) -> int:
    """A person who speaks of himself below it, or greets, is heard."""
    if banner.begins(lines[first]):
        return banner.end(lines, first, end)
    return next((n for n in range(first + 1, end) if banner.is_of_a_person(lines[n])), end)


def is_only_courtesy(lines: list[str], stub: re.Pattern[str]) -> bool:
    """Whether the lines say nothing but greeting, closing, a name, and at most "siehe unten"."""
    closed = False
    for line, label in zip(lines, labels(lines), strict=True):
        bare = line.strip(" \t.!,:;-–")
        if label != "new" or not bare or stub.fullmatch(bare) or _is_greeting(bare, stub):
            continue
        if _CLOSING.fullmatch(bare):
            closed = True
        elif not closed or len(bare) > 60 or FACTS.search(bare):
            return False
    return True


def _is_greeting(line: str, stub: re.Pattern[str]) -> bool:
    """Greetings only, be it two of them; "Hallo, wann kommt mein Geld?" asks something."""
    pieces = filter(None, (piece.strip() for piece in re.split("[,;!]", line)))
    says_little = all(_GREETING.fullmatch(piece) or stub.fullmatch(piece) for piece in pieces)
    return says_little and not _SAYS_MORE.search(line)


def _paragraphs(lines: list[str]) -> list[tuple[int, int]]:
    """Ranges of lines without a blank one between."""
    found, begin = [], 0
    for number, line in enumerate([*lines, ""]):
        if not line.strip():
            if number > begin:
                found.append((begin, number))
            begin = number + 1
    return found


def _after_dashes(lines: list[str]) -> int:
    """The line "-- " that begins the signature, if it stands after some text.

    Of several the last, where a blank line below shows that the first only draws a line.
    """
    said = next((n for n, line in enumerate(lines) if line.strip()), len(lines))
    found = [n for n, line in enumerate(lines) if n > said and _DASHES.fullmatch(line)]
    drawn = [n for n in found[:-1] if not lines[n + 1].strip()]
    return next((n for n in found if n not in drawn), len(lines))


def _spoken(lines: list[str], found: list[str], block: int) -> list[int]:
    """The lines of paragraphs under a signature in which somebody speaks of himself."""
    return [
        number
        for begin, end in _paragraphs(lines)
        if begin > block + 1 and any(map(_SPEAKS.search, lines[begin:end]))
        for number in range(begin, end)
        if found[number] == "new"
    ]


def _company_block(lines: list[str], found: list[str], likely: list[int]) -> int:
    """Where a company's block begins: only where register, tax or management lines prove it.

    With a closing above, it begins at the first company line under the closing; the sender's name
    stays. Without one, the paragraph with the proof is the block; it is none if it is all there is.
    """
    closing = _last_closing(lines)
    proof = _proof(lines, found, closing, likely)
    if proof is None:
        return len(lines)
    if closing is not None and closing < proof:
        under = range(closing + 1, proof + 1)
        return next((n for n in under if _COMPANY.search(lines[n])), proof)
    begin = proof
    while begin > 0 and 0 < len(lines[begin - 1].strip()) < 90:
        begin -= 1
    said = any(line.strip() for line in lines[:begin])
    return begin if said and proof >= len(lines) // 2 else len(lines)


def _proof(
    lines: list[str], found: list[str], closing: int | None, likely: list[int]
) -> int | None:
    """The first line that only a company's block has; an account is one only under its name."""
    under = len(lines) if closing is None else closing + 1
    likely = [number for number in likely if found[number] == "new"]
    account = next((n for n in likely if n >= under and _ACCOUNT.match(lines[n])), None)
    if account is not None and not any(map(_OFFICE.search, lines[under:])):
        account = None
    return next((n for n in likely if n == account or _proves(lines[n])), None)


def _proves(line: str) -> bool:
    """A line of register, tax or management data, not a sentence that mentions them."""
    if len(line) > 160:
        return False
    match = _REGISTER.search(line)
    if match is None:
        return False
    return match.start() < 3 or not line.rstrip().endswith((".", "?", "!"))


def _last_closing(lines: list[str]) -> int | None:
    return next((n for n in reversed(range(len(lines))) if is_closing(lines[n])), None)


def is_closing(line: str) -> bool:
    """Whether it is "Mit freundlichen Grüßen" and the like, perhaps with a name behind."""
    return len(line) < 90 and bool(_CLOSING.fullmatch(line.strip()))


def _facts_stay(lines: list[str], found: list[str]) -> list[str]:
    """Facts of a private person stay new: a block in which no office shows keeps its fact lines."""
    block = [n for n, label in enumerate(found) if label == "signature"]
    if any(_proves(lines[n]) or _OFFICE.search(lines[n]) for n in block):
        return found
    for number in block:
        if FACTS.search(lines[number]):
            found[number] = "new"
    return found
