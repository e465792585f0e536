"""What customers say: the answers to a questionnaire, read once and with care.

A survey has one row per respondent and one column per item (question). What a theory needs of it are numbers
on known scales, turned so that more means better, missing where nothing was said:

>>> import pandas as pd
>>> from crmtheory import survey
>>> export = pd.DataFrame({"satisfied": [9, 7, 99], "recommend": ["10", "不知道", "８"]})
>>> answers = survey.read(export, ["satisfied", "recommend"], dont_know=(99, "不知道"))
>>> answers.answers
            satisfied  recommend
respondent
1                 9.0       10.0
2                 7.0        NaN
3                 NaN        8.0

An answer that is out of range or no number is set aside, counted, and kept as it was written; the respondent
stays. `Survey.report` says what was read, `Survey.codebook` describes the items, `Survey.scores` gives the
mean of each construct.
"""

from __future__ import annotations

from crmtheory.survey.reading import read
from crmtheory.survey.report import Report
from crmtheory.survey.result import Survey

__all__ = ["Report", "Survey", "read"]
