"""The numbers that a folder gives next: usual answers by expression, all others by the parser."""

import pytest
from imapclient import IMAPClient

from ingest.imap import folders as imap_folders

USUAL = [
    b'"435 Kassel/AU" (UIDNEXT 5 UIDVALIDITY 1790000000)',
    b'"Halle (Saale) (UIDNEXT 9 UIDVALIDITY 8)/AU" (UIDVALIDITY 1790000000 UIDNEXT 5)',
    b"INBOX (UIDNEXT 5 UIDVALIDITY 1790000000)",
]
ODD = [
    [b"INBOX (UIDNEXT 5 MESSAGES 7 UIDVALIDITY 1790000000)"],
    [b"INBOX (UIDNEXT 5 UIDVALIDITY 1790000000 )"],
    [(b"{3}", b"a/b"), b" (UIDNEXT 5 UIDVALIDITY 1790000000)"],
    [b"Sent (UIDNEXT 3 UIDVALIDITY 3)", b"INBOX (UIDNEXT 5 UIDVALIDITY 1790000000)"],
]


@pytest.mark.parametrize("answer", USUAL)
def test_a_usual_answer_is_not_read_letter_by_letter(answer, monkeypatch):
    monkeypatch.setattr(imap_folders, "parse_response", None)
    assert imap_folders._said([answer]) == {b"UIDVALIDITY": "1790000000", b"UIDNEXT": "5"}


@pytest.mark.parametrize("data", ODD)
def test_any_other_is_read_as_imapclient_does(data):
    said = imap_folders._said(data)
    assert (said[b"UIDVALIDITY"], said[b"UIDNEXT"]) == ("1790000000", "5")


@pytest.mark.parametrize("name", ["INBOX", "343 Essen/Leistungsänderung", 'a "b" \\c', "A&B"])
def test_a_name_is_written_as_imapclient_does_and_encoded_once(name, monkeypatch):
    client = IMAPClient.__new__(IMAPClient)
    client.folder_encode = True
    assert imap_folders._on_the_wire(name) == client._normalise_folder(name)
    monkeypatch.setattr(imap_folders, "imap_utf7", None)
    assert imap_folders._on_the_wire(name)
