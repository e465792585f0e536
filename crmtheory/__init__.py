"""crmtheory."""
