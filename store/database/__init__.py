"""What all files of the room stand on: opening, transactions, columns, rows, seals, days.

The words of SQL that the two engines spell differently are here and nowhere else; a failing
driver leaves as `TryLater`, `Conflict` or `Refused`. Nothing here knows a mail.
"""
