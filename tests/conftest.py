"""What all tests share."""

from hypothesis import settings

# CI machines share their cores: a deadline would measure the neighbours.
settings.register_profile("house", deadline=None)
settings.load_profile("house")
