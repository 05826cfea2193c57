"""Groups of a directory, read by LDAP."""
