"""The JSON of the doors, as documented. Filled from the house's own values, which stay unchanged.

Keys may be added, not renamed or removed. Times are aware UTC, days are local days of the
agency. Examples are invented. The only place of the doors that knows pydantic.
"""
