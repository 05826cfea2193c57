"""The warning that a mail gateway puts above a stranger's text, often without a blank line behind.

What follows it is the sender's: only lines that surely warn go with it, all others stay his.
Source: own decision 0009 (shapes; a warning too much does no harm, a sentence lost does).
"""

import re

_MAIL = r"(?:e-?mail|mail|nachricht|message)s?"
_FIRST = re.compile(
    r"\W{0,6}(?:"
    r"ext(?:ern(?:al|e|er|es)?)?(?:[ -](?:e-?mail|mail|message|nachricht|absender|sender)\w{0,2})?"
    r"\W{0,6}$|"
    rf"extern(?:e|al) {_MAIL}\W|"
    r"(?:achtung|caution|warnung|warning|vorsicht|attention|hinweis|wichtig|important)\W{1,6}"
    r"(?:extern(?:al|e)?\W{0,6}$|"
    rf"(?=.{{0,150}}\b(?:{_MAIL}|absenders?|sender|organi[sz]ation)\b)"
    r".{0,100}?(?:\bextern|außerhalb|ausserhalb|outside))|"
    rf"(?:diese|this) {_MAIL} .{{0,60}}?(?:\bextern|außerhalb|ausserhalb|outside (?:of )?"
    r"(?:the|our|your)\b)|"
    r"you don['\u2019]?t often get e-?mail from|"
    r"sie erhalten (?:nicht (?:oft|häufig)|nur selten) (?:eine )?e-?mails? von|"
    r"some people who received this message don['\u2019]?t|"
    r"einige personen, die diese nachricht erhalten)",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"\b(?:(?:klicken|öffnen|folgen|geben) sie\b.{0,60}\b(?:nicht|keine\w*|nur|niemals)\b|"
    r"sie (?:keine|nicht|nur)\b.{0,30}\b(?:anhänge|links?|anlagen)|"
    r"keine (?:links|anhänge|anlagen)\b.{0,40}\b(?:öffnen|klicken|anklicken|folgen)\b|"
    r"(?:den|dem) absender\b.{0,20}\b(?:nicht|(?:ver)?trauen|kennen)|unbekannten? absender|"
    r"(?:do not|don['\u2019]?t|never) (?:click|open|respond|reply)|open(?:ing)? attachments|"
    r"attachments unless|recogni[sz]e the|know the (?:sender|content)|content is safe|"
    r"phishing|schadsoftware|malware)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d{4}|\d\.\d")
_PERSON = re.compile(
    r"\b(?:ich|mein\w{0,2}|mir|mich|i|i['\u2019]m|my|me)\b|"
    r"^\W{0,3}(?:sehr geehrte|guten (?:tag|morgen|abend)|hallo|moin|liebe|hi\b|dear|"
    r"grü(?:ß|ss) gott|werte)",
    re.IGNORECASE,
)


def begins(line: str) -> bool:
    """Whether the line is the first one of such a warning, and no person's."""
    return bool(_FIRST.match(line[:400])) and not _says_something(line)


def is_of_a_person(line: str) -> bool:
    """Whether somebody speaks of himself there, or greets."""
    return bool(_PERSON.search(line[:400]))


def _says_something(line: str) -> bool:
    """Besides a person, a number or a day."""
    return is_of_a_person(line) or bool(_NUMBER.search(line))


def end(lines: list[str], first: int, stop: int) -> int:
    """Behind the last line of the warning that begins at `first`, at most `stop`."""
    number = first + 1
    while number < stop and _GOES_ON.search(lines[number]) and not _says_something(lines[number]):
        number += 1
    return number
