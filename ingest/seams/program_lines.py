"""Lines that phones, webmailers and virus scanners add below a text: "Von meinem iPhone gesendet".

Source: own decision 0009 (shapes as they are met; a letter that was "gesendet" by post is none).
"""

import re

_NO_DEVICE = (
    r"\w*(?:arzt|ärzt|arbeit|chef|vermiet|anw[aä]lt|berat|betreu|kasse|frau|mann|sohn|tochter|mutter|"
    r"vater|schwester|bruder)"
)
_BY_POST = (
    r".{0,60}(?:\b(?:post|brief\w*|einschreiben|fax|boten?|kurier)\b|"
    r"\b\d\d?\.\s?(?:\d\d?\.|[a-zä]{3}))"
)
"""The way of a letter, or its day: a sentence of the sender's."""
_LINKED = r"(?:\s?<https?://[^<>\s]{1,120}>.{0,30})?"
_APP = re.compile(
    r"\W{0,3}(?:von mein\w{2}(?:/mein\w{2})? (?!" + _NO_DEVICE + ").{2,60} gesendet|"
    r"(?:von |mit .{0,20})\[?proton ?mail\b.{0,60} gesendet|von samsung.{0,30} gesendet|"
    r"gesendet (?:von|mit|aus|über|via)\b(?!.{0,60}:\s)(?!" + _BY_POST + r").{2,60}" + _LINKED + "|"
    r"sent (?:from|with|via) (?!.{0,60}\b(?:letter|post|fax|courier)\b).{2,60}" + _LINKED + "|"
    r"(?:get|holen sie sich) outlook (?:for|für) .{2,30}?" + _LINKED + "|"
    r"outlook für (?:ios|android).{0,40}|"
    r"diese? (?:e-?mail|nachricht) wurde .{0,60}(?:viren|avast|avg)"
    r".{0,60}|virenfrei.{0,60}|diese nachricht wurde von meinem .{2,60}|"
    r"diese nachricht wurde mit de[rm] .{2,40} app gesendet|"
    r"mit (?:blue|aqua|fair|k-9|spike|typeapp).{0,20} gesendet|"
    r"von .{2,40} mail (?:auf|für) .{2,30} gesendet|"
    r"hole? dir .{2,40} für (?:android|ios|mobil).{0,20}|"
    r"yahoo mail ?: .{2,60}|alle postfächer an einem ort\. .{2,140}|"
    r"this e-?mail has been checked for viruses.{0,60}|"
    r"(?:enviado (?:desde|do)|inviato da(?:l)?|wysłan[eo] z|отправлено с|надіслано з|trimis de pe|"
    r"(?:poslano|posláno|odesláno) z|skickat från|sendt fra|lähetetty|verstuurd vanaf|"
    r"أ\W?رسلت من)\b.{0,20}\b"
    r"(?:iphone|ipad|galaxy|samsung|android|huawei|xiaomi|outlook|yahoo|gmail).{0,40}|"
    r"(?:iphone|ipad|galaxy|samsung|android|huawei|xiaomi)\S{0,12} gönderildi|"
    r"envoyé de mon .{2,40}|(?:<?https?://\S*avast\S*|www\.avast\.com)\S*)\W{0,3}",
    re.IGNORECASE,
)
_LINK_ALONE = re.compile(r"\s*(?:<?https?://[^\s<>]{4,200}>?|<#[0-9A-Fa-f-]{20,40}>)\s*")


def mark(lines: list[str], found: list[str], likely: list[int]) -> None:
    """Makes those among the `likely` lines, and links alone below them, signature in `found`."""
    for number in likely:
        line = lines[number]
        if found[number] == "new" and len(line) < 150 and _APP.fullmatch(line.rstrip()):
            found[number] = "signature"
            under = number + 1
            while under < len(lines) and _LINK_ALONE.fullmatch(lines[under]):
                found[under] = "signature"
                under += 1
