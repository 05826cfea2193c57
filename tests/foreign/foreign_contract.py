"""The contracts of the port `Postbox` on Cyrus and Courier: `make foreign`."""

from tests.ingest import test_ingest_marks_contract, test_ingest_postbox_contract

for contract in (test_ingest_marks_contract, test_ingest_postbox_contract):
    globals().update({n: thing for n, thing in vars(contract).items() if n.startswith("test_")})
