# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Which customers are alike, and does it pay to treat them differently?
#
# A firm cannot know each of its customers, and should not treat them all alike. **Segmentation** (客户分类) divides them into classes:
# by value, by behaviour, by need. It is easy to make classes; a computer makes them from anything, even from noise. This chapter makes
# them in several ways and asks of each the questions that matter: do the classes differ in what customers do *later*, do they last, would
# another sample show them again, and does treating them differently earn more on customers who were not used to choose the treatment?
#
# *This notebook is made from `notebooks/src/06_customer_segmentation.py`. Edit that file, then run `make notebooks`.*

# %% [markdown]
# ## What you will be able to do
#
# - **divide** customers by value in three ways, and say what each cut means;
# - **score** recency, frequency and monetary value so that equal customers get equal scores;
# - **tell** active, silent and churned customers apart by their own rhythm, and by a model;
# - **find** groups of need in a survey, and **judge** whether they are there at all;
# - **follow** customers from class to class over two years;
# - **compare** a policy by segment with the best single policy, fairly.
#
# You need percentages and how to read a table. Terms are explained where they first appear, and again in the glossary at the end.

# %% [markdown]
# ## Predict before you run
#
# Write down three numbers now. They are checked near the end.
#
# 1. The log is cut in two. Of the best customers by spend in the first part, what share is among the best buyers of the second?
# 2. How many times as much does one of the best customers bring in the second part, compared with one of the lower half?
# 3. A questionnaire asks 1,000 travellers about 20 motives. Draw another sample and group again. On a scale from 0 (chance) to 1 (the same
#    groups), how alike will both groupings be?

# %% [markdown]
# ## The data
#
# The next cell holds everything you can change. To use your own log, give its path and the names of its three columns. Each row is
# one purchase; several rows of one customer on one day count as one. A table of attributes gives places, channels or other facts of each
# customer. A survey of needs is a table of its own, because a sales log does not say *why* somebody buys. The tables named here belong to the example;
# with another log they are left out unless you give your own.

# %% tags=["parameters"]
transactions: str = "online_retail"  # a CSV or Parquet file, a pattern of several ("sales-*.csv"), or the name of a shipped data set
customer: str = "customer_id"  # column that identifies the customer
date: str = "invoice_time"  # column with the date of the purchase
amount: str = "amount_gbp"  # column with the amount, refunds negative
currency: str = "£"  # sign to print before amounts
dayfirst: str = "auto"  # for dates like 3/4/2024: "yes" (3 April), "no" (March 4) or "auto"
missing_customer: str = "error"  # rows without a customer: "error" stops, "drop" leaves them out and counts them
refunds: str = "net"  # "net" takes refunds off, "drop" leaves negative rows out and counts them
policies: dict = {}  # other ways to read unusual rows, such as {"unreadable": "drop"}; see crmtheory.transactions.read
calibration_end: str = ""  # last day that the classes may see, such as "2010-12-09"; empty: the middle of the log
top: float = 0.2  # share of customers in the class high
middle: float = 0.3  # share of customers in the class medium
active_gaps: float = 2.0  # silent for up to so many of the own usual gaps: active
churned_gaps: float = 4.0  # silent for more than so many: churned
active_p: float = 0.5  # P(alive) from which a customer is active
churned_p: float = 0.1  # P(alive) below which a customer is churned
attributes: str = "online_retail"  # table with facts of each customer, such as place or channel; empty if there is none
attributes_columns: dict = {"customer": "customer_id", "place": "country"}  # its columns: {"customer": "…", "place": "…"}
pseudonymise: bool = False  # True if the log's customer ids are replaced by keyed hashes (policies)
motives: str = "vacation_motives"  # survey of needs, one row a person; empty if there is none
motive_columns: list = ["rest and relax", "luxury / be spoilt", "do sports", "excitement, a challenge", "not exceed planned budget", "realise creativity", "fun and entertainment", "good company", "health and beauty", "free-and-easy-going", "entertainment facilities", "not care about prices", "life style of the local people", "intense experience of nature", "cosiness/familiar atmosphere", "maintain unspoilt surroundings", "everything organised", "unspoilt nature/natural landscape", "cultural offers", "change of surroundings"]  # its yes/no answers (1/0), or ratings on one scale
missing_answers: str = "refuse"  # people who left a question out: "refuse" stops, "drop" leaves them out
describe_by: str = "Vacation.Behaviour"  # a column that describes people, to compare with their group; empty if there is none
most_groups: int = 8  # largest number of need groups to try
resamples: int = 30  # samples drawn anew to judge whether groups come back
margin: float = 0.30  # part of the amount that is profit
treatments: dict = {"mailing": [2.0, 0.03], "personal contact": [40.0, 0.15]}  # name: [cost per customer, relative gain of later profit]; the gains are assumed
target_stay: float = 0.55  # goal: share of high customers who stay high
thresholds: dict = {}  # thresholds of claims other than those of the ledger, such as {"SEG-2": 0.6}; the verdict says so
seed: int = 20  # for the random numbers of intervals and simulations
output: str = ""  # folder for tables, figures and result.json; empty: results/segmentation

# %%
from functools import partial

import numpy as np
import pandas as pd

from crmtheory import assumptions, claims, concentration, lifecycle, panel, segmentation, simulate, value
from crmtheory.chapter import open_chapter
from crmtheory.chapter_data import CHOICES, conclude, examples, judge, read_attributes, read_log, read_table
from crmtheory.models import GammaGamma, ParetoNBD
from crmtheory.plots import captions_segmentation as captions
from crmtheory.plots import concentration as draw_shares
from crmtheory.plots import flow, groups, style
from crmtheory.plots import segmentation as draw
from crmtheory.plots.captions import money
from crmtheory.plots.captions_lifecycle import flow as flow_in_words
from crmtheory.segmentation import words
from crmtheory.value.lifetime import checked_margin

chapter = open_chapter("segmentation", globals(), choices={**CHOICES, "missing_answers": ["refuse", "drop"]})
currency, attributes, motives = examples(chapter, "currency", "attributes", "motives")
(describe_by,) = examples(chapter, "describe_by", of=["motives"])
options, margin = segmentation.stated(treatments), checked_margin(margin)
rng = partial(np.random.default_rng, seed)
test = judge(chapter)
sums = partial(money, currency=currency)
share = dict.fromkeys(["share", "share_of_total"], "{:.1%}")

# %%
log = read_log(chapter)
split = calibration_end or log.half
summary = log.summary(unit="week", calibration_end=split)
assumptions.enough(summary, log.days)
before = log.revenue(end=split).reindex(summary.index)
after = log.revenue().reindex(summary.index) - before
second_part = log.revenue(start=pd.Timestamp(split) + pd.Timedelta(days=1))
text = "The classes are made from what was known on **{split}**, of {n:,} customers. They are judged by what came after, in {weeks:.0f} weeks."
chapter.say(text, split=split, n=len(summary), weeks=summary["T_holdout"].iloc[0])

# %% [markdown]
# Read the table before anything else. Rows that were merged, netted or left out are counted in it.
#
# The log is cut in two. Everything that *makes* a class uses the first part only. Everything that *judges* it uses the second. A class that
# is made and judged on the same purchases always looks good: the big spenders spent much.

# %% [markdown]
# ## The theory in one page
#
# **The claim.** Customers differ in value, needs and behaviour. Divide them, and treat each class as it deserves (Smith 1956).
#
# **Origin.** Smith set *segmentation* against *product differentiation*: do not bend demand to the product, fit the product to parts of
# the demand. Direct mailers later scored customers by **recency, frequency and monetary value** (RFM, 最近一次购买时间、购买频次、购买金额). Survey research divides
# people by what they want, with **cluster analysis** (聚类分析).
#
# **Three ways.** *By value*: high (高), medium (中), low (低). *By behaviour*: active (活跃), silent (沉默), churned (流失). *By need*: groups of
# people who want the same.
#
# **What it predicts.** High customers bring at least three times as much later as low ones (SEG-1). They stay high (SEG-2). Active, silent and
# churned customers do different things next (SEG-3). Need groups are distinct, so another sample shows them again (SEG-4). Treating classes
# differently earns more than the best single treatment (SEG-5).
#
# **What would contradict it?** Classes that bring the same later. Top customers who are others every year. Groups that vanish when other
# people are asked. A policy by class that earns no more on customers it was not chosen with.

# %% [markdown]
# ## A case by hand
#
# Ten customers, Ann to Jo, spent 90, 40, 40, 20, 20, 20, 10, 10, 5 and 5. Who is *high*, if high may hold 20% of them, two customers? The first is clear.
# The second place is shared by two equal customers. A list sorted by number would put one of them in and the other out, for no reason. Here
# a class never splits equal customers: those who tie at a cut go to the lower class. So one customer is high.
#
# **ABC** (ABC 分类) cuts by the sum instead. All ten spent 260. A is the smallest group that brings 80%, that is 208: 90 + 40 + 40 + 20 + 20 +
# 20 = 230 with the three equal ones. They stay together too, but here all of them are in, because the class must reach its sum. A function of three
# lines does the first.

# %% tags=["by-hand"]
def high_by_hand(values, share):
    places = int(share * len(values))
    next_in_line = sorted(values, reverse=True)[places]
    return [value > next_in_line for value in values]


# %%
ten = pd.Series([90.0, 40, 40, 20, 20, 20, 10, 10, 5, 5], index=["Ann", "Bea", "Cy", "Dan", "Eve", "Fay", "Gus", "Hal", "Ida", "Jo"], name="spend")
hand = ten.to_frame().assign(**{"high by hand": high_by_hand(ten, 0.2), "tiers": segmentation.tiers(ten), "ABC": segmentation.abc(ten)})
chapter.table(hand, caption="Ten customers")

# %% [markdown]
# ## How unequal are customers?
#
# Classes by value make sense only if customers differ. The **Lorenz curve** (洛伦兹曲线) shows how much the smallest customers hold together.
# The rule of 20 and 80 is one point; the *exact* point for these customers is another. Is it the same in both parts of the log?

# %%
halves = pd.DataFrame({f"until {split}": before, f"after {split}": second_part[second_part > 0]})
needed = concentration.with_interval("share_needed", before, rng(), at=0.8).iloc[0]
years = concentration.stability(halves, rng(), resamples=500)
top_share = years[years["statistic"] == "top_share"].set_index("year")
left, right = style.pair()
draw_shares.lorenz(concentration.lorenz(before), needed, ax=left)
draw_shares.stability(top_share, ax=right)
chapter.show(left, name="lorenz", alt="{text}", text=f"{captions.lorenz(needed)} {captions.concentration_by_year(top_share)}")
balance = concentration.with_interval("balance_point", before, rng()).iloc[0]
chapter.say("The exact rule here: **{x:.0%} of customers bring {y:.0%}** [{low:.0%}, {high:.0%}] of revenue.", x=balance["estimate"], y=1 - balance["estimate"], low=1 - balance["high"], high=1 - balance["low"])

# %% [markdown]
# ## By value
#
# High are the best customers by revenue, medium the next, low the rest; `top` and `middle` among the parameters say how many. The table shows what each
# class holds now; the figure, what it brought *later*. The mean of later spend is drawn up by a few very large customers, so its interval
# allows for skew.

# %%
classes = segmentation.tiers(before, (top, middle))
chapter.table(segmentation.sizes(before, classes), caption="Value classes at the split", formats=share | dict.fromkeys(["least", "most", "total"], sums))
later = segmentation.value_by_class(classes, after)
chapter.save(later, "value_classes")
chapter.show(draw.later_value(later, currency), name="later-value", alt="{text}", text=captions.later_value(later, currency))
fresh = 1 - after.sum() / second_part.sum()
chapter.say("Customers who were not known at the split brought **{fresh:.0%}** of the revenue after it; no class made before could hold them.", fresh=fresh)
ratio = segmentation.ratio(classes, after, rng())
chapter.say("**{text}**", text=words.ratio_in_words(ratio))

# %% [markdown]
# Revenue is one way to rank. Two others are the number of purchases and the expected **lifetime value** (客户终身价值, CLV). It comes from the
# Pareto/NBD, a model of buying and leaving which the chapter on customer value explains and checks. Which ranking puts the customers who will matter into its top class? The table gives the share of later
# revenue that fell on the top 20% of each.

# %%
model, spend = ParetoNBD().fit(summary), GammaGamma().fit(summary)
ahead = summary["T_holdout"].iloc[0]
worth = value.clv(model, spend, summary, horizon=ahead)["clv"]
rankings = {"past revenue": before, "purchases": summary["x"], "lifetime value": worth}
caught = pd.Series({name: concentration.captured(score, after, top) for name, score in rankings.items()}, name="share of later revenue")
chapter.say("The largest share is caught by *{best}*, the smallest by *{worst}*.", best=caught.idxmax(), worst=caught.idxmin())
chapter.table(caught.to_frame(), caption=f"What the top {top:.0%} of each ranking brought later", formats={"share of later revenue": "{:.1%}"})
lettered = segmentation.sizes(before, segmentation.abc(before))
chapter.table(lettered, caption="The same customers by ABC: the first 80% of revenue, the next 15%, the rest", formats=share | dict.fromkeys(["least", "most", "total"], sums))

# %% [markdown]
# ## Recency, frequency, monetary value
#
# Each customer gets three scores from 1 to 5: how recent the last purchase is (R), how many purchases (F), how much spend (M). A score is a
# fifth of the ranking. Equal customers share their mean rank and so their score; where many are equal, a score may be empty. Many packages break
# ties by the order of the file; then twenty identical customers get scores from 1 to 5. The **rank correlation** (秩相关) below says how far the order
# by a score agrees with the order by later revenue: 0 not at all, 1 fully.

# %%
purchases = log.purchases()
rfm = segmentation.rfm_table(purchases, split)
scores = segmentation.rfm_scores(rfm)
grid = segmentation.rfm_grid(scores, after.reindex(scores.index))
chapter.show(draw.rfm_heatmap(grid, "later revenue", currency), name="rfm", alt="{text}", text=captions.rfm_heatmap(grid, "later revenue", currency))
against = segmentation.rfm_against(scores, after.reindex(scores.index))
chapter.table(against, caption="Rank correlation of each score with later revenue (1: perfect)", formats=dict.fromkeys(["correlation", "low", "high"], "{:.3f}"))
chapter.say("{text}", text=words.rfm_in_words(against))

# %% [markdown]
# The scores are often given names. The rules stand in a table that can be shown and changed. Some names are also those of lifecycle stages; the rules
# are others. What the named segments brought later:

# %%
named = segmentation.rfm_segments(scores)
chapter.save(segmentation.segment_rules(), "rfm_rules")
by_name = segmentation.value_by_class(named, after.reindex(named.index)).join(segmentation.segment_rules()["rule"], on="class")
chapter.save(by_name, "rfm_segments")
chapter.table(by_name, caption="RFM segments and what they brought later", formats=dict.fromkeys(["share", "share_of_later"], "{:.1%}") | dict.fromkeys(["mean", "low", "high"], sums), rows=12)

# %% [markdown]
# ## Active, silent, churned
#
# Six weeks of silence are long for somebody who came every week and nothing for somebody who comes twice a year. So silence is measured in
# the customer's **own usual gap** (个人购买周期): up to two gaps is *active*, up to four *silent*, more is *churned*. A customer with few gaps is
# judged partly by the usual gap of all. The other rule asks the Pareto/NBD model for **P(alive)** (存活概率), the probability of still being a
# customer. Which rule tells better who buys in the three months after (or as long as the log goes on)?

# %%
quarter_end = min(pd.Timestamp(split) + pd.Timedelta(days=91), pd.Timestamp(log.report.last_date))
came = purchases[(purchases["date"] > split) & (purchases["date"] <= quarter_end)][log.customer].unique()
soon = pd.Series(summary.index.isin(came), summary.index)
rhythm = segmentation.by_rhythm(purchases, split, active_gaps, churned_gaps).reindex(summary.index)
modelled = segmentation.by_p_alive(model.p_alive(summary), active_p, churned_p)
rules = {"own rhythm": rhythm, "P(alive)": modelled}
judged = segmentation.activity_on_holdout(rules, soon)
chapter.save(judged, "activity")
chapter.show(draw.activity(judged), name="activity", alt="{text}", text=captions.activity(judged))
active = test("SEG-3", pd.DataFrame({"activity": rhythm, "bought": soon}), name=transactions)

# %%
lowest = model.p_alive(summary).min()
chapter.say("{text} The lowest P(alive) of all customers is {low:.2f}.", text=words.order_in_words(judged), low=lowest)
watched = (quarter_end - pd.Timestamp(split)).days
chapter.say("They were watched for {days} days.", days=watched) if watched < 91 else None
usable = {name: rule for name, rule in rules.items() if {"active", "silent"} <= set(rule)}
chapter.say("{text}", text=words.activity_in_words(segmentation.separation(usable, soon)) if usable else "")

# %% [markdown]
# ## Do classes last?
#
# A class that changes hands every year is no ground for a plan. Here both parts of the log are classed, each by its own revenue. Only who bought in
# a part has a class in it; the others are *new* or *gone*.

# %%
second = segmentation.tiers(second_part[second_part > 0], (top, middle))
first = segmentation.tiers(before[before > 0], (top, middle))
moved = segmentation.migration(first, second)
chapter.save(moved, "migration")
went = segmentation.flows(first, second)
order = ["new", "high", "medium", "low", "gone"]
stayed = moved[(moved["from"] != "new")].pivot(index="from", columns="to", values="share")[["high", "medium", "low", "gone"]]
chapter.table(stayed.loc[["high", "medium", "low"]], caption="Where the customers of each class went (share of the class)", formats=dict.fromkeys(stayed, "{:.1%}"))
figure = flow.alluvial(went, order, [f"until {split}", f"after {split}"], outside=["new", "gone"])
chapter.show(figure, name="migration", alt="{text}", text=flow_in_words(went, "class", outside=["new", "gone"]))
stay = segmentation.stays(first, second)
chapter.say("**{text}**", text=words.stays_in_words(stay, "in the second part"))
lasting = test("SEG-2", first.rename("before").to_frame().assign(after=second.reindex(first.index).astype(object).fillna("gone")), name=transactions)

# %% [markdown]
# ## By need
#
# A survey asks people what they want; without one this part stays empty. **k-means** (k 均值聚类) puts people with similar answers together; the number of groups must be given. It
# *always* returns groups, also from noise. So ask three questions. How well are groups separated (**silhouette**, 轮廓系数)? Would samples drawn from
# these same people give the same groups? (A really new sample agrees somewhat less.) And would data *without* any groups look the same? For the
# last one, each column is shuffled on its own: the answers to each question stay, what goes together is lost.
#
# To compare two groupings there is the **adjusted Rand index** (调整兰德系数, ARI): 1 if they agree on every pair of people, 0 if no more than by
# chance. Only those numbers of groups count whose interval lies above that of the shuffled data; of these the most stable is chosen. That rule was
# fixed before looking.

# %%
chosen, need = 0, None
if motives:
    survey = read_table(chapter, motives)
    answers = survey[motive_columns]
    numbers = range(2, most_groups + 1)
    stable = segmentation.stability(answers, numbers, "k-means", rng(), resamples=resamples, missing=missing_answers)
    shuffled = segmentation.no_groups(answers, numbers, "k-means", rng(), resamples=resamples // 2, missing=missing_answers)
    chosen = segmentation.choose(stable, shuffled)
    chapter.save(stable.merge(shuffled, on=["clusters", "method"], suffixes=("", "_without_groups")), "need_groups")
    chapter.show(groups.stability(stable, shuffled), name="stability", alt="{text}", text=captions.stability(stable, shuffled))
    chapter.say("{text}", text=words.groups_in_words(stable, shuffled, chosen))

# %%
if motives:
    criteria = segmentation.candidates(answers, rng(), range(2, most_groups + 1), missing=missing_answers)
    chapter.save(criteria, "criteria")
    chapter.show(groups.criteria(criteria, ["silhouette", "calinski_harabasz", "bic"], chosen)[0], name="criteria", alt="{text}", text=captions.criteria(criteria))

# %% [markdown]
# Other criteria: **Calinski–Harabasz** compares the spread between groups with that within; **BIC** asks how well a *mixture* (a model of overlapping
# groups) describes the answers for its number of parameters, lower being better. Criteria rarely agree. Then the data do not force a number. Look at
# the groups themselves: each cell is the share of a group with a motive (or its mean rating), less that of all people. The groups were made from
# these very answers, so differences are large even in noise; grey only says that the mean of this group is not sure.

# %%
if motives:
    need = segmentation.groups(answers, chosen, "k-means", rng(), missing=missing_answers)
    yes_no = bool(answers.isin([0, 1]).all(axis=None))
    traits = segmentation.profile(answers, need)
    chapter.save(traits, "profile")
    chapter.show(groups.profile(traits, points=yes_no), name="profile", alt="{text}", text=captions.profile(traits, points=yes_no))

# %%
if motives and describe_by:
    described = survey[describe_by]
    numeric = pd.api.types.is_numeric_dtype(described)
    bands = (described.rank(pct=True) * 3).clip(upper=2.99) // 1 if numeric else described
    bands = bands.map({0: "lowest third", 1: "middle third", 2: "highest third"}) if numeric else bands
    crossed = segmentation.crosstab(need, bands)
    chapter.save(crossed, "needs_by")
    wide = crossed.pivot(index="segment", columns="attribute", values="share")
    wide = wide[["lowest third", "middle third", "highest third"]] if numeric else wide
    chapter.table(wide, caption=f"Need group by {describe_by} (share of the group)", formats=dict.fromkeys(wide, "{:.0%}"))
    chapter.say("{text}", text=words.association_in_words(segmentation.association(need, bands), describe_by))
if motives:
    chance = shuffled.set_index("clusters")["high"]
    steady = test("SEG-4", stable[stable["clusters"] == chosen].assign(customers=len(answers), chance_high=chance[chosen]), name=motives)
    fewest = stable.set_index("clusters").loc[2]
    text = "With 2 groups the index is {ari:.2f} [{low:.2f}, {high:.2f}]; shuffled answers reach up to {chance:.2f} then."
    chapter.say(text, ari=fewest["ari"], low=fewest["low"], high=fewest["high"], chance=chance[2])
else:
    steady = claims.not_given("SEG-4", "no survey of needs was given (parameter motives)", name=transactions)

# %% [markdown]
# ## By place, channel and stage
#
# Any fact of a customer can be crossed with the classes. **Cramér's V** (克莱姆 V 系数) says how strongly two divisions go together: 0 not at all, 1
# fully. The *lifecycle stage* of the chapter on the lifecycle is one such fact; places or channels come from the table of attributes.

# %%
length = "quarter" if log.days > 730 else "month"
stage = lifecycle.MarketingRules().assign(panel.of(log, length, split)).at().reindex(summary.index)
facts = {f"lifecycle stage, by {length}s": stage.astype(str)}
if attributes:
    facts |= read_attributes(chapter, summary.index)
for name, fact in facts.items():
    common = fact.where(fact.isna() | (fact.map(fact.value_counts()) >= 20), "other")
    if common.nunique() < 2 or classes.nunique() < 2:
        chapter.say("All customers have the same {name}.", name=name)
        continue
    crossed = segmentation.crosstab(classes, common).pivot(index="attribute", columns="segment", values="share")
    shown = crossed[[column for column in ("high", "medium", "low") if column in crossed]]
    chapter.table(shown.sort_values(shown.columns[0], ascending=False), caption=f"Value class by {name} (share of the class)", formats=dict.fromkeys(shown, "{:.1%}"))
    chapter.say("{text}", text=words.association_in_words(segmentation.association(classes, common), name))

# %% [markdown]
# ## Does different treatment pay?
#
# Each treatment has a cost per customer and a relative gain of later profit. *Both are stated, not measured*: they stand among the parameters.
# Doing nothing is always allowed. A random half of the customers chooses: the best treatment for each segment, and the best single treatment for
# all. The other half judges both. Choosing and judging on the same customers would favour the policy with more choices. A segment with fewer than
# 30 customers in the half that chooses is too small to learn from: one customer can decide. It gets the best single treatment. Who gave back
# more than they bought counts as 0: nothing can be gained there. Profit is what comes on top of doing nothing.

# %%
cells = [f"{value_class}, {activity}" for value_class in classes.cat.categories for activity in rhythm.cat.categories]
segment = pd.Series(pd.Categorical(classes.astype(str) + ", " + rhythm.astype(str), cells, ordered=True), summary.index)
profit = (margin * after).clip(lower=0)
policy = segmentation.policy_profit(segment, profit, options, rng())
chapter.save(policy.table, "policy")
left, right = style.pair(width=11)
draw.treatments(policy.table, currency, ax=left)
draw.policy_gain(policy.gain, currency, ax=right)
chapter.show(left, name="policy", alt="{text}", text=f"{captions.treatments(policy.table, currency)} {captions.policy_gain(policy.gain, currency)}")
chapter.say("{text}", text=words.policy_in_words(policy, currency))

# %% [markdown]
# The gains are assumptions, so turn the question round: what must a treatment achieve to pay for itself in each value class?

# %%
even = segmentation.uplift_needed(classes, profit, options).replace(np.inf, np.nan)
chapter.table(even, caption="Relative gain at which a treatment pays", formats=dict.fromkeys(["stated", "needed", "low", "high"], "{:.1%}") | dict.fromkeys(["margin", "cost"], sums))
chapter.say("{text}", text=words.break_even_in_words(even))
gain = test("SEG-5", policy.gain, name=transactions)

# %% [markdown]
# ## Two extremes, and a known truth
#
# An index should give its known bounds. Make three groups that are really there: each says yes to its own four questions with 80%, to the others
# with 20%. And make answers without any groups. The method should find the first and *not* the second.

# %%
likely = np.where(np.arange(12) // 4 == np.arange(3)[:, None], 0.8, 0.2)
made, truth = simulate.segments_world(900, rng(), sizes=[0.5, 0.3, 0.2], means=likely)
there = segmentation.stability(made, 3, "k-means", rng(), resamples=20).iloc[0]
noise, _ = simulate.segments_world(900, rng(), sizes=[0.5, 0.3, 0.2], means=np.full((3, 12), 0.4))
absent = segmentation.stability(noise, 3, "k-means", rng(), resamples=20).iloc[0]
text = "Groups that are there come back with an ARI of **{a:.2f}** [{b:.2f}, {c:.2f}], groups in noise with **{d:.2f}** [{e:.2f}, {f:.2f}]."
found = segmentation.groups(made, 3, "k-means", rng())
right = pd.crosstab(found, truth).max(axis=1).sum() / len(truth)
text += " **{right:.0%}** of the people are in the group they were made in."
chapter.say(text, right=right, a=there["ari"], b=there["low"], c=there["high"], d=absent["ari"], e=absent["low"], f=absent["high"])

# %%
twins = pd.DataFrame({"recency_days": 10, "frequency": 3, "monetary": 50.0}, index=range(20))
chapter.say("Twenty identical customers get {n} different RFM score: {score}.", n=len(segmentation.rfm_scores(twins).drop_duplicates()), score=segmentation.rfm_scores(twins).iloc[0].tolist())

# %% [markdown]
# ## Where it fails
#
# **The naive way first.** Choose the policy and judge it on the same customers, and it looks better than it is. Below, the profit per customer of the
# policy by segment: as planned on the customers that chose it, and as it came on the others.

# %%
picked = policy.table[policy.table["chosen"]]
planned, kept = ((picked[name] * picked["customers"]).sum() / picked["customers"].sum() for name in ("planned", "profit"))
if planned != kept:
    chapter.say("Planned {planned}, came {kept} per customer. Such differences are also chance: two halves are never alike.", planned=sums(planned), kept=sums(kept))

# %% [markdown]
# **A cut is a choice.** Does the claim on later value hang on the cut? Change the share of high customers and see.

# %%
cuts = {}
for part in (0.05, 0.1, 0.2, 0.3, 0.4):
    other = segmentation.tiers(before, (part, 0.5 - part))
    cuts[f"{part:.0%}"] = segmentation.ratio(other, after, rng()).iloc[0][["estimate", "low", "high"]].map(np.exp)
chapter.table(pd.DataFrame(cuts).T.rename_axis("share in class high"), caption="Later value, high against low: times as much", formats=dict.fromkeys(["estimate", "low", "high"], "{:.1f}"))

# %% [markdown]
# **Not cause.** Customers of a class do better for many reasons. What a treatment does can be learnt only from customers drawn by lot of whom some
# are not treated.
#
# ## The claims
#
# A claim is about one number θ and gets its verdict from the 95% interval of θ and a threshold δ that was fixed beforehand. It is *supported* if
# the whole interval is at δ or above, *contradicted* if the whole interval is below, and *inconclusive* otherwise. For SEG-4 the interval holds 95% of
# the samples drawn from these people. SEG-5 asks little: the best treatment of each class can hardly do worse than one for all; what counts is
# how much it gains, and that hangs on gains that were assumed.

# %%
valued = test("SEG-1", pd.DataFrame({"value_class": classes, "later_value": after}), name=transactions)
conclude(chapter, [valued, lasting, active, steady, gain])

# %% [markdown]
# ## What to do
#
# Now the classes are made anew from the whole log, up to its last day. Value and activity give nine cells, and the theory has advice for each. The
# list is saved as `actions.csv`. Beside the advice stands the treatment that would earn most *under the assumed gains*; where the two differ,
# the advice is the theory's and the treatment is arithmetic.

# %%
chapter.table(segmentation.advice(), caption="Advised treatment by value and activity")
total = log.revenue()
last_day = str(log.report.last_date)
present = segmentation.tiers(total, (top, middle))
now = segmentation.by_rhythm(purchases, last_day, active_gaps, churned_gaps).reindex(total.index)
paying = (present.astype(str) + ", " + now.astype(str)).map(policy.choice.rename(index=str))
extra = pd.DataFrame({"best_if_gains_hold": paying, "rfm": segmentation.rfm_segments(segmentation.rfm_scores(segmentation.rfm_table(purchases, last_day))).reindex(total.index)})
advised = segmentation.actions(present, now, values=total.rename("past_spend"), columns=extra)
chapter.save(advised.round(2), "actions")

# %%
plan = advised.groupby("segment", sort=False).agg(customers=("action", "size"), past_spend=("value", "sum"), action=("action", "first"))
chapter.table(plan.sort_values("past_spend", ascending=False), caption="Segments and advised treatment", formats={"past_spend": sums}, rows=9)
quiet = advised[(advised["value_class"] == "high") & (advised["activity"] == "silent")]
chapter.answer("classes", "{text}", text=words.classes_in_words(later))
chapter.answer("policy", "{text}", text=words.policy_in_words(policy, currency))
text = "Start with the {n:,} high customers who are silent: they brought {money} so far and are not gone yet."
chapter.answer("next step", text, n=len(quiet), money=sums(quiet["value"].sum()))

# %% [markdown]
# One number to watch: the share of high customers who stay high, against the goal set in the parameters.

# %%
row = stay.iloc[0]
chapter.goal("High customers who are high again", target_stay, row["estimate"], row["low"], row["high"], unit="%")
chapter.key_figure("High customers who are high again", row["estimate"], row["low"], row["high"], unit="%")
text = "**{share:.1%}** [{low:.1%}, {high:.1%}] stayed high; the goal is {goal:.0%}."
chapter.say(text, share=row["estimate"], low=row["low"], high=row["high"], goal=target_stay)

# %% [markdown]
# ## Your predictions, checked

# %%
chapter.say("1. **{share:.1%}** [{low:.1%}, {high:.1%}] of the high customers were high again.", share=row["estimate"], low=row["low"], high=row["high"])
times = np.exp(ratio.iloc[0][["estimate", "low", "high"]].astype(float))
chapter.say("2. **{e:.1f} times** as much [{low:.1f}, {high:.1f}].", e=times["estimate"], low=times["low"], high=times["high"])
if steady.theta is not None:
    chapter.say("3. An ARI of **{theta:.2f}** [{low:.2f}, {high:.2f}] for {k} groups.", theta=steady.theta, low=steady.low, high=steady.high, k=chosen)

# %% [markdown]
# ## Key ideas
#
# - Make classes from the past, judge them by what came later.
# - Equal customers belong to the same class. A rule that needs the order of the file is wrong.
# - Silence counts in the customer's own gaps.
# - Cluster analysis always finds groups. Ask whether another sample would, and whether shuffled data would.
# - A policy is judged on customers it was not chosen with. Its gains are assumptions until somebody draws lots.
#
# ## Exercises
#
# 1. *Predict and compute.* Set `top` to 0.1. Can you tell whether the share of high customers who stay high rises or falls? Give both intervals.
# 2. *Compute.* By hand: twelve customers spent 10 each and three spent 40. Who is high with a share of 20%? Who is A in the ABC?
# 3. *Interpret.* Take the RFM heat map. Which of R and F tells more of later revenue, and how do you see it?
# 4. *Criticise.* "Our clustering found five types of customers, so there are five types." Which two figures of this chapter answer that?
# 5. *Break it.* In the cell of the known truth, bring 0.8 and 0.2 nearer to each other until the groups are no longer found. Where is that, and
#    what does it say of a survey that finds no groups?
#
# **For teachers.** One session of 90 minutes: predictions 5, theory and the case by hand 20, value and RFM 20, activity and migration 20, policy
# 15, answers 10. The survey of needs makes a second session. In exercise 1 the intervals overlap: it cannot be told. In 2, the three are high (they are 20% of
# fifteen) and A holds everybody: the first three bring half, and the twelve equal ones stay together. In 3, go along a row and down a column and see
# where the numbers change more. In 4, stability against shuffled data, and the criteria that disagree. In 5 it is near 0.65 and 0.35: no groups found does not mean that there are none.
#
# ## Glossary
#
# | English | 中文 | in short |
# |---|---|---|
# | segmentation | 客户分类 | dividing customers into classes |
# | value class: high, medium, low | 价值等级：高、中、低 | by rank of revenue |
# | ABC analysis | ABC 分类 | by cumulative share of the total |
# | recency, frequency, monetary value (RFM) | 最近一次购买时间、购买频次、购买金额 | three scores of past buying |
# | active, silent, churned | 活跃、沉默、流失 | by silence in own gaps, or by P(alive) |
# | P(alive) | 存活概率 | probability of still being a customer |
# | Lorenz curve | 洛伦兹曲线 | share of the total held by the smallest customers |
# | cluster analysis, k-means | 聚类分析、k 均值聚类 | putting similar answers together |
# | silhouette | 轮廓系数 | how well groups are separated |
# | adjusted Rand index (ARI) | 调整兰德系数 | how alike two groupings are, chance taken off |
# | Cramér's V | 克莱姆 V 系数 | how strongly two divisions go together |
# | migration | 迁移 | going from one class to another |
# | rank correlation | 秩相关 | how far two orders agree |
# | Calinski–Harabasz, BIC, mixture | CH 指标、BIC、混合模型 | criteria for the number of groups |
#
# ## References
#
# - Bergsma, W. (2013). A bias-correction for Cramér's V and Tschuprow's T. *Journal of the Korean Statistical Society* 42, 323–328.
# - Dolnicar, S. & Leisch, F. (2008). Selective marketing for environmentally sustainable tourism. *Tourism Management* 29, 672–680. The survey:
#   *Journal of Travel Research* 46, 381–391.
# - Dolnicar, S. & Leisch, F. (2010). Evaluation of structure and reproducibility of cluster solutions using the bootstrap. *Marketing Letters* 21,
#   83–101.
# - Hennig, C. (2007). Cluster-wise assessment of cluster stability. *Computational Statistics & Data Analysis* 52, 258–271.
# - Hughes, A. M. (1994). *Strategic Database Marketing*. Probus.
# - Rousseeuw, P. J. (1987). Silhouettes. *Journal of Computational and Applied Mathematics* 20, 53–65.
# - Smith, W. R. (1956). Product differentiation and market segmentation as alternative marketing strategies. *Journal of Marketing* 21(1), 3–8.
# - Data: Chen, D., Sain, S. L. & Guo, K. (2012). Data mining for the online retail industry. *Journal of Database Marketing & Customer Strategy
#   Management* 19, 197–208.

# %%
chapter.finish()
