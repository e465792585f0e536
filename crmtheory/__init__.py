"""Theories of customer-relationship management, readable, runnable, and put to the test on your own
customers.

    from crmtheory import transactions, value
    from crmtheory.models import GammaGamma, ParetoNBD

    log = transactions.read("sales.csv", customer="client", date="day", amount="total")
    summary = log.summary(unit="week")
    table = value.clv(ParetoNBD().fit(summary), GammaGamma().fit(summary), summary, margin=0.3)

Modules are imported by name; this one imports nothing.
"""

__version__ = "0.1.0"
