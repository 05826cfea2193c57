"""Agencies, PLZ, regions and form layouts, with their sources. Data only."""
