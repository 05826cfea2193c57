"""The door for mail servers: SMTP and LMTP."""
