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
# # Which relationships deserve our attention and our money?
#
# A sale is over in a minute; a relationship lasts for years. Firms are told to build relationships: earn trust, keep in touch, serve each
# customer personally, spend most on those who bring most. Each of these is advice with a price. This chapter takes the advice apart and
# tests every piece: with surveys of mobile-phone customers and two years of a shop's sales as examples.
#
# *This notebook is made from `notebooks/src/01_relationship_marketing.py`. Edit that file, then run `make notebooks`.*

# %% [markdown]
# ## What you will be able to do
#
# - **check** whether the questions of a scale belong together;
# - **trace** an effect that goes by way of something else;
# - **divide** customers into four kinds of relationship by a stated rule;
# - **spread** a budget over customers, and **judge** it by what they brought later;
# - **recommend** products to each customer, and **judge** it by the next invoice;
# - **see** how a choice of denominator can turn a finding round.
#
# You need percentages and how to read a table. Terms are explained where they first appear, and again in the glossary at the end.

# %% [markdown]
# ## Predict before you run
#
# Write down three numbers now, for the example data. They are checked near the end.
#
# 1. Customers who trust more are more loyal. What part of that goes by way of commitment, and does not stand beside it?
# 2. Are customers of long standing worth more per month? Guess the rank correlation, from −1 to 1.
# 3. Ten products are recommended to each customer, all new to them. What share finds at least one of them on the next invoice?

# %% [markdown]
# ## The data
#
# The next cell holds everything you can change. There are two kinds of data: surveys of what customers think, and a log of what they
# bought. Give what you have; what you leave empty is left out, and the chapter says which claim cannot be tested then. Tables named here
# belong to the example. With data of your own they are dropped unless you give your own.

# %% tags=["parameters"]
survey: str = "corporate_reputation"  # a CSV or Parquet file with one row a respondent, or the name of a shipped data set; empty if there is none
respondent: str = ""  # column of ids; empty: respondents are numbered
items: list = []  # further columns of answers
scale: list = [1, 7]  # lowest and highest answer
scales: dict = {}  # items on another scale: {"column": [lowest, highest]}
reverse: list = []  # items in which less is better
dont_know: list = []  # answers that mean no opinion, such as [99]
weight: str = ""  # column of survey weights; empty if there is none
constructs: dict = {"trust": ["qual_5", "qual_6", "qual_7"], "commitment": ["like_1", "like_2", "like_3"], "satisfaction": ["cusa"], "loyalty": ["cusl_1", "cusl_2", "cusl_3"], "communication": ["csor_2"], "quality": ["qual_1", "qual_2", "qual_3", "qual_4", "qual_8"]}  # items of each construct
labels: dict = {"qual_5": "concerned with customers", "qual_6": "reliable partner", "qual_7": "trustworthy", "like_1": "identify with it", "like_2": "would regret losing it", "like_3": "likeable", "cusa": "satisfied", "cusl_1": "would recommend", "cusl_2": "would choose again", "cusl_3": "will remain", "csor_2": "forthright information", "qual_1": "high-quality products", "qual_2": "innovator", "qual_3": "good value", "qual_4": "good services", "qual_8": "respect for others"}  # names of the items for tables and figures
survey_policies: dict = {}  # other ways to read the file; see crmtheory.survey.read
advice_survey: str = "ecsi_mobile"  # survey with a question on personal service; empty: the survey above
advice_scale: list = [1, 10]  # lowest and highest answer there
advice_constructs: dict = {"personal service": ["PERQ3"], "communication": ["PERQ7"], "quality": ["PERQ1", "PERQ2", "PERQ4", "PERQ5", "PERQ6"], "satisfaction": ["CUSA1", "CUSA2", "CUSA3"]}  # its items
transactions: str = "online_retail"  # log of purchases: a CSV or Parquet file, or the name of a shipped data set; empty if there is none
customer: str = "customer_id"  # column that identifies the customer
date: str = "invoice_time"  # column with the date of the purchase
amount: str = "amount_gbp"  # column with the amount, refunds negative
currency: str = "£"  # sign to print before amounts
dayfirst: str = "auto"  # for dates like 3/4/2024: "yes" (3 April), "no" (March 4) or "auto"
missing_customer: str = "error"  # rows without a customer: "error" stops, "drop" leaves them out and counts them
refunds: str = "net"  # "net" takes refunds off, "drop" leaves negative rows out and counts them
policies: dict = {}  # other ways to read unusual rows, such as {"unreadable": "drop"}; see crmtheory.transactions.read
pseudonymise: bool = False  # True if the log's customer ids are replaced by keyed hashes (policies)
calibration_end: str = ""  # last day that the budget may know; empty: the middle of the log
attributes: str = "online_retail"  # table with facts of each customer, such as a channel; empty if there is none
attributes_columns: dict = {"customer": "customer_id", "place": "country"}  # its columns: {"customer": "…", "channel": "…"}
contacts: str = ""  # table of contacts with customers; empty: a purchase counts as the last contact
contacts_columns: dict = {}  # its columns: {"customer": "…", "date": "…"}
lines: str = "online_retail_lines"  # purchases by product: one row for each product on an invoice; empty if there is none
line_columns: dict = {"customer": "customer_id", "date": "date", "item": "stock_code"}  # its columns
products: str = "online_retail_products"  # names of the products; empty if there is none
product_columns: dict = {"item": "stock_code", "name": "description"}  # its columns
margin: float = 0.30  # part of the amount that is profit
budget: float = 20000.0  # money to spend on keeping customers; 0: none was set, and the part on spending is left out
kept_without: float = 0.5  # share of a customer's later value that stays if nothing is spent; assumed
kept_at_most: float = 0.8  # share that stays however much is spent; assumed
half_way: float = 20.0  # money per customer that brings about two thirds of what can be gained; assumed
contact_bands: list = [30, 90, 180, 365]  # days of silence that divide customers
resamples: int = 1000  # bootstrap samples for intervals
target_contact: float = 0.50  # goal: share of customers heard from within the second band
thresholds: dict = {}  # thresholds of claims other than those of the ledger, such as {"REL-4": 0.2}; the verdict says so
seed: int = 20  # for the random numbers of intervals and simulations
output: str = ""  # folder for tables, figures and result.json; empty: results/relationship

# %%
from functools import partial

import numpy as np
import pandas as pd

from crmtheory import claims, holdout, relationship, value
from crmtheory.chapter import open_chapter
from crmtheory.chapter_data import (
    CHOICES,
    conclude,
    examples,
    judge,
    read_attributes,
    read_contacts,
    read_log,
    read_table,
    where_possible,
)
from crmtheory.chapter_survey import lacking, read_answers, read_survey, scores
from crmtheory.errors import SchemaError
from crmtheory.models import GammaGamma, ParetoNBD
from crmtheory.plots import captions_relationship as captions
from crmtheory.plots import captions_survey as survey_captions
from crmtheory.plots import investment as draw_money
from crmtheory.plots import paths as draw_paths
from crmtheory.plots import relationship as draw
from crmtheory.plots import style
from crmtheory.plots import survey as draw_survey
from crmtheory.plots.captions import money
from crmtheory.relationship import recommend, words
from crmtheory.survey import drivers, path
from crmtheory.survey import scales as measuring
from crmtheory.tables import same_customers
from crmtheory.wording import counted

chapter = open_chapter("relationship", globals(), choices=CHOICES)
mains = ["survey", "transactions"]
survey, transactions, currency = examples(chapter, "survey", "transactions", "currency", of=mains)
advice_survey, lines, products, attributes, budget = examples(chapter, "advice_survey", "lines", "products", "attributes", "budget", of=mains)
rng = partial(np.random.default_rng, seed)
test = judge(chapter)
sums = partial(money, currency=currency)

# %%
found = read_survey(chapter) if survey else None
log = read_log(chapter) if transactions else None
text = "The survey has **{n} respondents**, the log **{m} customers**."
chapter.say(text, n=f"{len(found.answers):,}" if found else "no", m=f"{log.report.customers:,}" if log else "no")

# %% [markdown]
# ## The theory in one page
#
# **The claim.** Long relationships beat single transactions. They rest on trust, on steady communication and on personal service.
#
# **Origin.** Berry (1983) named **relationship marketing** (关系营销). Morgan and Hunt (1994) put **trust** (信任) and **commitment** (承诺) at its
# centre: who trusts, commits; who is committed, stays. Reichheld (1996) argued that customers of long standing are worth more. Reinartz and
# Kumar (2000) looked at a mail-order firm and found that often they are not. Blattberg and Deighton (1996) asked how much to spend on
# keeping a customer.
#
# **Four kinds of relationship.** *Price-centred* (以价格为中心): buys once where it is cheap. *Product-centred* (以产品为中心): comes back for one
# thing. *Need-centred* (以需求为中心): buys many things, because the firm meets many needs. *Value-centred* (以价值为中心): a partner of years, in
# touch, broad, steady.
#
# **What it predicts.** Trust works through commitment on loyalty (REL-1). Communication (REL-2) and personal service (REL-3) raise
# satisfaction. Longer relationships are worth more per month (REL-4). Spending by contribution keeps more value than spending equally
# (REL-5). Personal recommendation beats the best-seller list (REL-6).
#
# **What would contradict it?** Trust without any way through commitment. Satisfaction that does not move with communication once quality is
# held fixed. Old customers who spend less per month. A budget by value that keeps no more. Recommendations nobody buys.

# %% [markdown]
# ## A case by hand
#
# Three customers will bring 1,000, 100 and 100. We have 60 to spend. Money spent on a customer keeps a part of that value: with nothing
# spent half of it, with $b$ spent $0.5 + 0.3\,(1 - e^{-b/20})$ of it. Each next pound brings less. Spread equally, each gets 20, and 1,200
# · (0.5 + 0.3 · 0.632) = 828 is kept. In proportion to value they get 50, 5 and 5: 1,000 · (0.5 + 0.3 · 0.918) + 200 · (0.5 + 0.3 · 0.221)
# = 889. That is 7% more.

# %% tags=["by-hand"]
def kept_by_hand(values, spent):
    return sum(worth * (0.5 + 0.3 * (1 - np.exp(-money / 20))) for worth, money in zip(values, spent, strict=True))


# %%
three = pd.Series([1000.0, 100, 100], index=["Ann", "Bea", "Cy"])
curve = relationship.Response(0.5, 0.8, 20.0)
small = relationship.invest(60.0, three, three, curve, rng(), resamples=50)
hand = [kept_by_hand(three, spent) for spent in ([20, 20, 20], [50, 5, 5])]
text = "By hand {a:.0f} and {b:.0f}; by the library {c:.0f} and {d:.0f}."
chapter.say(text, a=hand[0], b=hand[1], c=small.loc["equal", "kept"], d=small.loc["expected value", "kept"])

# %% [markdown]
# ## Relationship quality
#
# Trust is not one question. Several questions belong together if they rise and fall together. **Cronbach's alpha** (克隆巴赫系数) says how well
# their mean would agree with that of other such questions: from 0.7 a scale is usable. **McDonald's omega** (ω 系数) does the same without
# taking the questions for equally good. The item–rest correlation shows the question that does not fit.
#
# In the shipped survey nobody was asked for *commitment*. Three questions on liking and on regretting a loss stand in for it. That is a
# proxy, and the result is no better than it.

# %%
if found:
    several = {name: list(columns) for name, columns in found.constructs.items() if len(columns) > 1}
if found and several:
    with where_possible(chapter):
        table = measuring.reliability(found.answers, several, found.weights, rng=rng())
        fit = measuring.item_table(found.answers, several, found.weights).rename(index=found.codebook()["label"])
        left, right = style.pair(width=11, height=5.4)
        draw_survey.reliability(table, ax=left)
        draw_survey.item_table(fit, ax=right)
        chapter.show(left, name="reliability", alt="{text}", text=f"{survey_captions.reliability(table)} {survey_captions.item_table(fit)}")
        for sentence in measuring.advice(fit):
            chapter.say("{text}", text=sentence)
        chapter.table(table, caption="Relationship quality: how well the questions of each scale agree", formats=dict.fromkeys(["alpha", "low", "high", "omega", "omega_low", "omega_high", "ave"], "{:.2f}"))

# %% [markdown]
# ## Trust, commitment, loyalty
#
# A **path model** (路径模型) draws three constructs and three arrows: trust to commitment, commitment to loyalty, and trust to loyalty
# directly. The **indirect effect** (间接效应, also 中介效应) is the product of the first two arrows: by how many standard deviations loyalty moves
# if trust moves by one, *by way of commitment*. Here the model is estimated by consistent **partial least squares** (PLS, 偏最小二乘; Dijkstra &
# Henseler 2015): each construct is a weighted sum of its questions, and the error with which questions measure is taken out. Without that,
# effects come out too small. The interval comes from respondents drawn anew.

# %%
why, ways = lacking(found, "trust", "commitment", "loyalty"), None
if not why:
    with where_possible(chapter, SchemaError) as problem:
        three_parts = path.Model({role: found.constructs[role] for role in ("trust", "commitment", "loyalty")}, {"trust": ["commitment", "loyalty"], "commitment": ["loyalty"]})
        usable = path.fit(three_parts, found.answers, consistent=True, weights=found.weights).admissible
        drawn = {"resamples": 5 * resamples, "weights": found.weights}
        ways = path.mediation(three_parts, found.answers, "trust", "commitment", "loyalty", rng(), consistent=usable, **drawn)
        chapter.save(ways, "mediation")
        chapter.show(draw.mediation(ways, "trust", "commitment", "loyalty"), name="mediation", alt="{text}", text=captions.mediation(ways, "trust", "commitment", "loyalty"))

# %%
if ways is not None:
    steps = path.fit(three_parts, found.answers, consistent=usable, weights=found.weights).paths.set_index(["from", "to"])["estimate"]
    row, direct = ways.loc["indirect"], ways.loc["direct"]
    text = "Trust to commitment {a:.2f}, commitment to loyalty {b:.2f}; their product is the indirect effect. By way of commitment, one standard deviation of trust goes with **{e:.2f}** [{low:.2f}, {high:.2f}] of loyalty; directly with {d:.2f} [{dl:.2f}, {dh:.2f}]."
    chapter.say(text, a=steps["trust", "commitment"], b=steps["commitment", "loyalty"], e=row["estimate"], low=row["low"], high=row["high"], d=direct["estimate"], dl=direct["low"], dh=direct["high"])
    plain = path.mediation(three_parts, found.answers, "trust", "commitment", "loyalty", rng(), **drawn).loc["indirect"]
    text = "Without the correction it would be {e:.2f} [{low:.2f}, {high:.2f}]." if usable else "The correction gives impossible values here, so scores as they are were used; their effects are too small."
    chapter.say(text, e=plain["estimate"], low=plain["low"], high=plain["high"])
trust = test("REL-1", ways.loc[["indirect"]], name=survey) if ways is not None else claims.not_given("REL-1", why or problem.text, name=survey or transactions)

# %% [markdown]
# ## Communication and personal service
#
# Who is well informed is more satisfied. But a good firm informs well *and* has good products. So hold quality fixed: among customers who
# find quality equally good, are those who find themselves well informed more satisfied? The same for personal service. Every other question
# on quality is held fixed by itself; where a survey asks for both, so is the other of the two. What if only their means are held fixed? The
# table shows it.
#
# Both are single questions here, and proxies. In the first survey *communication* is whether the firm is forthright in informing the
# public; that is not the same as informing its customers. The second survey asks for the clarity of the information that customers get.
# REL-2 is tested on both, because the answer may hang on the question.

# %%
def held_fixed(of, role, whole=False):
    others = [name for name in ("quality", "communication", "personal service") if name != role and name in of.constructs]
    items = list(dict.fromkeys(item for name in others for item in of.constructs[name]))
    frame = scores(of, role, *others, "satisfaction").join(of.answers[items])
    return drivers.linear(frame, "satisfaction", [role, *(others if whole else items)], of.weights).loc[[role]]


# %%
surveys = {survey: found} if found else {}
if advice_survey:
    surveys[advice_survey] = read_answers(chapter, advice_survey, advice_constructs, advice_scale)
judged_on = {"REL-2": "communication", "REL-3": "personal service"}
shown, talk = [], []
for claim, role in judged_on.items():
    asked = {name: of for name, of in surveys.items() if not lacking(of, role, "quality", "satisfaction")}
    talk += [test(claim, partial(held_fixed, of, role), name=name) for name, of in asked.items()]
    if not asked:
        talk.append(claims.not_given(claim, lacking(found, role, "quality", "satisfaction"), name=survey or transactions))
arrows = pd.DataFrame([{"from": f"{judged_on[one.id]} ({one.data})", "to": "satisfaction", "estimate": one.theta, "low": one.low, "high": one.high, "n": one.n} for one in talk if one.theta is not None])

# %%
if len(arrows):
    chapter.show(draw_paths.effects(arrows), name="held-fixed", alt="{text} Quality is held fixed.", text=survey_captions.effects(arrows, what="Standardised coefficients"))
for one in talk:
    if one.theta is not None:
        text = "One standard deviation of better {what} goes with **{e:.2f}** [{low:.2f}, {high:.2f}] of satisfaction, quality held fixed ({data})."
        chapter.say(text, what=judged_on[one.id], e=one.theta, low=one.low, high=one.high, data=one.data)
tested = [one for one in talk if one.theta is not None]
if tested:
    rough = pd.concat([held_fixed(surveys[one.data], judged_on[one.id], whole=True) for one in tested], ignore_index=True)
    rough.index = pd.Index([f"{judged_on[one.id]} ({one.data})" for one in tested], name="driver")
    chapter.table(rough[["estimate", "low", "high", "n"]], caption="The same with the means of quality held fixed instead of every question", formats=dict.fromkeys(["estimate", "low", "high"], "{:.2f}"))

# %% [markdown]
# Personal service needs personal data. The more a firm knows, the better it can serve, and the more it can harm. Laws such as the GDPR and
# the PIPL (个人信息保护法) ask for a purpose, for consent, and for no more than is needed. A recommendation that tells a customer what the firm
# knows may cost more trust than it earns.
#
# ## Four kinds of relationship
#
# The rule is stated, so that anybody can disagree with it. Everybody falls into exactly one kind. How *broadly* somebody buys is not in a
# log of sums; active months stand for it here.

# %%
if log:
    rules = relationship.KindRules()
    index = log.revenue().index
    met = read_contacts(chapter, index, last=True).reindex(index) if contacts else pd.Series(pd.NaT, index)
    touched = met.dropna().rename("date").rename_axis(log.customer).reset_index()
    known = relationship.facts(log, contacts=touched if contacts else None)
    kind = relationship.kinds_of_relationship(known, rules)
    kinds = relationship.kinds_table(kind, known["revenue"])
    chapter.table(rules.table(), caption="Four kinds of relationship: the rule")
    chapter.save(kinds, "kinds")
    chapter.show(draw.kinds_table(kinds, currency), name="kinds", alt="{text}", text=captions.kinds_table(kinds, currency))
    chapter.say("{text}", text=words.kinds_in_words(kinds))

# %% [markdown]
# Value is not independent of the rule: who buys for years has spent for years. The table says where the revenue *is*. It does not say that
# making somebody a partner would make them spend as much.
#
# ## Are long relationships worth more?
#
# Take each customer's **tenure** (关系时长), from the first to the last purchase, and the spend per month. Per which month? In *active* months,
# those with a purchase, or in *elapsed* months, all from the first to the last? Elapsed months *are* tenure in other units: dividing by
# them pulls the correlation down, whatever customers do. The verdict uses active months for that reason. Here both stand side by side.

# %%
ages = None
if log:
    with where_possible(chapter) as problem:
        bought, total = log.purchases(), log.revenue()
        ages = relationship.tenure_value(bought, revenue=total)
        bands = relationship.tenure_bands(bought, revenue=total)
        chance = relationship.tenure_null(bought, rng(), resamples=100)
        chapter.show(draw.tenure_bands(bands, currency), name="tenure", alt="{text}", text=captions.tenure_bands(bands, currency))
        chapter.table(ages.join(chance[["low", "high"]].add_prefix("chance_")), caption="Rank correlation of tenure with spend per month; beside it what the purchase days alone would give", formats=dict.fromkeys(["estimate", "low", "high", "chance_low", "chance_high"], "{:.2f}") | {"n": "{:,.0f}"})
        chapter.say("{text} {chance}", text=words.tenure_in_words(ages), chance=words.null_in_words(chance, ages))
longer = test("REL-4", ages.loc[["active months"]], name=transactions) if ages is not None else claims.not_given("REL-4", problem.text if log else "no log of purchases was given (parameter transactions)", name=transactions or survey)

# %% [markdown]
# ## Where to spend
#
# A budget for keeping customers can be spread equally, by *past sales*, or by what customers are *expected* to bring. The expected value is
# the **lifetime value** (客户终身价值, CLV) of a model that saw only the first part of the log; the chapter on customer value explains it. What
# counts is what was kept of the value that customers *really* brought in the second part. How spending keeps a customer is **assumed**: the
# curve stands among the parameters.

# %%
spread, why = None, "no log of purchases was given (parameter transactions)" if not log else "" if budget else "no budget was given (parameter budget)"
if not why:
    with where_possible(chapter) as problem:
        split = calibration_end or log.half
        summary = log.summary(unit="week", calibration_end=split)
        past = log.revenue(end=split).reindex(summary.index)
        later = (log.revenue().reindex(summary.index) - past) * margin
        worth = value.clv(ParetoNBD().fit(summary), GammaGamma().fit(summary), summary, horizon=summary["T_holdout"].iloc[0], margin=margin)["clv"]
        response = relationship.Response(kept_without, kept_at_most, half_way)
        spread = relationship.invest(budget, past, worth, response, rng(), realised=later, resamples=resamples)
        chapter.save(spread, "investment")
        left, right = style.pair(width=11)
        curve_at = response.table(5 * half_way)
        draw_money.response_curve(curve_at, currency, ax=left)
        draw_money.investment(spread, currency, ax=right)
        chapter.show(left, name="investment", alt="{text}", text=f"{captions.response_curve(curve_at, currency)} {captions.investment(spread, currency)}")
        chapter.say("{text}", text=words.invest_in_words(spread, response))
        chapter.say("The budget is {budget}, {each} for each of {n:,} customers on average.", budget=sums(budget), each=sums(budget / len(past)), n=len(past))
    why = problem.text
elif log:
    chapter.say("*Left out: {why}.*", why=why)

# %% [markdown]
# The gain hangs on the curve. If little money is enough for everybody, all spreads are alike; if much is needed, it pays to choose. The
# table turns the screws of the curve one by one. The verdict on REL-5 holds for the stated curve only.

# %%
if spread is not None:
    curves = {f"two thirds of the gain for {sums(h)}": (kept_without, kept_at_most, h) for h in (half_way / 4, half_way, half_way * 4)}
    curves["half as much can be gained"] = (kept_without, (kept_without + kept_at_most) / 2, half_way)
    curves["more is kept without spending"] = ((kept_without + kept_at_most) / 2, kept_at_most, half_way)
    gained = {name: relationship.invest(budget, past, worth, relationship.Response(*terms), rng(), realised=later, resamples=200) for name, terms in curves.items()}
    steep = {name: other.loc["expected value", ["gain", "low", "high"]] for name, other in gained.items()}
    chapter.table(pd.DataFrame(steep).T.rename_axis("assumed curve"), caption="Gain of spending by expected value over spending equally", formats=dict.fromkeys(["gain", "low", "high"], "{:+.1%}"))
gains = spread.loc[["expected value"]].rename(columns={"gain": "estimate"}) if spread is not None else None
allocated = test("REL-5", gains, name=transactions) if gains is not None else claims.not_given("REL-5", why, name=transactions or survey)

# %% [markdown]
# ## What to recommend to whom
#
# "Customers who bought this also bought that." **Item–item similarity** (物品相似度; Sarwar and others 2001) says how often two products share
# their buyers. A customer is offered what is most similar to what was bought before. The rival is the **best-seller list** (畅销榜), the same
# for all. Both learn from invoices before a day; each customer's next invoice judges. Products the customer had before are kept apart: to
# recommend what somebody buys anyway is no art.

# %%
better, basket, bought_with = None, None, None
if lines:
    roles = {line_columns["customer"]: "customer_id", line_columns["item"]: "stock_code", line_columns["date"]: "date"}
    basket = read_table(chapter, lines, list(roles), ids=[line_columns["customer"], line_columns["item"]]).rename(columns=roles)
    if log:
        basket["customer_id"] = same_customers(basket["customer_id"], known.index, pseudonymise)
if basket is not None:
    with where_possible(chapter, SchemaError) as problem:
        judged = recommend.judge(basket)
        hits, ahead = recommend.evaluate(judged), recommend.gain(judged)
        chapter.save(hits, "recommendation")
        chapter.show(draw.hits(hits), name="recommendation", alt="{text}", text=captions.hits(hits))
        chapter.say("{text}", text=words.recommend_in_words(hits, ahead))
        better = ahead
        names = read_table(chapter, products, list(product_columns.values()), ids=[product_columns["item"]]).rename(columns={product_columns["item"]: "stock_code", product_columns["name"]: "description"}) if products else None
        bought_with = recommend.similar(basket)
        pairs = recommend.because(bought_with, names, 8)
        chapter.table(pairs[["because", "recommended", "similarity", "buyers_both"]].rename(columns={"because": "because you bought"}), caption="Because you bought …", formats={"similarity": "{:.2f}"})
personally = test("REL-6", better, name=lines) if better is not None else claims.not_given("REL-6", problem.text if basket is not None else "no purchases by product were given (parameter lines)", name=lines or transactions or survey)

# %% [markdown]
# Similar variants of one product often lead such a list: who buys the blue one buys the red one. That is true and of little use; a shop
# would put products into families first.
#
# ## Who has not heard from us?
#
# Continued communication begins with knowing who has been forgotten. A gap counts from the last contact; where no table of contacts is
# given, the last purchase stands for it.

# %%
if log:
    today = log.report.last_date
    heard = known["last"].dt.normalize()
    heard = heard.where(~(met.reindex(heard.index) > heard), met.reindex(heard.index)).clip(upper=pd.Timestamp(today))
    gap = relationship.contact_gaps(heard, today, contact_bands, known["revenue"])
    chapter.show(draw.contact_gaps(gap, currency), name="contact-gaps", alt="{text}", text=captions.contact_gaps(gap, currency))
    chapter.say("{text}", text=words.gaps_in_words(gap, int(contact_bands[-2])))

# %%
if log and attributes:
    fact = read_attributes(chapter, known.index)
    what, where = next(iter(fact.items()))
    used = relationship.by_channel(log.purchases().assign(channel=lambda t: t[log.customer].map(where)), customer=log.customer, amount="amount")
    chapter.table(used.rename_axis(what), caption=f"Activity by {what}, before refunds of later days", rows=8, formats={"revenue": sums, "share": "{:.1%}", "revenue_share": "{:.1%}"})

# %% [markdown]
# ## Two extremes, and a known truth
#
# Questions that are copies of each other must give an alpha of 1, questions of dice about 0. And if all customers are worth the same, no
# way to spread a budget can beat the equal one.

# %%
dice = pd.DataFrame(rng().normal(size=(2000, 3)), columns=["a", "b", "c"])
copies = dice.assign(b=dice["a"], c=dice["a"])
alphas = [measuring.reliability(some, {"scale": ["a", "b", "c"]}).loc["scale", "alpha"] for some in (copies, dice)]
alike = pd.Series(10.0, index=range(100))
flat = relationship.invest(500.0, alike, alike, curve, rng(), resamples=50)
chapter.say("Copies: alpha {a:.2f}; dice: {b:.2f}. Equal customers: the gain is {g:.1%}.", a=alphas[0], b=alphas[1], g=flat.loc["expected value", "gain"])

# %% [markdown]
# ## Where it fails
#
# **The naive way first.** Judge the budget by the same expected value that spread it. That is a forecast that marks its own work. Judged by
# what customers brought later, the gain is another one; it may be smaller or larger.

# %%
if spread is not None:
    flattering = relationship.invest(budget, past, worth, response, rng(), resamples=200)
    text = "Judged by its own forecast the gain is {own:+.1%}, judged by what came **{real:+.1%}**."
    chapter.say(text, own=flattering.loc["expected value", "gain"], real=spread.loc["expected value", "gain"])

# %% [markdown]
# **The denominator.** The question on tenure has two answers above, and both are arithmetic on the same purchases. Who reports one of them
# without saying which has chosen the answer.
#
# **One moment, one person.** Trust, satisfaction and loyalty were asked on one sheet, in one minute. People who like a firm tick high
# everywhere, so part of every link is mood. A path model cannot tell which came first. To learn whether trust *makes* loyalty, ask the same
# people again and see what they did.
#
# ## The claims
#
# A claim is about one number θ and gets its verdict from the 95% interval of θ and a threshold δ that was fixed beforehand. It is
# *supported* if the whole interval is at δ or above, *contradicted* if the whole interval is below, and *inconclusive* otherwise. REL-5 is
# judged under an assumed curve. Of the correlation of REL-4 a part comes from the purchase days alone, as was said above; the verdict does
# not take it off.

# %%
conclude(chapter, [trust, *talk, longer, allocated, personally])

# %% [markdown]
# ## What to do
#
# Each kind of relationship asks for something else. The list is saved as `actions.csv`: the kind, the days of silence, what the customer
# brought, the advice, the money from the budget (by expected value at the split), and, where products are known, what to offer next. Who
# has been silent for long stands in `silent.csv`, the most valuable first.

# %%
advice = {"price-centred": "a good offer, at little cost", "product-centred": "show what goes with it", "need-centred": "ask for needs, serve personally", "value-centred": "a person to talk to; plan together"}
chapter.table(pd.Series(advice, name="advised treatment").rename_axis("kind"), caption="Advised treatment")
if log:
    offers = recommend.for_customers(basket, 1, learnt=bought_with)["product"] if basket is not None else pd.Series(dtype="str")
    if basket is not None and names is not None:
        offers = offers.map(names.drop_duplicates("stock_code").set_index("stock_code")["description"]).fillna(offers)
    advised = pd.DataFrame({"kind": kind.astype(str), "days_silent": (pd.Timestamp(today) - heard).dt.days, "past_spend": known["revenue"].round(2), "action": kind.astype(str).map(advice)})
    advised["offer"] = offers.reindex(advised.index).fillna("")
    if spread is not None:
        advised["budget_share"] = relationship.allocations(budget, past, worth, response)["expected value"].reindex(advised.index).fillna(0).round(2)
    chapter.save(advised.sort_values("past_spend", ascending=False, kind="stable"), "actions")
    quiet = relationship.silent_list(heard, today, int(contact_bands[-2]), known["revenue"])
    chapter.save(quiet, "silent")
    chapter.say("Of {n:,} customers, {k:,} have an offer: the others are not in the purchases by product. A product of the season may be out of season when the letter comes; look before you send.", n=len(advised), k=int((advised["offer"] != "").sum())) if basket is not None else None
    if len(quiet):
        text = "{n} been silent for more than {days} days. Begin with the first {k} of the list: they brought {part:.0%} of what all of these brought."
        chapter.answer("whom to call", text, n=f"{counted(len(quiet), 'customer')} {'has' if len(quiet) == 1 else 'have'}", days=contact_bands[-2], k=min(20, len(quiet)), part=quiet["value"].head(20).sum() / quiet["value"].sum())

# %%
if ways is not None:
    part = ways.loc["indirect", "estimate"] / ways.loc["total", "estimate"]
    plain_part = 0 < part < 1 and ways.loc["total", "low"] > 0
    text = "Customers who trust more say that they are more loyal; {part:.0%} of that goes together with commitment. One survey at one moment does not show what came first."
    chapter.answer("trust", text if plain_part else "Whether trust goes together with loyalty cannot be told from these answers.", part=part)
if spread is not None:
    chapter.answer("where to spend", "{text}", text=words.invest_in_words(spread, response))
if better is not None:
    chapter.answer("what to offer", "{text}", text=words.recommend_in_words(hits, ahead))
if log:
    near, near_low, near_high = holdout.share_with_interval((pd.Timestamp(today) - heard).dt.days <= contact_bands[0 if len(contact_bands) < 3 else 1])
    label = f"Customers heard from within {contact_bands[0 if len(contact_bands) < 3 else 1]} days"
    chapter.goal(label, target_contact, near, near_low, near_high, unit="%")
    chapter.key_figure(label, near, near_low, near_high, unit="%")
    chapter.say("**{share:.0%}** of the customers were heard from within {days} days; the goal is {goal:.0%}.", share=near, days=contact_bands[0 if len(contact_bands) < 3 else 1], goal=target_contact)

# %% [markdown]
# ## Your predictions, checked

# %%
if ways is not None:
    row, total_way = ways.loc["indirect"], ways.loc["total", "estimate"]
    text = "1. By way of commitment {e:.2f} [{low:.2f}, {high:.2f}] of {total:.2f} in all" + (", which is **{part:.0%}**." if plain_part else ".")
    chapter.say(text, part=part, e=row["estimate"], low=row["low"], high=row["high"], total=total_way)
if longer.theta is not None:
    chapter.say("2. **{e:.2f}** [{low:.2f}, {high:.2f}] per active month; {f:.2f} per elapsed month.", e=longer.theta, low=longer.low, high=longer.high, f=ages.loc["elapsed months", "estimate"])
if better is not None:
    first = hits.loc[("item–item", "new")]
    chapter.say("3. **{e:.0%}** [{low:.0%}, {high:.0%}]; with the best sellers {b:.0%}.", e=first["hit_rate"], low=first["hit_low"], high=first["hit_high"], b=hits.loc[("best sellers", "new"), "hit_rate"])

# %% [markdown]
# ## Key ideas
#
# - Trust and commitment are scales of several questions. Check the scale before you use it.
# - An indirect effect is a product. It needs an interval of its own.
# - "Worth more per month" needs a month. Say which.
# - A budget is judged by what customers brought later, not by the forecast that spread it.
# - A recommendation must beat the best-seller list on what is new to the customer.
#
# ## Exercises
#
# 1. *Predict and compute.* Put `qual_1` into the construct *trust*. What happens to alpha and to the indirect effect?
# 2. *Compute.* By hand: the arrows are 0.6 and 0.5, the direct one 0.2. What is the indirect effect, the total effect, and the part that
#    goes indirectly?
# 3. *Interpret.* Take the two correlations on tenure. Write one sentence for the board that is true for both.
# 4. *Criticise.* "Partners bring half of our revenue, so let us make partners of all customers." What is wrong?
# 5. *Break it.* Set `half_way` to 1 and then to 5000. When does it not matter how a budget is spread?
#
# **For teachers.** One session of 90 minutes: predictions 5, theory and the case by hand 20, scales and mediation 20, kinds and tenure 15,
# budget 15, recommendation 10, answers 5. In exercise 1 alpha rises a little, to 0.81, and so does the indirect effect: the question on
# quality goes with trust, which does not show that it measures trust. In 2: 0.30, 0.50 and 60%. In 3, for example: customers of long
# standing spend more in the months in which they buy, and buy in a smaller part of all months. In 4 the kind is made from past buying, so
# it holds the revenue by construction. In 5 with 1 everybody is kept as far as possible, however the money is spread; with 5000 this budget
# moves nobody. In between it matters.
#
# ## Glossary
#
# | English | 中文 | in short |
# |---|---|---|
# | relationship marketing | 关系营销 | long relationships instead of single sales |
# | trust, commitment | 信任、承诺 | they are reliable; I want to stay |
# | Cronbach's alpha, McDonald's omega | 克隆巴赫系数、ω 系数 | how well the questions of a scale agree |
# | indirect effect, mediation | 间接效应、中介效应 | the effect by way of something else |
# | four kinds of relationship | 四个关系中心 | price, product, need, value |
# | span of the relationship (tenure) | 关系时长 | from the first to the last purchase |
# | lifetime value (CLV) | 客户终身价值 | what a customer will bring |
# | response curve | 响应曲线 | what spending keeps |
# | item–item similarity | 物品相似度 | sharing of buyers by two products |
# | hit rate | 命中率 | share of lists with a product that was bought |
# | touchpoint, contact gap | 触点、联系间隔 | where, and how long ago, we met |
#
# ## References
#
# - Berry, L. L. (1983). Relationship marketing. In *Emerging Perspectives on Services Marketing*, 25–28. American Marketing Association.
# - Blattberg, R. C. & Deighton, J. (1996). Manage marketing by the customer equity test. *Harvard Business Review* 74(4), 136–144.
# - Dijkstra, T. K. & Henseler, J. (2015). Consistent partial least squares path modeling. *MIS Quarterly* 39, 297–316.
# - Morgan, R. M. & Hunt, S. D. (1994). The commitment–trust theory of relationship marketing. *Journal of Marketing* 58(3), 20–38.
# - Reichheld, F. F. (1996). *The Loyalty Effect*. Harvard Business School Press.
# - Reinartz, W. J. & Kumar, V. (2000). On the profitability of long-life customers in a noncontractual setting. *Journal of Marketing*
#   64(4), 17–35.
# - Sarwar, B., Karypis, G., Konstan, J. & Riedl, J. (2001). Item-based collaborative filtering recommendation algorithms. *Proceedings of
#   WWW10*, 285–295.
# - Data: Hair, J. F. et al. (2017). *A Primer on Partial Least Squares Structural Equation Modeling*. Sage. Tenenhaus, M. et al. (2005),
#   *Computational Statistics & Data Analysis* 48, 159–205. Chen, D., Sain, S. L. & Guo, K. (2012), *Journal of Database Marketing &
#   Customer Strategy Management* 19, 197–208.

# %%
chapter.finish()
