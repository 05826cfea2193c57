"""Sign-in of people by OpenID Connect, and tokens of machines from the same service."""
