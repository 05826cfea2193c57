"""Promise 7: a decision that was stored says by what it was made, and can be made again."""

from dataclasses import replace

from classify.corpus import lines as corpus
from rules.verdict import as_json
from store.mails import ledger, verdicts
from tests.triage.way import bring_in
from triage import deciding, wiring
from triage.demo import mails as demo_mails
from triage.settings import Settings

MAILS = 20


def test_a_stored_verdict_names_model_and_rules_and_comes_out_again(house, box, lease):
    house = replace(house, judging=wiring.build_judging(Settings()))
    lines = demo_mails.corpus_lines()[:: len(demo_mails.corpus_lines()) // MAILS][:MAILS]
    bring_in(house, box, lease, *(corpus.as_eml(line) for line in lines))
    for message_id in range(1, MAILS + 1):
        with house.db.read() as tx:
            message, data = ledger.message(tx, message_id), ledger.original(tx, message_id)
            stored = verdicts.latest(tx, message_id)
        assert stored.model
        assert stored.rules
        sure = [one for one in stored.body["concerns"] if one["probability"] > 0.5]
        assert all(one["because"] for one in sure), "each sure concern names its words"
        assert stored.body["payment_because"] or stored.body["payment_relevant"] == "no"
        assert stored.body["due"] is None or stored.body["due_because"]
        again = as_json(deciding.prepare(house, message, data).verdict)
        assert again == stored.body
