"""The way of a message, one file a station: receive, accept, sort, work, reply, handover, send."""
