"""How long a look at the folder rights of a region takes, against the Exchange simulator.

    python -m tests.bench.bench_rights

40 agencies with 3 folders each, and with all 22 that topics can make. Prints seconds for reading
by EWS (TLS, GetFolder in hundreds) and for holding against the lists.
"""

import argparse
import time

from ingest.exchange.rights import ExchangeRights
from ingest.exchange.wire import ExchangeAccount
from rules.agencies import Agency
from rules.directory import Directory
from rules.rights.distribution import DistributionList, ListBook, Member
from rules.rights.folder_rights import Should, audit
from rules.rights.plan import make_plan
from tests.servers.exchange import ExchangeServer
from tests.servers.exchange_store import Grant

AGENCIES = [str(code) for code in range(101, 141)]
REGION = "Südwest"
SC = "sc@dienst.example"


def should() -> Should:
    agencies = [
        Agency(code, f"Ort{code}", "Hessen", "Hessen", REGION, f"Ort{code}", "34117")
        for code in AGENCIES
    ]
    lists = [
        DistributionList(
            f"ez-{code}@dienst.example",
            agency=code,
            members=tuple(Member(f"k{code}-{n}@dienst.example") for n in range(35)),
        )
        for code in AGENCIES
    ]
    book = ListBook((*lists, DistributionList(SC, region=REGION)))
    return Should(REGION, Directory(tuple(agencies), ()), book)


def fill(server: ExchangeServer, address: str, folders: int) -> None:
    mailbox = server.add_mailbox(address, readers={"dienst"})
    mailbox.inbox.grants.append(Grant.of(SC, "Editor"))
    for number, code in enumerate(AGENCIES):
        top = mailbox.folder(f"{code} Ort{code}")
        top.grants.append(Grant.of(f"ez-{code}@dienst.example", "Editor"))
        if number % 5 == 0:
            top.grants.append(Grant.of(f"fremd{code}@dienst.example", "Editor"))
        for topic in range(folders - 1):
            mailbox.create_folder(top, f"Thema {topic}")


def main() -> None:
    against = should()
    with ExchangeServer({"dienst": "geheim"}) as server:
        for folders in (3, 22):
            address = f"region{folders}@dienst.example"
            fill(server, address, folders)
            account = ExchangeAccount(
                server.url, address, "dienst", "geheim", auth="basic", ca_file=server.ca_file
            )
            rights = ExchangeRights("region", account)
            start = time.perf_counter()
            acls = rights.read(rights.folders())
            read = time.perf_counter()
            findings = audit(acls, against)
            plan = make_plan(findings)
            end = time.perf_counter()
            rights.close()
            print(
                f"{len(AGENCIES)} agencies, {len(acls)} folders: read {read - start:.2f} s,"
                f" audit and plan {end - read:.2f} s, {len(findings)} findings,"
                f" {len(plan.changes)} changes"
            )


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    main()
