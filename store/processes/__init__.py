"""What running processes tell each other: leases, orders to stand still, signs of life.

A postbox or a job has one owner at a time over all machines, whatever clock one of them has.
"""
