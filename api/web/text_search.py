"""Search among texts: by words of title, short code, id and the names of concerns."""

from api.web import words
from rules.texts.approved import Text


def fits(text: Text, query: str) -> bool:
    """Whether each word of the query stands in title, short code, id or the names of concerns."""
    names = [words.concern(code) for code in text.concerns]
    haystack = " ".join([text.title, text.short_code, text.id, *text.concerns, *names]).casefold()
    return all(word in haystack for word in query.casefold().split())
