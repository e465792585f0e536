"""The scorecard: every claim of the ledger with its verdict on these data, as a page and as files.

index(results, folder)    index.html, scorecard.csv and scorecard.json over the runs of the chapters
rows(results)             one row for each claim and each data set that it was tested on
ledger()                  the claims by their id

θ is the estimand of a claim, [low, high] its 95 % interval, δ the threshold it is held against.
"""

from __future__ import annotations

from crmtheory.scorecard.front import index
from crmtheory.scorecard.pictures import short_number
from crmtheory.scorecard.rows import ledger, rows

__all__ = ["index", "ledger", "rows", "short_number"]
