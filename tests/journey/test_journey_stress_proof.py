"""What the stress run's proof lets pass, and why: shown on the server itself."""

import imaplib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.servers.dovecot import DovecotServer
from tests.stress.stress_truth import Act, Sent, Way

pytestmark = pytest.mark.journey

MAIL = b"From: a@kunde.example\r\nSubject: Krankmeldung\r\n\r\nBis Freitag.\r\n"


@contextmanager
def logged_in(server: DovecotServer) -> Iterator[imaplib.IMAP4_SSL]:
    context = server.client_context()
    with imaplib.IMAP4_SSL("127.0.0.1", server.imaps_port, ssl_context=context) as client:
        client.login("a", server.password)
        yield client


def numbers(client: imaplib.IMAP4_SSL, folder: str) -> int:
    client.select(folder)
    return len(client.uid("SEARCH", "ALL")[1][0].split())


@pytest.mark.parametrize(("is_set_back", "left"), [(False, 2), (True, 1)])
def test_dovecot_makes_one_of_two_copies_where_its_list_is_older(is_set_back, left):
    with DovecotServer(users=("a",)) as server:
        with logged_in(server) as client:
            client.append("INBOX", None, None, MAIL)
            client.create("Akte")
            client.select("INBOX")
            client.uid("COPY", "1", "Akte")
        server.stop()
        if is_set_back:
            server.set_back("a", "Akte", next_uid=1)
        server.start()
        with logged_in(server) as client:
            client.select("INBOX")
            assert client.uid("MOVE", "1", "Akte")[0] == "OK"
            assert numbers(client, "INBOX") == 0
            assert numbers(client, "Akte") == left


def test_only_copies_that_met_in_one_folder_may_be_fewer():
    sent = Sent("p000001", Way.LMTP, "SC-Nord", "033", "", accepted=1)
    sent.acts += [Act("AU", "Termin"), Act("Termin", "Akte", keeps_source=True)]
    assert sent.folders(1, "AU") == Counter({"Termin": 1, "Akte": 1})
    assert sent.meetings(1, "AU") == 0
    sent.acts.append(Act("Termin", "Akte"))
    assert sent.folders(1, "AU") == Counter({"Akte": 2})
    assert sent.meetings(1, "AU") == 1
