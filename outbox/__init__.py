"""Everything that can reach somebody outside: replies by mail, hand-overs to the eAkte."""
