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
# # Where does each customer stand, who is leaving, and who can be won back?
#
# A shop has customers who came last week and customers who have not come for a year. Both stand in the same list. The theory of the
# **customer lifecycle** (客户生命周期) says that they are in different *stages*, will do different things next, and should be treated
# differently. This chapter gives each customer a stage by rules that fit on one slide, counts how customers move between stages, and
# checks on later purchases whether the stage told anything. It ends with a list: each customer, the stage, the advised treatment.
#
# *This notebook is made from `notebooks/src/02_customer_lifecycle.py`. Edit that file, then run `make notebooks`.*

# %% [markdown]
# ## What you will be able to do
#
# - **assign** a stage to each customer by explicit rules, and change the rules;
# - **count** how customers move between stages, with intervals, and **judge** how far a chain of stages can be trusted;
# - **read** a cohort triangle, a retention curve and a survival curve;
# - **decide** which lost customers are worth an offer, and what the offer must achieve;
# - **explain** why a cohort's retention rises although nobody became more loyal;
# - **test** a lead score honestly, on contacts made later.
#
# You need percentages and how to read a table. Terms are explained where they first appear, and again in the glossary at the end.

# %% [markdown]
# ## Predict before you run
#
# Write down three numbers now. They are checked near the end.
#
# 1. A customer has been silent for so long that the shop calls the customer lost. How likely is a purchase within the next six months?
# 2. Of customers who bought for the first time, what share buys in the period right after?
# 3. Of 100 people who are called for the first time by a bank with an offer, how many accept?

# %% [markdown]
# ## The data
#
# The next cell holds everything you can change. To use your own log, give its path and the names of its three columns. Each row is
# one purchase; several rows of one customer on one day count as one. Three further tables are examples for what a sales log cannot
# show: contacts with prospects, contracts, and customers with what happened to them. Give your own, or leave them empty. With another log the
# examples are left out by themselves.

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
period: str = "quarter"  # length of a period: "week", "month" or "quarter"; the last one ends with the log
new: int = 1  # a customer is new in the period of the first purchase and so many in all
at_risk: int = 2  # periods of silence from which a customer is at risk
lost: int = 4  # periods of silence from which a customer is judged lost
loyal_purchases: int = 3  # so many purchase days within loyal_window make a customer loyal
loyal_window: int = 4  # periods, the present one included
older: bool = True  # True if the shop is older than its log: first purchases of the first period are then not known to be first
change: float = 0.25  # a rise or fall of purchases by more than this part is growth or decline
change_window: int = 2  # periods that are compared with as many before them
contacts: str = ""  # table of contacts with prospects and customers, one row a contact; empty if there is none
contacts_columns: dict = {}  # its columns: {"customer": "…", "date": "…"}
pseudonymise: bool = False  # True if the log's customer ids are replaced by keyed hashes (policies)
margin: float = 0.30  # part of the amount that is profit
discount_rate: float = 0.10  # per year
offer_cost: float = 5.0  # cost of a win-back offer, per customer it is sent to, in money
offer_lift: float = 0.20  # assumed effect: the part by which the offer raises the chance of a return
contracts: str = "contract_retention"  # table of a cohort's percentages still there, one row a year; empty if there is none
contract_columns: list = ["regular_pct", "high_end_pct"]  # columns with these percentages, from 100 downwards
contract_start: str = ""  # for a table of own contracts, one row each: column with the start date; empty: percentages
contract_end: str = ""  # column with the end date, blank while it runs
contract_seen: str = ""  # last day on which an end would be in the table; empty: the last day of the log
contract_size: int = 1000  # customers at the start of each column; the published table has only percentages, so this is assumed
leavers: str = "telecom_churn"  # table of customers with what was known and whether they left; empty if there is none
left: str = "Churn"  # its column with 1 for those who left
complaint: str = "Complains"  # its column with 1 for a complaint, or another event to look at
leaver_columns: list = ["Call Failure", "Subscription Length", "Charge Amount", "Seconds of Use", "Frequency of SMS", "Distinct Called Numbers", "Age"]  # what was known before
leads: str = "bank_marketing"  # table of contacts with prospects in time order; empty if there is none
converted: str = "subscribed"  # its column with 1 for those who became customers
channel: str = "contact"  # its column with the channel of the contact; empty if there is none
attempts: str = "campaign"  # its column with the number of contacts made; empty if there is none
lead_columns: list = ["age", "job", "marital", "education", "default", "balance", "housing", "loan", "contact", "campaign", "previous", "poutcome"]  # known before the last contact
leak: str = "duration"  # a column known only afterwards, to show what it would do; empty if there is none
target_return: float = 0.45  # goal: share of customers who buy in the period after that of the first purchase
thresholds: dict = {}  # thresholds of claims other than those of the ledger, such as {"LIF-2": 0.65}; the verdict says so
seed: int = 20  # for the random numbers of intervals and simulations
output: str = ""  # folder for tables, figures and result.json; empty: results/lifecycle

# %%
from functools import partial

import numpy as np
import pandas as pd

from crmtheory import claims, holdout, lifecycle, panel, simulate, units
from crmtheory.chapter import open_chapter
from crmtheory.chapter_data import (
    CHOICES,
    conclude,
    examples,
    judge,
    read_contacts,
    read_log,
    read_table,
    where_possible,
)
from crmtheory.errors import DomainError
from crmtheory.lifecycle import words
from crmtheory.loyalty import yes_no
from crmtheory.models import SBG
from crmtheory.models.sbg import against_constant
from crmtheory.plots import captions_lifecycle as captions
from crmtheory.plots import drivers as draw_drivers
from crmtheory.plots import flow, style
from crmtheory.plots import lifecycle as draw
from crmtheory.plots import survival as draw_time
from crmtheory.plots.captions import money
from crmtheory.wording import p_value

chapter = open_chapter("lifecycle", globals(), choices={**CHOICES, "period": ["week", "month", "quarter"]})
currency, contracts, leavers, leads = examples(chapter, "currency", "contracts", "leavers", "leads")
channel, attempts, leak = examples(chapter, "channel", "attempts", "leak", of=["leads"])
rng = partial(np.random.default_rng, seed)
test = judge(chapter)
sums = partial(money, currency=currency)

# %%
log = read_log(chapter)
periods = panel.of(log, period)
if contacts:
    periods = periods.with_contacts(read_contacts(chapter, periods.customers))
quarter, half_year = (lifecycle.periods_in(time, period) for time in ("3 months", "6 months"))
whole = 1 + int((periods.starts < str(log.report.first_date)).sum()) if older else 1
known_from = pd.Timestamp(log.report.first_date) + pd.Timedelta(days=lost * units.days_per(period))
first_known = min(1 + int((periods.starts < known_from).sum()), periods.periods - 2) if older else 1
surely_new = (periods.joined >= first_known - 1) & (periods.joined < periods.periods - 1)
if surely_new.sum() < 50:
    chapter.say("Too few customers are surely new here, so all are counted as newcomers from their first purchase in the log.")
    first_known = 1
chapter.say("**{n:,} customers** over {p} {unit}s.", n=len(periods), p=periods.periods, unit=period)

# %% [markdown]
# Read the table before anything else. Rows that were merged, netted or left out are counted in it.
#
# The log is cut into **periods** of equal length. They are counted backwards from the last day, so the last period is whole and what is
# said of today is not a guess from a few days. The first one may begin before the log does, and so hold a few days only.
#
# If the shop is older than its log, the first periods also hold customers who came long before. They look like newcomers and are not. With `older`
# newcomers are counted only from when somebody appears who would have been judged lost by then.

# %% [markdown]
# ## The theory in one page
#
# **The claim.** A customer relationship has stages. Who is in another stage will do other things and needs another treatment: attract
# prospects, welcome the new, reward the loyal, win back the lost.
#
# **Origin.** The idea comes from products, which are launched, grow, mature and decline. Dwyer, Schurr and Oh (1987) carried it over to
# relationships between buyers and sellers: awareness, exploration, expansion, commitment, dissolution. Reichheld (1996) added that
# relationships grow firmer with time.
#
# **Two schemes.** *Marketing stages* say what to send: **prospect** (潜在), **new** (新), **active** (活跃), **loyal** (忠诚), **at risk**
# (有流失风险), **lost** (流失). *Relationship stages* say where it is going: **development** (发展), **sign-up** (签约), **growth** (成长),
# **maturity** (成熟), **decline** (衰退), **termination** (终止). Prospects need a table of contacts; a sales log does not know them.
#
# *Active* may include customers who skipped a period; look at how many of them do.
#
# **Lost is a judgement.** Without a contract nobody says goodbye. *Lost* means: silent for as long as the rule says. Some of them come back.
#
# **What it predicts.** Customers in different stages spend differently afterwards (LIF-1). The stage warns of silence (LIF-2). Some of the
# lost return (LIF-3). Retention rises with the age of a relationship (LIF-4). Spend rises and falls over a life (LIF-5). Prospects who will
# buy can be told from others (LIF-6).
#
# **What would contradict it?** Stages whose customers do the same afterwards. Lost customers who never return. A score of prospects no better
# than chance once it is judged on later contacts.

# %%
rules = lifecycle.MarketingRules(new, at_risk, lost, loyal_purchases, loyal_window)
course = lifecycle.RelationshipRules(change_window, change, lost)
chapter.table(rules.table(period), caption="Marketing stages: the first rule that fits counts")
chapter.table(course.table(period), caption="Relationship stages: the first rule that fits counts")
days = units.days_per(period)
chapter.say("So a customer is at risk after some **{risk:.0f} days** of silence and judged lost after **{gone:.0f}**.", risk=at_risk * days, gone=lost * days)

# %% [markdown]
# ## A case by hand
#
# Take three customers and six periods. The numbers are their purchase days in each.
#
# | | 1 | 2 | 3 | 4 | 5 | 6 |
# |---|---|---|---|---|---|---|
# | Ann | 2 | 1 | 0 | 1 | 0 | 1 |
# | Bob | 1 | 0 | 0 | 0 | 0 | 0 |
# | Cy | 0 | 0 | 0 | 0 | 1 | 0 |
#
# **Silence** (沉默期) is the number of periods since the last purchase, 0 in the period of a purchase itself. At the end Ann's silence is 0,
# Bob's is 5, Cy's is 1. With the rules *lost from 4, at risk from 2, new in 1, loyal from 3 purchase days in 4 periods* Bob is lost. Ann
# bought 0 + 1 + 0 + 1 = 2 times in the last four periods, so she is active and not loyal. Cy is no longer new, and active. A function of
# a few lines says the same.

# %% tags=["by-hand"]
def stage_by_hand(purchases, new, at_risk, lost, loyal_purchases, loyal_window):
    bought = [i for i, number in enumerate(purchases) if number]
    silence, age = len(purchases) - 1 - bought[-1], len(purchases) - 1 - bought[0]
    if silence >= at_risk:
        return "lost" if silence >= lost else "at risk"
    if age < new:
        return "new"
    return "loyal" if sum(purchases[-loyal_window:]) >= loyal_purchases else "active"


# %%
three = {"Ann": [2, 1, 0, 1, 0, 1], "Bob": [1, 0, 0, 0, 0, 0], "Cy": [0, 0, 0, 0, 1, 0]}
cells = [(name, place, n) for name, row in three.items() for place, n in enumerate(row, start=1) if n]
small = panel.from_frame(pd.DataFrame(cells, columns=["customer", "period", "purchases"]))
case = lifecycle.MarketingRules().assign(small).at().rename("library").to_frame()
case.insert(0, "by hand", [stage_by_hand(three[name], 1, 2, 4, 3, 4) for name in case.index])
chapter.table(case, caption="Three customers at the end of period 6")

# %% [markdown]
# ## Where customers stand
#
# Now the whole log. Each customer has a stage at the end of every period.

# %%
stages, relationship = rules.assign(periods), course.assign(periods)
lifecycle.enough(stages)
counts = stages.counts()
chapter.save(counts, "stages")
chapter.show(draw.stage_counts(counts), name="stages", alt="{text}", text=captions.stage_counts(counts))

# %% [markdown]
# Bars show how many, not who. The next picture follows the people. A ribbon is a group of customers who went from one stage to another;
# it has the colour of the stage they came from.

# %%
last = periods.periods
moments = [max(last - 2 * half_year, 1), last - half_year, last]
went = lifecycle.flows(stages, moments)
dates = [f"{periods.ends[moment - 1]:%Y-%m-%d}" for moment in moments]
order = ["not yet", *stages.names]
figure = flow.alluvial(went, order, dates, outside=["not yet"])
chapter.show(figure, name="flow", alt="{text}", text=captions.flow(went, outside=["not yet"]))

# %% [markdown]
# ## How customers move
#
# Count all moves from one period to the next and divide by the number of customers who were there: the **transition matrix**
# (转移矩阵). Each row adds up to 100%. Another year would have brought other customers. How much would a share change? A **confidence
# interval** (置信区间) answers that: drawn anew many times, 95 of 100 such intervals hold the true share. One customer makes many moves, and some are
# livelier than others for ever. So the intervals here are those of a sample of customers and not of moves. In the first periods of a log nobody can
# be lost yet, because nobody has been seen for long enough; they are left out.

# %%
settled, settled_course = (min(silent + 1, last - 1) for silent in (lost, course.lost))
moves = lifecycle.moves(stages, settled)
matrix = lifecycle.matrix(moves)
chapter.save(matrix, "transitions")
chapter.save(lifecycle.matrix(lifecycle.moves(relationship, settled_course)), "transitions_relationship")
chapter.show(draw.transition_heatmap(matrix), name="transitions", alt="{text}", text=captions.transitions(matrix))

# %% [markdown]
# A **Markov chain** (马尔可夫链) goes on as the matrix says, period after period, and remembers only the present stage. Then simple algebra
# answers three questions for each stage. How long until a customer is judged lost? How likely is it to become loyal before? And what is
# the customer worth until then? With $Q$ the moves among the stages that are not *lost*, the expected number of periods is the row sum of
# $(I - Q)^{-1}$.

# %%
with where_possible(chapter):
    to_loss, value = lifecycle.time_to_loss(moves), lifecycle.stage_value(moves, margin=margin, discount_rate=discount_rate)
    left_axes, right_axes = style.pair()
    draw.expected(to_loss, period, ax=left_axes)
    draw.expected(value, currency, what="stage value", ax=right_axes)
    text = f"{captions.expected(to_loss, period)} {captions.expected(value, currency, what='stage value')}"
    chapter.show(left_axes, name="chain", alt="{text}", text=text)

# %%
if "loyal" in moves.names:
    with where_possible(chapter):
        chances = lifecycle.ever(moves, "loyal")
        chapter.table(chances, caption="Chance of becoming loyal before being lost", formats=dict.fromkeys(["estimate", "low", "high"], "{:.1%}"))

# %% [markdown]
# Does a customer really remember only the present stage? A **likelihood-ratio test** (似然比检验) asks whether knowing the present stage helps at
# all (0 against 1 stage), and whether knowing the one before as well improves the forecast (1 against 2). And the time to loss can be *seen*: follow each customer from the first purchase until silence has become
# long enough.

# %%
purchases = log.purchases()
buyers = periods.joined < last
since = buyers & (periods.joined >= whole - 1)
followed = periods.customers[since if since.sum() >= 50 else buyers]
lives = lifecycle.until_lost(purchases, log.report.last_date, lost * units.days_per(period)).loc[followed]
with where_possible(chapter):
    remembered = lifecycle.order_test(stages, settled)
    chapter.table(remembered[["n", "gain"]], caption="Does more history help? (moves; part of what is unsure that is explained)", formats={"gain": "{:.1%}"})
    median = lifecycle.median_survival(lives["time"] / units.days_per(period), lives["lost"]).iloc[0]
    chapter.say("{memory}", memory=words.memory(remembered))
    if "new" in moves.names:
        chapter.say("{seen}", seen=words.against_seen(lifecycle.median_to_loss(moves, "new"), "new", median, period))

# %% [markdown]
# ## Does the stage tell what comes next?
#
# This is the test of the theory. Go back three months. Give each customer the stage of that day. From earlier times we know how often
# customers in each stage fell silent; that share is the **risk** of the stage. Then look at the three months since.

# %%
outlook = lifecycle.outlook(stages, min(quarter, (last - 1) // 2))
by_stage = lifecycle.by_stage(outlook)
share = dict.fromkeys(["expected", "silent", "low", "high"], "{:.1%}")
chapter.table(by_stage, caption="Three months later, by stage", formats=share | dict.fromkeys(["median_spend", "mean_spend"], sums))
chapter.save(by_stage, "outlook")
chapter.say("{text}", text=words.what_comes_next(by_stage, "three months"))

# %% [markdown]
# Two numbers sum this up. **ε²** (epsilon-squared) is the share of the differences in later spend that lies between stages: 0 if stages are all
# alike, 1 if the stage tells everything. It works on ranks, so one huge order does not decide. The **area under the ROC curve** (ROC
# 曲线下面积, AUC) is the chance that, of one customer who fell silent and one who did not, the first had the riskier stage: 0.5 is
# guessing, 1 is perfect. Customers already judged lost are left out of it, for nobody needs a warning there.

# %%
differ = test("LIF-1", outlook, name=transactions)
warning = test("LIF-2", outlook[outlook["stage"] != "lost"], name=transactions)
text = "Stage explains **{theta:.0%}** [{low:.0%}, {high:.0%}] of the differences in later spend (ranks). "
chapter.say(text, theta=differ.theta, low=differ.low, high=differ.high)
chapter.say("The area for silence is **{theta:.3f}** [{low:.3f}, {high:.3f}].", theta=warning.theta, low=warning.low, high=warning.high)

# %% [markdown]
# ## Cohorts
#
# A **cohort** (同期群) is all customers who joined in the same period. Follow each cohort by age. **Retention** (留存) here means: bought in
# that period. It can fall and rise again, because nobody has signed anything. A period a cohort has not lived yet is *blank*. Writing 0
# there, as many spreadsheets do, would make every young cohort look like a failure.

# %%
triangle = lifecycle.triangle(periods)
chapter.save(triangle, "cohorts")
brought = lifecycle.triangle(periods, "revenue").cumsum(axis=1)
chapter.save(brought, "cohorts_revenue")
figure = draw_time.cohort_heatmap(triangle, unit=period)
chapter.show(figure, name="cohorts", alt="{text}", text=captions.cohorts(triangle, unit=period))
old = (triangle.index < str(periods.starts[first_known - 1].date())).sum()
chapter.say("The first {n} cohorts also hold customers who came before the log; the curve below leaves them out." if old else "", n=int(old))

# %%
curve = lifecycle.retention_curve(periods, first_known)
chapter.show(draw_time.retention_curve(curve, period), name="retention", alt="{text}", text=captions.retention_curve(curve, period))
ages = triangle.loc[:, 1:]
text = "With 0 for periods not yet lived, the mean of these cells would be {naive:.0%}; of the cells that were lived it is **{honest:.0%}**."
chapter.say(text, naive=ages.fillna(0).mean().mean(), honest=ages.stack().mean())
shown = brought.iloc[:, [age for age in (0, 1, 2, 4, 8) if age < brought.shape[1]]].rename(columns=lambda age: f"age {age}")
chapter.table(shown, caption="Revenue per customer of the cohort, added up to each age; n/a where not yet lived", formats=dict.fromkeys(shown, currency + "{:,.0f}"), rows=12)

# %% [markdown]
# ## How long until a customer is lost?
#
# Many customers are not lost yet. They have been watched for some time and the end is open: they are **censored** (删失). The
# **Kaplan–Meier curve** (Kaplan–Meier 生存曲线) counts each of them as long as watched, and no longer. Here are three groups by the amount of the first
# purchase, which is known from the start. (All whole periods are used here, so some early customers may be older than they look.) A number learnt later, such as total spend, must not be used: only who stays can collect it. The
# curves are flat at first, because nobody can be judged lost before the silence is long enough.

# %%
opening = purchases[purchases["number"] == 1].set_index(log.customer)["amount"].reindex(lives.index)
size = (opening.rank(pct=True) * 3).clip(upper=2.99).astype(int).map({0: "small first purchase", 1: "medium", 2: "large first purchase"})
survival = lifecycle.kaplan_meier((lives["time"] / units.days_per("month")).round(2), lives["lost"], size)
chapter.save(survival, "survival")
chapter.show(draw_time.survival(survival, "month"), name="survival", alt="{text}", text=captions.survival(survival, "month"))

# %% [markdown]
# A **Cox model** (Cox 比例风险模型) puts several such facts side by side. Its **hazard ratio** (风险比) says by what factor a fact multiplies the
# risk of being lost at any time, the others held fixed. It assumes that the factor is the same early and late; the second table looks for
# a trend in it.

# %%
start = purchases[purchases["number"] == 1].set_index(log.customer)["date"].reindex(lives.index)
facts = lives.assign(**{"first amount (log)": np.log(opening.clip(lower=0.01)), "joined October to December": (start.dt.month >= 10).astype(int)})
drivers = [name for name in facts.columns[2:] if facts[name].nunique() > 1 and facts[name].notna().all()]
with where_possible(chapter):
    if not drivers:
        raise DomainError("All customers are alike in these facts, so there is nothing to put side by side.")
    ratios = lifecycle.cox(facts, "time", "lost", drivers)
    p = {"p_value": p_value}
    chapter.table(ratios, caption="Hazard of being lost: ratio (numbers per standard deviation)", formats=dict.fromkeys(["ratio", "low", "high"], "{:.2f}") | p)
    trend = lifecycle.proportional(facts, "time", "lost", drivers)
    chapter.table(trend, caption="Does the ratio change with time? (correlation; 0: no)", formats=dict.fromkeys(["correlation", "low", "high"], "{:.2f}") | p)
    chapter.say("{text}", text=words.hazards(ratios, trend))

# %% [markdown]
# ## Who comes back?
#
# Take every customer who was ever silent, and look at the six months after. The longer the silence, the rarer the return. Past value is
# the revenue up to then, in thirds of all customers; groups of fewer than ten customers are not drawn. These people were, as a rule, offered
# nothing: the shares say who can still be reached, not what an offer does.

# %%
offers = pd.DataFrame(columns=["silence", "value", "share", "gain", "worth"])
with where_possible(chapter):
    back = lifecycle.win_back(periods, half_year)
    chapter.save(back, "win_back")
    seen = back[back["customers"] >= 10].reset_index(drop=True)
    chapter.show(draw.win_back(seen, period), name="win-back", alt="{text}", text=captions.win_back(seen, period, "6 months"))
    chapter.say("{text}", text=words.coming_back(seen, period, "six months"))
    offers = lifecycle.worth_winning(seen[seen["returned"] >= 5], margin=margin, cost=offer_cost, lift=offer_lift)

# %% [markdown]
# Is an offer worth its cost? It pays if the rise of the chance, times the profit of those who return, is above the cost. `needed` is that
# rise; groups of which fewer than five returned are left out. What the offer really adds is not in any log: it takes two groups drawn by lot, one of which gets nothing.

# %%
formats = dict.fromkeys(["share", "low", "high", "needed", "assumed"], "{:.1%}") | dict.fromkeys(["spend", "gain"], sums)
if len(offers):
    shown = offers.join(seen[["customers", "low", "high"]])[offers["value"] == "high"].set_index("silence").drop(columns=["value", "worth"])
    chapter.table(shown, caption=f"An offer of {currency}{offer_cost:g} to customers of high past value, by {period}s of silence", formats=formats)
    chapter.say("{text}", text=words.worth(offers, currency, offer_lift, period))
returned = test("LIF-3", lambda: lifecycle.returned(stages, half_year), name=transactions)
chapter.say("{effect}", effect=returned.effect)

# %% [markdown]
# ## Growth, maturity, decline?
#
# Take the customers judged lost, whose life is over. Cut the time from first to last purchase into thirds and add up the spend in each. There are two
# traps. The first purchase lies in the first third *by definition*, and the last in the last. Counting them makes every life look like a valley, so
# they are left out. And four purchases at equal gaps leave two in the middle third: regular buyers make a hump. So each customer is compared
# with the own gaps *in random order*. Who neither grows nor declines then has three equal thirds on average.

# %%
gone = stages.at()[stages.at() == "lost"].index.intersection(followed)
hump = test("LIF-5", lambda: lifecycle.thirds(purchases, gone, rng()), name=transactions)
with where_possible(chapter):
    between = lifecycle.thirds(purchases, gone, rng())
    inner, ends = lifecycle.course(between), lifecycle.course(lifecycle.thirds(purchases, between.index, rng(), ends=True))
    chapter.show(draw.thirds(inner, currency), name="life", alt="{text}", text=captions.thirds(inner, currency))
    chapter.say("{text} {effect}", text=words.course_of_life(inner, ends, currency), effect=hump.effect)

# %% [markdown]
# ## With a contract: does loyalty harden?
#
# A subscription tells when a customer leaves. The table gives the percentage of a cohort still there after each year. The **retention rate**
# (留存率) of a year is the share of those still there who stay for it. Does it rise?
#
# It can rise without anybody becoming more loyal. Suppose each customer has a fixed chance to leave, high for some and low for others. Those
# with a high chance leave first. Who is left is a better and better selection. The **sBG** model (shifted beta-geometric, Fader & Hardie
# 2007) is exactly this. Against it stands one churn rate for all. Both learn from the first years and are judged on the rest.

# %%
cohorts, foretold = {}, {}
for column in contract_columns if contracts and not contract_start else []:
    percent = read_table(chapter, contracts, [column])[column]
    learnt = len(percent) // 2 + 1
    foretold[column] = (lifecycle.projection(percent, contract_size, learnt), learnt)
    cohorts[column] = (lifecycle.from_retention(percent, contract_size), lifecycle.retention_rates(percent, contract_size))
if contracts and contract_start:
    listed = read_table(chapter, contracts, [contract_start, contract_end])
    own = lifecycle.own_contracts(listed, contract_start, contract_end, contract_seen or str(log.report.last_date)).query("t > 0")
    cohorts["own contracts"] = (own.assign(n=1), lifecycle.observed_rates(own))

# %%
if foretold:
    table, learnt = next(iter(foretold.values()))
    chapter.show(draw_time.contract_projection(table, learnt), name="contracts", alt="{text}", text=captions.contract_projection(table, learnt))
elif cohorts:
    rates = next(iter(cohorts.values()))[1]
    chapter.show(draw_time.retention_rates(rates), name="contracts", alt="{text}", text=captions.retention_rates(rates))
chapter.say("{text}", text="" if contracts else "No table of contracts was given, so this cannot be tested here.")

# %%
hardening, left_to_come = [], {}
assumed = "" if contract_start else f" ({contract_size:,} customers assumed)"
for column, (summary, rates) in cohorts.items():
    fit = SBG().fit(summary, weights="n", unit="year")
    before = words.foretold(*foretold[column]) if foretold else ""
    chapter.say("**{name}.** {before}{text}", name=column, before=before, text=words.constant_churn(against_constant(fit, summary, weights="n")))
    chapter.save(rates, f"contracts_{len(hardening) + 1}")
    left_to_come[column] = fit.residual([0, 1, 2, 4, 8], discount_rate)
    hardening.append(test("LIF-4", rates, name=f"{contracts}, {column}{assumed}"))
    chapter.say("{effect}", effect=hardening[-1].effect)

# %% [markdown]
# A table that has percentages only does not say how many customers it is about. How much hangs on the size that is assumed?

# %%
if foretold:
    sizes = {}
    for column in foretold:
        percent = read_table(chapter, contracts, [column])[column]
        sizes[column] = {f"{n:,}": test("LIF-4", lifecycle.retention_rates(percent, n)).verdict for n in (300, 1000, 3000, 10_000)}
    chapter.table(pd.DataFrame(sizes).rename_axis("customers assumed"), caption="Verdict on LIF-4, by the size of the cohort")

# %% [markdown]
# Who has stayed for some years will stay for longer than a newcomer, for the same reason. The table gives the **expected residual lifetime**
# (期望剩余寿命): how many further renewals to expect, later ones discounted.

# %%
if cohorts:
    remaining = pd.DataFrame(left_to_come).rename_axis("years stayed")
    chapter.table(remaining, caption=f"Expected further renewals, discounted at {discount_rate:.0%} a year", formats=dict.fromkeys(remaining, "{:.2f}"))

# %% [markdown]
# A rising rate is what the claim predicts. The sBG shows that it would be no proof that loyalty grows *in* a customer. The verdict is on the rate;
# the reason is another question, and percentages cannot answer it.
#
# ## Why do they leave?
#
# A sales log does not know reasons. A table with complaints, failures and usage may hold some. A **logistic regression** (逻辑回归) gives for
# each fact the **odds ratio** (优势比): by what factor the odds of leaving are multiplied, the other facts held fixed. Numbers are per
# standard deviation.

# %%
if leavers:
    rows = read_table(chapter, leavers)
    reasons = lifecycle.churn_drivers(rows, left, [complaint, *leaver_columns])
    chapter.save(reasons, "drivers")
    chapter.show(draw_drivers.ratios(reasons), name="drivers", alt="{text}", text=captions.ratios(reasons))
    apart = lifecycle.twins(rows, lambda some: lifecycle.adjusted_difference(some, left, complaint, leaver_columns))
    chapter.say("{why} **{complaint}**: {apart}", why=words.why_they_leave(reasons), complaint=complaint, apart=words.complaint(apart))
chapter.say("{text}", text=lifecycle.caution() if leavers else "No table of customers who left was given, so nothing can be said of reasons.")

# %% [markdown]
# ## Who of the contacted becomes a customer?
#
# Before the first purchase stands a contact. The share of the contacted who become customers is the **conversion** (转化率). Is one more call worth
# it? Count, for the k-th call, everybody who was called at least k times, and of these the ones who said yes then.

# %%
if leads:
    called = read_table(chapter, leads)
    called[converted] = yes_no(called[converted], converted).astype(int)
    tries = lifecycle.by_attempt(called, attempts, converted) if attempts else lifecycle.conversion(called, lead_columns[0], converted)
    chapter.save(tries, "conversion")
    chapter.show(draw_drivers.conversion(tries), name="conversion", alt="{text}", text=captions.conversion(tries))
    ways = lifecycle.conversion(called, channel, converted) if channel else tries
    chapter.table(ways, caption="Share who became customers, by channel" if channel else "", formats=dict.fromkeys(["share", "low", "high"], "{:.1%}"))

# %% [markdown]
# A **lead score** (潜在客户评分) is a logistic regression on what is known *before* the call. How good is it? Two traps lie here. The market
# changes: a random split lets the score learn from the future. And some columns are known only after the call, such as its length. Both
# make a score look better than it will ever be. So it learns from the first 70% of the contacts and is judged on those made later.

# %%
scored = pd.DataFrame()
if leads:
    honest_split = lifecycle.judged_in_time(called, converted, lead_columns, rng(), leak=leak or None)
    chapter.show(draw_drivers.auc_splits(honest_split), name="lead-score", alt="{text}", text=captions.auc_splits(honest_split))
    chapter.say("{text}", text=words.lead_score(honest_split))
    cut = int(len(called) * 0.7)
    lead = lifecycle.fit_lead_score(called.iloc[:cut], converted, lead_columns)
    scored = pd.DataFrame({"score": lead.score(called.iloc[cut:]), "converted": called[converted].iloc[cut:]})

# %%
if leads:
    lift = lifecycle.lift_table(scored["score"], scored["converted"])
    lift = lift.rename(columns={"lift": "rate ÷ rate of all", "captured": "part of all conversions"})
    chapter.table(lift, caption="Calling only the best-scored part of the later contacts", formats=dict.fromkeys(["rate", "low", "high", "part of all conversions"], "{:.1%}") | {"converted": "{:,.0f}"})
    tenths = lifecycle.score_calibration(lead, called.iloc[cut:], converted)
    chapter.table(tenths, caption="Do chances hold? Tenths by score", formats=dict.fromkeys(["predicted", "actual", "low", "high"], "{:.1%}"))
    chapter.save(lead.table(), "lead_score")
    best = tenths.iloc[-1]
    chapter.say("In the best tenth the score expected **{p:.1%}** and **{a:.1%}** came.", p=best["predicted"], a=best["actual"])
found = test("LIF-6", scored, name=leads) if leads else claims.not_given("LIF-6", "no table of contacts was given (parameter leads)", name=transactions)

# %% [markdown]
# A score may rank well and still name wrong chances: compare *predicted* and *actual*. Where the market has moved, use the ranking and not the
# percentage. And the choice of columns matters. Where the channel is one of them, leave it out and look again.

# %%
if leads and channel in lead_columns:
    fewer = [name for name in lead_columns if name != channel]
    bare = lifecycle.judged_in_time(called, converted, fewer, rng()).set_index("split").loc["in time"]
    same = claims.decide(bare["low"], bare["high"], found.delta) == found.verdict
    text = "Without the column *{name}* the area is {auc:.3f} [{low:.3f}, {high:.3f}]. {then}"
    then = "The verdict would be the same." if same else "So the verdict below hangs on this one column."
    chapter.say(text, name=channel, auc=bare["auc"], low=bare["low"], high=bare["high"], then=then)

# %% [markdown]
# ## Two extremes, and a known truth
#
# Make customers who move exactly as a given matrix says. The counted shares should be near the true ones. And a world in which nobody ever leaves has
# no time to loss. The library says so instead of giving a number.

# %%
truth = pd.DataFrame([[0.5, 0.4, 0.1], [0.1, 0.7, 0.2], [0.05, 0.05, 0.9]], ["new", "loyal", "lost"], ["new", "loyal", "lost"])
walked = simulate.stage_walkers(truth, {"new": 1.0}, 9, 3000, rng())
pairs = walked.assign(then=walked.groupby("customer")["stage"].shift(-1)).dropna()
known_share = pairs.groupby("stage")["then"].value_counts(normalize=True).unstack()
gap = float((known_share.loc[truth.index, truth.columns] - truth).abs().max().max())
chapter.say("Of {n:,} moves of simulated customers, the largest distance of a share to the true one is **{gap:.3f}**.", n=len(pairs), gap=gap)

# %%
forever = pd.DataFrame([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0], [0.0, 0.0, 1.0]], ["new", "loyal", "lost"], ["new", "loyal", "lost"])
try:
    lifecycle.absorption(forever, "lost")
except ValueError as error:
    chapter.say("A world without losses: *{error}*", error=error)
chapter.table(lifecycle.absorption(truth, "lost"), caption="Periods to loss under the true matrix", formats=dict.fromkeys(["periods", "sd"], "{:.2f}"))

# %% [markdown]
# ## Where it fails
#
# **The rule decides.** How many of the lost return depends on when you call them lost. Change the rule and count again.

# %%
trials = {}
for silent in range(max(at_risk + 1, lost - 1), lost + 3):
    other = lifecycle.MarketingRules(new, at_risk, silent, loyal_purchases, loyal_window).assign(periods)
    if last > half_year and (other.codes[:, last - half_year - 1] == other.names.index("lost")).any():
        trials[silent] = lifecycle.share_returned(other, half_year).iloc[0]
varied = pd.DataFrame(trials, ["customers", "share", "low", "high"]).T.rename_axis(f"lost from ({period}s)").astype({"customers": int})
chapter.table(varied, caption="Lost customers who buy within six months, by the rule for lost", formats=dict.fromkeys(["share", "low", "high"], "{:.1%}"))

# %% [markdown]
# **The chain forgets.** It sends a customer at risk on as if yesterday had not been silent. **Seasons.** A matrix of autumn need not hold in
# spring; how much the periods differ can be measured. **Cause.** Customers in a better stage do better afterwards. That does not mean
# that pushing somebody into that stage would do the same.

# %%
with where_possible(chapter):
    steady = lifecycle.stationarity_test(stages, settled).iloc[0]
    text = "A matrix of its own for each period would explain **{gain:.1%}** of what one matrix leaves unsure. ({p}, if moves of one customer were independent.)"
    chapter.say(text, p=p_value(steady["p_value"]), gain=steady["gain"])

# %% [markdown]
# ## The claims
#
# A claim is about one number θ and gets its verdict from the 95% interval of θ and a threshold δ that was fixed beforehand. It is *supported* if
# the whole interval is at δ or above, *contradicted* if the whole interval is below, and *inconclusive* otherwise. A claim whose data are
# missing is *not testable*, and says what is missing.

# %%
unseen = [] if contracts else [claims.not_given("LIF-4", "no table of contracts was given (parameter contracts)", name=transactions)]
conclude(chapter, [differ, warning, returned, *hardening, *unseen, hump, found])

# %% [markdown]
# ## What to do
#
# Each customer gets both stages and the treatment the theory advises. Silent customers also get what customers of the same silence and past value
# did before: the chance of a purchase within six months, and what an offer would gain under the assumptions above. The list is saved as `actions.csv`.

# %%
now = stages.at()
advised = now.to_frame().assign(relationship=relationship.at(), silence=pd.Series(periods.silence[:, -1], periods.customers))
advised = advised.assign(past_spend=log.revenue(), value=lifecycle.value_thirds(periods), action=now.astype(str).map(rules.table()["advice"]))
known = offers.rename(columns={"share": "returns"}).set_index(["silence", "value"])[["returns", "gain"]].astype(float)
advised = advised.join(known, on=["silence", "value"])
last_day = purchases.groupby(log.customer)["date"].max().rename("last_purchase")
listed = advised.join(last_day).sort_values(["stage", "past_spend"], ascending=[True, False])
chapter.save(listed.round({"past_spend": 2, "returns": 3, "gain": 2}), "actions")

# %%
plan = advised.groupby("stage", observed=True).agg(customers=("silence", "size"), past_spend=("past_spend", "sum"), action=("action", "first"))
chapter.table(plan, caption="Stages and advised treatment", formats={"past_spend": sums})
chapter.answer("stages", "{text}", text=words.where_they_stand(counts))
chapter.answer("next step", "{text}", text=words.next_step(advised[advised["silence"] > 0], offer_cost, currency))

# %% [markdown]
# One number to watch: the share of newcomers who buy again in the period after, against the goal set in the parameters.

# %%
again = curve.loc[1]
chapter.goal(f"Newcomers who buy in the {period} after", target_return, again["share"], again["low"], again["high"], unit="%")
gone_share, *gone_ends = holdout.share_with_interval(now[now != "prospect"] == "lost")
chapter.key_figure(f"Customers judged lost (silent for {lost} {period}s)", gone_share, *gone_ends, unit="%")
text = "**{share:.1%}** [{low:.1%}, {high:.1%}] of newcomers bought in the {unit} after; the goal is {goal:.0%}."
chapter.say(text, share=again["share"], low=again["low"], high=again["high"], unit=period, goal=target_return)

# %% [markdown]
# ## Your predictions, checked

# %%
if returned.theta is not None:
    chapter.say("1. Of the lost, **{theta:.1%}** bought within six months [{low:.1%}, {high:.1%}].", theta=returned.theta, low=returned.low, high=returned.high)
chapter.say("2. **{share:.1%}** of newcomers bought in the {unit} after [{low:.1%}, {high:.1%}].", share=again["share"], unit=period, low=again["low"], high=again["high"])
if leads:
    first = tries.iloc[0]
    chapter.say("3. **{share:.1%}** said yes to the first contact [{low:.1%}, {high:.1%}].", share=first["share"], low=first["low"], high=first["high"])

# %% [markdown]
# ## Key ideas
#
# - A stage is a rule. Write it down, change it, and see what changes with it.
# - Without contracts *lost* is a judgement, and some of the lost come back. The longer the silence, the rarer.
# - A period not yet lived is blank and never 0. A customer not yet lost is censored and not kept for ever.
# - Retention that rises with age may only mean that the fickle have left.
# - A stage or score is worth what it tells about later. Judge it on what came after, never on what it has seen.
#
# ## Exercises
#
# 1. *Predict and compute.* Set `lost` one period higher. Predict whether more or fewer of the lost return within six months, and whether the verdict
#    on LIF-2 changes. Then run. Give both numbers.
# 2. *Compute.* By hand: the expected number of periods to loss of a customer who stays with 80% in each period and is lost otherwise.
# 3. *Interpret.* Where in the cohort triangle would a season show: in a row, a column or a diagonal? And a good cohort? Find one of each.
# 4. *Criticise.* "Customers with three purchases stay longer, so let us push everybody to a third purchase." What is wrong with that?
# 5. *Break it.* In the cell of the known truth, set the last row to 0, 0, 1. What changes in the simulated moves, and what in the table of periods
#    to loss? Why?
#
# **For teachers.** One session of 90 minutes: predictions 5, theory and the case by hand 20, moves and chain 20, cohorts 15, win-back and offers
# 15, claims and answers 15. Contracts, drivers and the lead score make a second session. Exercises 1 and 2 (it is 5) can be marked by the
# number. In 3, a season is a diagonal: the same date in all cohorts. In 4, who buys a third time differs from who does not; a group drawn
# by lot would tell. In 5 nothing changes in the table, for what happens after the loss is not asked there.
#
# ## Glossary
#
# | English | 中文 | in short |
# |---|---|---|
# | customer lifecycle | 客户生命周期 | the stages of a relationship, from contact to end |
# | prospect, new, active, loyal, at risk, lost | 潜在、新、活跃、忠诚、有流失风险、流失 | marketing stages |
# | development, sign-up, growth, maturity, decline, termination | 发展、签约、成长、成熟、衰退、终止 | relationship stages |
# | silence | 沉默期 | time since the last purchase |
# | confidence interval | 置信区间 | how well a number is known |
# | likelihood-ratio test | 似然比检验 | whether a richer description is worth it |
# | epsilon-squared (ε²) | ε² | share of differences that lies between groups |
# | logistic regression | 逻辑回归 | chance of yes or no from several facts |
# | sBG model | 移位贝塔几何模型 | fixed churn chances that differ between customers |
# | transition matrix | 转移矩阵 | share of customers who go from each stage to each other one |
# | Markov chain | 马尔可夫链 | goes on from the present stage alone |
# | cohort, retention | 同期群、留存 | customers who joined together; the share who still buy |
# | censored | 删失 | watched for some time, the end still open |
# | Kaplan–Meier curve, Cox model, hazard ratio | Kaplan–Meier 生存曲线、Cox 比例风险模型、风险比 | time until loss; what multiplies its risk |
# | retention rate, churn | 留存率、流失 | share who stay for another year; who do not |
# | odds ratio | 优势比 | factor on the odds |
# | conversion, lead score | 转化率、潜在客户评分 | share of the contacted who buy; their expected chance |
# | area under the ROC curve (AUC) | ROC 曲线下面积 | chance that a pair is put in the right order |
# | win-back | 挽回 | making a lost customer buy again |
#
# ## References
#
# - Anderson, T. W. & Goodman, L. A. (1957). Statistical inference about Markov chains. *Annals of Mathematical Statistics* 28, 89–110.
# - Cox, D. R. (1972). Regression models and life-tables. *Journal of the Royal Statistical Society B* 34, 187–220.
# - DeLong, E. R., DeLong, D. M. & Clarke-Pearson, D. L. (1988). Comparing the areas under two or more correlated receiver operating
#   characteristic curves. *Biometrics* 44, 837–845.
# - Dwyer, F. R., Schurr, P. H. & Oh, S. (1987). Developing buyer–seller relationships. *Journal of Marketing* 51(2), 11–27.
# - Fader, P. S. & Hardie, B. G. S. (2007). How to project customer retention. *Journal of Interactive Marketing* 21(1), 76–90.
# - Kaplan, E. L. & Meier, P. (1958). Nonparametric estimation from incomplete observations. *Journal of the American Statistical
#   Association* 53, 457–481.
# - Pfeifer, P. E. & Carraway, R. L. (2000). Modeling customer relationships as Markov chains. *Journal of Interactive Marketing* 14(2), 43–55.
# - Reichheld, F. F. (1996). *The Loyalty Effect*. Harvard Business School Press.
# - Data: Chen, D., Sain, S. L. & Guo, K. (2012). Data mining for the online retail industry. *Journal of Database Marketing & Customer
#   Strategy Management* 19, 197–208. Moro, S., Laureano, R. & Cortez, P. (2011). Using data mining for bank direct marketing. *Proceedings of
#   ESM*. Jafari-Marandi, R. et al. (2020). *Neural Computing and Applications*. Berry & Linoff's percentages as given by Fader & Hardie (2007).

# %%
chapter.finish()
