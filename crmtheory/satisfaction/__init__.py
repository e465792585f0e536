"""Customer satisfaction (客户满意度理论): an overall judgement of product and service against needs and expectations.

The claim: quality is the basis of satisfaction; customers are satisfied when their expectations are met; good handling
of complaints and feedback raises satisfaction; the satisfied recommend. What would refute it: something else than
quality carries the larger share of what ratings explain; expectations that move satisfaction by nothing; ratings of
complaint handling that go with nothing once quality is the same; satisfied customers who recommend no more than others.

Notation        meaning                                                             unit
CSAT            mean rating, and share at or above a rating ("top box")             scale points; share
p₊, p₋          promoters (9, 10) and detractors (0 … 6) on 0 … 10                  share
NPS             net promoter score, 100 (p₊ − p₋)                                   points, −100 … 100
gap             perception − expectation, by dimension (SERVQUAL)                   scale points
A, O, M, I      attractive, one-dimensional, must-be, indifferent (Kano)            respondents
better, worse   (A + O) / (A + O + M + I), −(O + M) / (A + O + M + I)               share, 0 … 1 and −1 … 0
tone            (positive − negative) / (positive + negative) words of a comment    −1 … 1

Assumptions: those who answer speak for those who do not, as far as weights make up for it; a rating means the same to
all, and in both periods; answers of two periods come from different people; a survey shows what goes together, not what
causes what. `measures`: how satisfied. `sizes`: how many answers it takes. `expectations`: are they met. `kano`: what a
feature is to them. `periods`: what changed. `comments`: what they write. `words`: what the tables say. Drivers,
importance and performance, and the chain from expectations to loyalty are questions on any survey:
`crmtheory.survey.drivers`, `crmtheory.survey.path`.

References: Oliver 1980, J. Marketing Research 17, 460–469 (expectations and their disconfirmation); Kano, Seraku,
Takahashi & Tsuji 1984, Hinshitsu 14(2), 39–48; Parasuraman, Zeithaml & Berry 1988, J. Retailing 64, 12–40; Cronin &
Taylor 1992, J. Marketing 56(3), 55–68 (against differences); Fornell et al. 1996, J. Marketing 60(4), 7–18 (the
American index); Reichheld 2003, Harvard Business Review 81(12), 46–54, and Keiningham et al. 2007, J. Marketing 71(3),
39–51 (the net promoter score, and that it predicts growth no better than others); Rocks 2016, The American
Statistician 70, 365–372 (its intervals).
"""

from crmtheory.satisfaction import comments, kano
from crmtheory.satisfaction.expectations import gaps, paired
from crmtheory.satisfaction.measures import csat, nps, nps_change
from crmtheory.satisfaction.periods import two_periods
from crmtheory.satisfaction.sizes import csat_sample_size, nps_sample_size, sample_sizes

__all__ = [
    "comments",
    "csat",
    "csat_sample_size",
    "gaps",
    "kano",
    "nps",
    "nps_change",
    "nps_sample_size",
    "paired",
    "sample_sizes",
    "two_periods",
]
