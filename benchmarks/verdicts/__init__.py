"""Worlds with known truth for each claim of the ledger, one file per theory."""
