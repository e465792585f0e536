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
# # Do satisfied customers stay, buy again and recommend us?
#
# Loyal customers are the aim of everything a firm does for its customers. Satisfaction is measured everywhere, in the belief that it makes
# them loyal. Does it? How much of what people say do they do? And do membership cards and birthday letters *make* customers loyal, or do
# they only go to those who are loyal already? This chapter measures the link, its shape, and the effects of programmes, and shows what
# cannot be known without a comparison group.
#
# *This notebook is made from `notebooks/src/04_customer_loyalty.py`. Edit that file, then run `make notebooks`.*

# %% [markdown]
# ## What you will be able to do
#
# - **measure** how closely satisfaction and loyalty go together, errors of measurement taken out;
# - **compare** shapes of the link: does only *complete* satisfaction count?
# - **divide** customers by what they say and what they do;
# - **estimate** the effect of a membership programme by differences in differences, and **check** its assumption;
# - **plan** and **judge** a campaign by a random test;
# - **price** points and recommendations.
#
# You need percentages and how to read a table. Terms are explained where they first appear, and again in the glossary at the end.

# %% [markdown]
# ## Predict before you run
#
# Write down three numbers now, for the example data. They are checked near the end.
#
# 1. Satisfaction and loyalty are asked with three questions each. How strongly do they go together, from 0 to 1?
# 2. Of passengers who rate an airport 5 of 5, what share says 9 or 10 when asked to recommend it? Of those who rate it 4?
# 3. Members of a programme buy more than others. What part of that difference is the effect of the programme, if heavy buyers join more
#    often?

# %% [markdown]
# ## The data
#
# The next cell holds everything you can change. There are three kinds of data: surveys, a log of purchases, and tables of a programme or a
# campaign. Give what you have. What you leave empty is left out, and the chapter says which claim cannot be tested then. Tables named here
# belong to the example; with data of your own they are dropped unless you give your own.

# %% tags=["parameters"]
survey: str = "ecsi_mobile"  # a CSV or Parquet file with one row a respondent, or the name of a shipped data set; empty if there is none
respondent: str = ""  # column of ids; empty: respondents are numbered
items: list = []  # further columns of answers
scale: list = [1, 10]  # lowest and highest answer
scales: dict = {}  # items on another scale: {"column": [lowest, highest]}
reverse: list = []  # items in which less is better
dont_know: list = []  # answers that mean no opinion, such as [99]
weight: str = ""  # column of survey weights; empty if there is none
constructs: dict = {"satisfaction": ["CUSA1", "CUSA2", "CUSA3"], "loyalty": ["CUSL1", "CUSL2", "CUSL3"]}  # items of satisfaction and of loyalty
labels: dict = {}  # names of the items for tables and figures
overall: str = ""  # item that rates the whole, for the shape of the link
recommend: str = ""  # item "how likely are you to recommend us", 0 to 10
survey_policies: dict = {}  # other ways to read the file; see crmtheory.survey.read
link_survey: str = "sfo_survey"  # survey with a rating of the whole and a recommendation; empty: the survey above
link_overall: str = "Q7ALL"  # its rating of the whole
link_scale: list = [1, 5]  # lowest and highest rating there; LOY-2 is about five points
link_recommend: str = "NETPRO"  # its recommendation, 0 to 10
link_weight: str = "WEIGHT"  # its weights; empty if there are none
link_behaviour: str = "Q5TIMESFLOWN"  # its column of how often people come; empty if there is none
more_surveys: dict = {"corporate_reputation": {"scale": [1, 7], "satisfaction": ["cusa"], "loyalty": ["cusl_1", "cusl_2", "cusl_3"]}, "b2b_satisfaction": {"scale": [1, 5], "satisfaction": ["Satisfaction"], "loyalty": ["Recommendation", "Repurchase"]}}  # surveys in which the link is measured again
often: float = 3.0  # value of that column from which somebody comes often
transactions: str = "cdnow_sample"  # log of purchases: a CSV or Parquet file, or the name of a shipped data set; empty if there is none
customer: str = "customer_id"  # column that identifies the customer
date: str = "date"  # column with the date of the purchase
amount: str = "amount_usd"  # column with the amount, refunds negative
currency: str = "$"  # sign to print before amounts
dayfirst: str = "auto"  # for dates like 3/4/2024: "yes" (3 April), "no" (March 4) or "auto"
missing_customer: str = "error"  # rows without a customer: "error" stops, "drop" leaves them out and counts them
refunds: str = "net"  # "net" takes refunds off, "drop" leaves negative rows out and counts them
policies: dict = {}  # other ways to read unusual rows, such as {"unreadable": "drop"}; see crmtheory.transactions.read
pseudonymise: bool = False  # True if the log's customer ids are replaced by keyed hashes (policies)
calibration_end: str = "1997-09-30"  # last day of the earlier window; empty: the middle of the log
brands: str = "cracker_choice"  # purchases in time order with the brand chosen; empty if there is none
brand_customer: str = "id"  # its column of the customer
brand_choice: str = "choice"  # its column of the brand
studies: str = "satisfaction_retention_studies"  # published correlations of satisfaction with intention and behaviour; empty to leave out
leavers: str = "telecom_churn"  # table of customers with what was known and whether they left; empty if there is none
left: str = "Churn"  # its column with 1 for those who left
complaint: str = "Complains"  # its column with 1 for a complaint, or another event to look at
leaver_columns: list = ["Call Failure", "Subscription Length", "Charge Amount", "Seconds of Use", "Frequency of SMS", "Distinct Called Numbers", "Age"]  # what was known before
members: str = ""  # purchases of members and others, one row for each customer and period, columns customer, period, member, joined, purchases; empty: simulated
campaign: str = ""  # customers of a campaign, one row each; empty if there was none
treated: str = "treated"  # its column with 1 for those who, by lot, received it
bought: str = "bought"  # its column with 1 for those who bought again
reach: float = 3.0  # people whom a promoter tells; assumed
told_convert: float = 0.02  # share of them who become customers; assumed
warned: float = 5.0  # people whom a detractor warns; assumed
kept_away: float = 0.01  # share of them who would have become customers and do not; assumed
new_customer: float = 30.0  # worth of a new customer, in money; assumed
points: float = 1.0  # points earned for one unit of money
tiers: dict = {"basic": [0, 1.0], "silver": [100, 1.5], "gold": [300, 2.0]}  # tiers: {"name": [spend in a year from which one is in it, multiplier of points]}
point_worth: float = 0.01  # what a point costs when it is redeemed, in money
redeemed: float = 0.7  # share of points that are redeemed
baseline: float = 0.20  # repeat rate without a campaign, for planning
target_loyal: float = 0.60  # goal: share of the most frequent earlier buyers (at most a third) who buy again
thresholds: dict = {}  # thresholds of claims other than those of the ledger, such as {"LOY-1": 0.6}; the verdict says so
seed: int = 20  # for the random numbers of intervals and simulations
output: str = ""  # folder for tables, figures and result.json; empty: results/loyalty

# %%
from functools import partial

import numpy as np
import pandas as pd

from crmtheory import claims, lifecycle, loyalty, simulate
from crmtheory.chapter import open_chapter
from crmtheory.chapter_data import CHOICES, conclude, examples, judge, read_log, read_table, where_possible
from crmtheory.chapter_survey import lacking, read_answers, read_survey
from crmtheory.errors import SchemaError
from crmtheory.lifecycle import words as lifecycle_words
from crmtheory.loyalty import words
from crmtheory.plots import captions_loyalty as captions
from crmtheory.plots import captions_survey as survey_captions
from crmtheory.plots import loyalty as draw
from crmtheory.plots import programme as draw_programme
from crmtheory.plots import survey as draw_survey
from crmtheory.plots.captions import money
from crmtheory.survey import association
from crmtheory.survey import scales as measuring

chapter = open_chapter("loyalty", globals(), choices=CHOICES)
mains = ["survey", "transactions"]
survey, transactions, currency = examples(chapter, "survey", "transactions", "currency", of=mains)
link_survey, more_surveys, brands, studies, leavers = examples(chapter, "link_survey", "more_surveys", "brands", "studies", "leavers", of=mains)
own = any(chapter.parameters[main] != chapter.defaults[main] for main in mains)
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
# **The claim.** Loyalty (忠诚度) is trust and attachment. Loyal customers buy again, recommend, and forgive. Satisfaction makes them so.
#
# **Origin.** Dick and Basu (1994) put two things together: what people *feel* and what they *do*. Only who does both is truly loyal. Jones
# and Sasser (1995) asked why satisfied customers defect. Their answer: satisfaction counts little until it is *complete*. Reichheld (1996)
# praised what loyal customers are worth, and firms gave out cards and points. Whether those cards make loyalty or only reward it is an old
# dispute.
#
# **What it predicts.** Satisfaction and loyalty go together strongly (LOY-1). The last step, from satisfied to completely satisfied, is the
# largest (LOY-2). Who bought often buys again (LOY-3). Who complains, leaves (LOY-4). A membership programme raises purchases (LOY-5), and
# so does a campaign of care (LOY-6).
#
# **What would contradict it?** A weak correlation even when errors of measurement are taken out. Steps of the same size. Heavy buyers who
# do not come back. Members who bought more before they joined, and not more after.

# %% [markdown]
# ## A case by hand
#
# Four customers. Ann and Bo joined a programme, Cy and Di did not. Before, Ann and Bo bought 4 and 6 times a year, Cy and Di 2 and 2.
# Afterwards 6 and 8, 3 and 3. The naive reader says: members buy 7, others 3, so the programme is worth 4 purchases. But members bought 3
# more *before* they joined. **Difference in differences** (双重差分, DiD) takes that off: members rose by 2, others by 1, so 1 purchase is the
# programme's, if members would otherwise have changed as the others did.

# %% tags=["by-hand"]
def did_by_hand(before, after, member):
    change = [later - earlier for earlier, later in zip(before, after, strict=True)]
    members = [gain for gain, joined in zip(change, member, strict=True) if joined]
    others = [gain for gain, joined in zip(change, member, strict=True) if not joined]
    return sum(members) / len(members) - sum(others) / len(others)


# %%
four = pd.DataFrame({"customer": list("ABCD") * 2, "period": [1] * 4 + [2] * 4, "member": [True, True, False, False] * 2, "joined": 2, "purchases": [4, 6, 2, 2, 6, 8, 3, 3]})
hand = did_by_hand([4, 6, 2, 2], [6, 8, 3, 3], [True, True, False, False])
chapter.say("By hand {hand:.0f}, by the library {library:.0f}.", hand=hand, library=loyalty.did(four)["estimate"].iloc[0])

# %% [markdown]
# ## How close is the link?
#
# A **correlation** (相关系数) says how closely two things go together: 0 not at all, 1 fully. There are several. Pearson's takes ratings as
# lengths. Spearman's and Kendall's use their order only. The **polychoric** (多分格相关) asks how close the *feelings* are of which ratings are
# coarse pictures (Olsson 1979). Kendall's is smaller by construction.
#
# All of them are too low if the questions measure badly. The correction for **attenuation** (衰减校正; Spearman 1904) divides by what the
# questions could reach at most. It is an estimate like the others, with an interval, and may exceed 1 where the questions are poor. What
# they could reach follows from how well they agree. Cronbach's alpha takes all questions of a scale as equally good; Guttman's (1945) λ₂,
# which is used here, is nearer to the truth where they are not, so it corrects less.

# %%
def corrected(of):
    sides = [list(of.constructs[role]) for role in ("satisfaction", "loyalty")]
    if min(map(len, sides)) > 1:
        return association.disattenuated(of.answers, *sides, rng(), weights=of.weights)
    plain = association.correlation(*(of.scores(role) for role in ("satisfaction", "loyalty")), weights=of.weights)
    return plain.assign(observed=plain["estimate"], reliability_first=np.nan, reliability_second=np.nan)


# %%
why, latent = lacking(found, "satisfaction", "loyalty"), None
if not why:
    parts = {role: list(found.constructs[role]) for role in ("satisfaction", "loyalty") if len(found.constructs[role]) > 1}
    with where_possible(chapter, SchemaError) as problem:
        several = association.compare(*(found.scores(role) for role in ("satisfaction", "loyalty")), weights=found.weights)
        chapter.show(draw_survey.correlations(several), name="correlations", alt="{text}", text=survey_captions.correlations(several))
        fit = measuring.item_table(found.answers, parts, found.weights) if parts else pd.DataFrame({"weak": [], "construct": []})
        for sentence in measuring.advice(fit) if parts else ():
            chapter.say("{text}", text=sentence)
        latent = corrected(found)
    why = problem.text

# %%
if latent is not None:
    row = latent.iloc[0]
    is_corrected = row["reliability_first"] > 0
    text = "As observed the correlation is {o:.2f}; with errors of measurement taken out **{e:.2f}** [{low:.2f}, {high:.2f}]. The questions on satisfaction have a reliability (λ₂) of {a:.2f}, those on loyalty {b:.2f}."
    single = "The correlation is **{e:.2f}** [{low:.2f}, {high:.2f}]. One question alone shows no error of measurement, so nothing is taken out: the true link is closer, if errors are independent."
    chapter.say(text if is_corrected else single, o=row["observed"], e=row["estimate"], low=row["low"], high=row["high"], a=row["reliability_first"], b=row["reliability_second"])
linked = test("LOY-1", latent, name=survey) if latent is not None else claims.not_given("LOY-1", why, name=survey or transactions)

# %% [markdown]
# A correction is only as good as the scale. The item–rest correlation shows a question that does not fit. In the shipped survey it is
# CUSL2, on staying at a higher price: it says something about money and little about loyalty. With it the scale looks poor, and the
# correction is large. Without it the correction is smaller. The verdict uses the scale as given, so it is rather too high; see whether it
# hangs on that question.

# %%
if latent is not None and len(fit):
    chapter.table(fit, caption="Each question with the rest of its scale", formats=dict.fromkeys(["mean", "sd", "item_rest", "alpha_without", "alpha"], "{:.2f}"))
    kept = {role: [item for item in items_of if not fit.loc[item, "weak"]] for role, items_of in parts.items()}
    if fit["weak"].any() and len(parts) == 2 and min(map(len, kept.values())) > 1:
        cleaned = association.disattenuated(found.answers, *kept.values(), rng(), weights=found.weights).iloc[0]
        text = "Without {names}: **{e:.2f}** [{low:.2f}, {high:.2f}], as observed {o:.2f}."
        chapter.say(text, names=", ".join(fit.index[fit["weak"].astype(bool)]), e=cleaned["estimate"], low=cleaned["low"], high=cleaned["high"], o=cleaned["observed"])

# %% [markdown]
# One survey is one survey. The table repeats the question on others, each with its own scale and questions. A construct with one question
# cannot be corrected; there the plain correlation stands, which is a lower bound if errors are independent.

# %%
again = {survey: latent.iloc[0]} if latent is not None else {}
for name, how in more_surveys.items():
    with where_possible(chapter, SchemaError, KeyError):
        other = read_answers(chapter, name, {role: how[role] for role in ("satisfaction", "loyalty")}, how["scale"])
        again[name] = corrected(other).iloc[0]
if again:
    table = pd.DataFrame(again).T[["observed", "estimate", "low", "high", "n"]].astype(float)
    chapter.table(table, caption="Satisfaction with loyalty, as observed and corrected", formats=dict.fromkeys(["observed", "estimate", "low", "high"], "{:.2f}") | {"n": "{:,.0f}"})
    strong = int((table["low"] >= 0.5).sum())
    chapter.say("In {k} of {n} surveys the whole interval lies at 0.5 or above.", k=strong, n=len(table)) if len(table) > 1 else None

# %% [markdown]
# ## The shape of the link
#
# A correlation draws a straight line. Jones and Sasser say that the link is not straight: between *satisfied* and *completely satisfied* it
# leaps. The other guess is the opposite: the first steps count most, then gains diminish. The figure shows the answers and the curves.
# **Information criteria** (信息准则) weigh fit against the number of parameters: the lower AIC wins, and its weight says how clearly.

# %%
rated = None
if link_survey:
    asks = {"items": [link_recommend], "scales": {link_recommend: [0, 10]}, "keep": {"link_behaviour": link_behaviour}, "weight": link_weight}
    linking = read_answers(chapter, link_survey, {"overall": [link_overall]}, link_scale, **asks)
    rated, behaviour = linking.answers[link_overall], pd.to_numeric(linking.kept[link_behaviour], errors="coerce") if link_behaviour else None
    recommends, heavy, points_of = linking.answers[link_recommend], linking.weights, link_scale
elif found and overall and recommend and tuple(found.codebook().loc[recommend, ["low", "high"]]) == (0, 10):
    rated, recommends, heavy, behaviour = found.answers[overall], found.answers[recommend], found.weights, None
    points_of = list(found.codebook().loc[overall, ["low", "high"]])
shapes = None
if rated is not None:
    with where_possible(chapter, SchemaError):
        feelings = association.correlation(rated, recommends, "polychoric", heavy).iloc[0]
        text = "The rating of the whole and the recommendation, one question each, go together with a polychoric correlation of **{e:.2f}** [{low:.2f}, {high:.2f}] ({n:,} answers)."
        chapter.say(text, e=feelings["estimate"], low=feelings["low"], high=feelings["high"], n=int(feelings["n"]))
    with where_possible(chapter):
        shapes = loyalty.link_shapes(rated, recommends, heavy)
        levels, curves = loyalty.by_level(rated, recommends, heavy), loyalty.link_curves(rated, recommends, heavy)
        best = shapes.index[shapes["best"]][0]
        chapter.show(draw.link(levels, curves, best), name="link", alt="{text}", text=captions.link(levels, curves, best))
        chapter.table(shapes, caption="Shapes of the link, compared", formats={"weight": "{:.1%}", **dict.fromkeys(["log_likelihood", "aic", "bic"], "{:,.1f}")})
        chapter.say("{text}", text=words.shape_in_words(shapes))

# %% [markdown]
# LOY-2 asks it in the words of the theory: the share of promoters among those who rate the whole 5, 4 and 3. Is the step from 4 to 5 larger
# than that from 3 to 4?

# %%
step, why = None, "no survey has a rating of the whole and a recommendation from 0 to 10 (parameters link_survey, or overall and recommend)"
if rated is not None:
    with where_possible(chapter):
        promoters = loyalty.by_level(rated, (recommends >= 9).astype(float).where(recommends.notna()), heavy)
        chapter.show(draw.promoters(promoters), name="promoters", alt="{text}", text=captions.promoters(promoters))
    why = f"the whole is rated from {points_of[0]:g} to {points_of[1]:g}, and the claim is about five points"
if rated is not None and points_of[1] - points_of[0] == 4:
    top_three = tuple(points_of[1] - back for back in (2, 1, 0))
    why = f"too few rate the whole {', '.join(f'{level:g}' for level in top_three)}"
    with where_possible(chapter):
        step = loyalty.last_step(rated, recommends, heavy, levels=top_three)
        chapter.say("{text}", text=words.step_in_words(step))
complete = test("LOY-2", step, name=link_survey or survey) if step is not None else claims.not_given("LOY-2", why, name=link_survey or survey or transactions)

# %% [markdown]
# Both figures show the same answers. A mean on a scale that ends at 10 flattens near its end; a share above a cut at 9 is steepest near the
# cut. So the shape of the link depends on what is counted.

# %% [markdown]
# ## What they say and what they do
#
# Dick and Basu's four fields. **True loyalty** (真正忠诚): a strong attitude, and they come often. **Latent** (潜在忠诚): they would like to, but
# come rarely. **Spurious** (虚假忠诚): they come, out of habit or for want of a choice. **No loyalty** (不忠诚). Each asks for something else:
# reward; remove what keeps them away; give a reason; do not spend. Here a strong attitude is a recommendation of 9 or 10, and often is what
# the parameter `often` says; the numbers are shares of respondents by weight.

# %%
kind = None
if rated is not None and behaviour is not None:
    with where_possible(chapter):
        kind = loyalty.kinds(recommends, behaviour, 9.0, often)
        fields = loyalty.kinds_table(kind, weights=heavy)
        chapter.save(fields, "kinds")
        chapter.show(draw.kinds(fields), name="kinds", alt="{text}", text=captions.kinds(fields))
        chapter.say("{text}", text=words.kinds_in_words(fields))

# %% [markdown]
# Where customers may buy several brands, loyalty shows in the **share of wallet** (钱包份额) and in **switching** (品牌转换): who bought one brand
# last time, and which do they buy next? Rows add up to 100%; the diagonal is those who stayed. A large brand is chosen again more often
# even by people who throw dice, so read a row beside the brand's share.

# %%
if brands:
    with where_possible(chapter):
        trips = read_table(chapter, brands, [brand_customer, brand_choice], ids=[brand_customer])
        wallet = loyalty.wallet_share(trips, brand_customer, brand_choice)
        columns = ["market_share", "estimate", "low", "high", "reach", "sole"]
        chapter.table(wallet[columns].rename(columns={"estimate": "share of wallet"}), caption="Share of wallet among those who bought the brand at all; reach: who ever bought it; sole: who bought nothing else", formats=dict.fromkeys(["market_share", "share of wallet", "low", "high", "reach", "sole"], "{:.0%}"))
        moves = loyalty.switching(trips, brand_customer, brand_choice)
        chapter.show(draw.switching(moves), name="switching", alt="{text}", text=captions.switching(moves))
        chapter.say("{text}", text=words.switching_in_words(moves))
        stay = moves[moves["from"] == moves["to"]].set_index("from")["probability"]
        part = trips[brand_choice].value_counts(normalize=True).reindex(stay.index)
        most = (stay - part).idxmax()
        chapter.say("The widest step above its share of all purchases ({part:.0%}) is that of *{most}*.", part=part[most], most=most)

# %% [markdown]
# ## Do they buy again?
#
# Words are cheap. The log is cut in two. Who made many repeat purchases in the earlier window is called loyal; the later window judges.
# Customers with equal numbers stay together: a cut never runs through equals.

# %%
repeat = None
if log:
    split = calibration_end if transactions == chapter.defaults["transactions"] or calibration_end != chapter.defaults["calibration_end"] else ""
    windows = log.summary(unit="week", calibration_end=split or log.half)
    later = windows["x_holdout"] > 0
    with where_possible(chapter) as problem:
        groups = loyalty.repurchase(windows["x"], later)
        repeat = loyalty.repurchase_difference(windows["x"], later)
        chapter.show(draw.repurchase(groups, repeat), name="repurchase", alt="{text}", text=captions.repurchase(groups, repeat))
        chapter.say("{text}", text=words.repurchase_in_words(repeat))
returning = test("LOY-3", repeat, name=transactions) if repeat is not None else claims.not_given("LOY-3", problem.text if log else "no log of purchases was given (parameter transactions)", name=transactions)

# %% [markdown]
# Do people do what they *intend*? Published studies have correlated satisfaction with both. Few measured what customers did later.

# %%
if studies:
    published = read_table(chapter, studies)
    kind_of = {"by": "Retention_Measure", "value": "Corr"}
    between = loyalty.intention_gap(published, **kind_of)
    chapter.show(draw.intention(published, between, **kind_of), name="intention", alt="{text}", text=captions.intention(published, between, **kind_of))
    chapter.say("{text}", text=words.gap_in_words(between, "Intention", "Behavior"))

# %% [markdown]
# ## Complaints and leaving
#
# A complaint is dissatisfaction in words. LOY-4 asks whether it shows in what they do. Those who complain may also differ in use, so the
# difference is taken with the other columns held equal. It is an association: what would have happened without the reason to complain
# nobody has seen.

# %%
gone, event = None, "a complaint" if complaint == chapter.defaults["complaint"] else f"a yes in {complaint}"
if leavers:
    with where_possible(chapter):
        rows = read_table(chapter, leavers)
        apart = lifecycle.twins(rows, lambda some: lifecycle.adjusted_difference(some, left, complaint, leaver_columns))
        gone = apart.loc[["all"]]
        chapter.say("{text}", text=lifecycle_words.complaint(apart, complaint))
unhappy = test("LOY-4", gone, name=leavers) if gone is not None else claims.not_given("LOY-4", "no table of customers who left was given (parameter leavers)", name=leavers or transactions)

# %% [markdown]
# ## What a recommendation is worth
#
# A promoter tells others; some of them become customers. A detractor tells others too, and keeps them away. The sum is **referral value**
# (推荐价值). The shares come from the survey; what is told and what comes of it are stated among the parameters. It is arithmetic on
# assumptions, so the table shows each part.

# %%
if rated is not None:
    with where_possible(chapter):
        referred = loyalty.referral_value(recommends, reach, told_convert, new_customer, warned=warned, deterred=kept_away, weights=heavy)
        chapter.table(referred, caption="Value of recommendation, per customer asked")
        chapter.say("{text}", text=words.referral_in_words(referred, currency))

# %% [markdown]
# ## What points cost
#
# A **membership programme** (会员计划) gives points for spend, and more of them to higher **tiers** (会员等级). Points are a debt. Before asking
# what a programme brings, ask what it costs, if these customers had been in it.

# %%
if log:
    with where_possible(chapter):
        scheme = loyalty.Programme(points, tuple(loyalty.Tier(name, *terms) for name, terms in tiers.items()), point_worth, redeemed)
        cost = loyalty.cost(scheme, log.purchases())
        chapter.save(cost, "programme_cost")
        chapter.show(draw_programme.programme(cost, currency), name="programme", alt="{text}", text=captions.programme(cost, currency))
        chapter.say("{text}", text=words.cost_in_words(cost, currency))

# %% [markdown]
# ## Does membership raise purchases?
#
# No shipped data have a programme. Unless you give your own, these are *simulated customers*. Heavy buyers join more often, and joining
# adds a known number of purchases a period. The figure shows what three readers would report, and the truth.

# %%
truth = 0.5
if members:
    history = read_table(chapter, members, ["customer", "period", "member", "joined", "purchases"], ids=["customer"])
elif not own:
    history = simulate.programme_members(600, rng(), effect=truth)
else:
    history = None
made_up = not members
effect = None
if history is not None:
    with where_possible(chapter):
        effect = loyalty.did(history)
        readers = pd.concat([loyalty.naive(history), effect.set_index(pd.Index(["difference in differences"], name="method"))])
        shown = draw_programme.naive_against_did(readers, truth if made_up else None, simulated=made_up)
        chapter.show(shown, name="did", alt="{text}", text=captions.naive_against_did(readers, truth if made_up else None, simulated=made_up))

# %% [markdown]
# The method rests on one assumption: without the programme both groups would have moved in parallel (**parallel trends**, 平行趋势). It cannot
# be proved. But before the start both *were* without it, so they should have moved in parallel then. The **event study** (事件研究) shows every
# period, with intervals by customer (Bertrand, Duflo & Mullainathan 2004): left of the line the dots should lie on zero.

# %%
if effect is not None:
    with where_possible(chapter):
        course = loyalty.event_study(history)
        chapter.show(draw_programme.event_study(course, simulated=made_up), name="event-study", alt="{text}", text=captions.event_study(course, simulated=made_up))
    trends = None
    with where_possible(chapter):
        trends = loyalty.parallel_trends(history)
    chapter.say("{who}{text}", who="Simulated customers. " if made_up else "", text=words.effect_in_words(effect, loyalty.naive(history), trends))
raised = test("LOY-5", effect, name=members or "simulated members", simulated=made_up) if effect is not None else claims.not_given("LOY-5", "no purchases of members and others were given (parameter members)", name=transactions)

# %% [markdown]
# ## Does a campaign of care work?
#
# A birthday card goes to some customers, by lot, and not to the others. **Lots** (随机分组) make both groups alike in everything, also in what
# nobody has measured. So the difference between them is the card's, within its interval (Newcombe 1998). First *plan*: with few customers
# no difference can be seen.

# %%
sizes = [200, 500, 1000, 2000, 5000, 10000]
power = loyalty.ab_power(baseline, [0.02, 0.04, 0.06], sizes)
chapter.show(draw_programme.ab_power(power), name="power", alt="{text}", text=captions.ab_power(power))
chapter.say("To see a rise from {base:.0%} to {to:.0%} with a probability of 80%, **{n:,}** customers are needed in each group.", base=baseline, to=baseline + 0.04, n=loyalty.ab_sample_size(baseline, 0.04))

# %%
result = None
why = "no campaign with a control group drawn by lot was given (parameter campaign). Without one the effect of the campaign cannot be told from the choice of who received it"
if campaign:
    with where_possible(chapter, SchemaError) as problem:
        people = read_table(chapter, campaign, [treated, bought])
        drawn = loyalty.yes_no(people[treated], treated)
        result = loyalty.ab_test(people.loc[drawn, bought], people.loc[~drawn, bought])
        chapter.show(draw_programme.ab(result), name="campaign", alt="{text}", text=captions.ab(result))
        chapter.say("{text}", text=words.ab_in_words(result))
    why = problem.text
cared = test("LOY-6", result, name=campaign) if result is not None else claims.not_given("LOY-6", why, name=transactions or survey)

# %% [markdown]
# ## Two extremes, and a known truth
#
# Let the programme do nothing, and join it at random: every reader should find about 0. And measure without error: then the correction must
# change nothing.

# %%
idle = simulate.programme_members(600, rng(), effect=0.0, selection=0.0)
nothing = loyalty.did(idle).iloc[0]
draws = rng().normal(size=(500, 2))
exact = pd.DataFrame({"a": draws[:, 0], "b": draws[:, 0], "c": draws @ [0.6, 0.8], "d": draws @ [0.6, 0.8]})
same = association.disattenuated(exact, ["a", "b"], ["c", "d"], rng(), resamples=200).iloc[0]
text = "An idle programme: {e:.2f} [{low:.2f}, {high:.2f}]. Without errors the correlation is {o:.2f} as observed and {c:.2f} corrected."
chapter.say(text, e=nothing["estimate"], low=nothing["low"], high=nothing["high"], o=same["observed"], c=same["estimate"])

# %% [markdown]
# ## Where it fails
#
# **Trends that are not parallel.** Let those who will join be on their way up already. The programme still adds the same, but difference in
# differences now counts the rise as well. The check before the start can see it.

# %%
rising = simulate.programme_members(2000, rng(), effect=truth, trend="diverging", drift=0.2)
wrong, check = loyalty.did(rising).iloc[0], loyalty.parallel_trends(rising).iloc[0]
text = "True effect {truth:.2f}; differences in differences says **{e:.2f}** [{low:.2f}, {high:.2f}]. The check before the start has a p-value of {p:.2g}."
chapter.say(text, truth=truth, e=wrong["estimate"], low=wrong["low"], high=wrong["high"], p=check["p_value"])

# %% [markdown]
# **Cards without lots.** Send the birthday card to the best customers, and it looks like a wonder. The same card, by lot and not by lot:

# %%
gains = {}
for how, lot in (("by lot", True), ("to the best", False)):
    sent = simulate.birthday_campaign(4000, rng(), effect=0.04, by_lot=lot)
    gains[how] = loyalty.ab_test(sent.loc[sent["card"], "bought"], sent.loc[~sent["card"], "bought"]).iloc[0]
cards = pd.DataFrame(gains).T[["estimate", "low", "high"]].astype(float)
chapter.table(cards, caption="Simulated: a card that truly adds 4 points", formats=dict.fromkeys(cards, "{:.1%}"))

# %% [markdown]
# **What people say they will do.** Simulated customers whose feelings, intentions and later purchases are known. Satisfaction truly goes
# with the inclination to buy with 0.3, and with what people intend with 0.7. One question on each measures with error, and purchases have
# their own chance. So the survey sees both links weaker than they are; correcting for the error of the questions brings back the first
# part.

# %%
joined = simulate.survey_then_purchases(1500, rng(), correlation=0.3, intention=0.7)
one = {name: association.correlation(joined["satisfaction_1"], joined[name], "spearman").iloc[0] for name in ("intention_1", "purchases")}
sides = [[f"{name}_{i}" for i in (1, 2, 3)] for name in ("satisfaction", "intention")]
one["intention, three questions, corrected"] = association.disattenuated(joined, *sides, rng(), resamples=200).iloc[0]
chapter.table(pd.DataFrame(one).T[["estimate", "low", "high"]].astype(float), caption="Simulated: satisfaction with intention (truly 0.7) and with purchases", formats=dict.fromkeys(["estimate", "low", "high"], "{:.2f}"))

# %% [markdown]
# ## The claims
#
# A claim is about one number θ and gets its verdict from the 95% interval of θ and a threshold δ that was fixed beforehand. It is
# *supported* if the whole interval is at δ or above, *contradicted* if the whole interval is below, and *inconclusive* otherwise. A verdict
# on simulated customers says so: it shows that the method works, not that programmes do.

# %%
conclude(chapter, [linked, complete, returning, unhappy, raised, cared])

# %% [markdown]
# ## What to do
#
# The log knows what customers do. Loyal by behaviour are those whose repeat purchases are in the top third; the others bought again or did
# not. The list with the advice of the theory is saved as `actions.csv`.

# %%
advice = {"loyal": "reward, and ask for a recommendation", "returning": "give a reason to come again", "bought once": "welcome, and find out what was missing"}
chapter.table(pd.Series(advice, name="advised treatment").rename_axis("customer is"), caption="Advised treatment")
if log:
    counts = log.summary(unit="week")
    total = log.revenue().reindex(counts.index)
    loyal = loyalty.in_top(counts["x"])
    kinds = pd.Series(np.where(counts["x"] == 0, "bought once", np.where(loyal, "loyal", "returning")), counts.index, name="group")
    advised = pd.DataFrame({"group": kinds, "repeat_purchases": counts["x"], "past_spend": total.round(2), "action": kinds.map(advice)}).sort_values(["past_spend"], ascending=False, kind="stable")
    chapter.save(advised, "actions")
    plan = advised.groupby("group").agg(customers=("action", "size"), past_spend=("past_spend", "sum"), action=("action", "first"))
    chapter.table(plan.sort_values("past_spend", ascending=False), caption="Customers and advice", formats={"past_spend": sums})

# %%
if linked.theta is not None:
    text = "Satisfied customers say that they are loyal: the correlation is {o:.2f}{more}."
    more = f", {row['estimate']:.2f} [{row['low']:.2f}, {row['high']:.2f}] with errors of measurement taken out" if is_corrected else ""
    chapter.answer("link", text, o=latent["observed"].iloc[0], more=more)
if studies:
    text = "In published studies satisfaction goes with what customers intend at {a:.2f} and with what they do at {b:.2f} (medians of {n} and {m} studies)."
    chapter.answer("deeds", text, a=between.loc["Intention", "estimate"], b=between.loc["Behavior", "estimate"], n=int(between.loc["Intention", "studies"]), m=int(between.loc["Behavior", "studies"]))
if step is not None:
    last, next_to = promoters.loc[top_three[2]], promoters.loc[top_three[1]]
    text = "Of those who rate {top:g}, {a:.0%} would recommend with 9 or 10; of those who rate {below:g}, {b:.0%}."
    chapter.answer("shape", text, top=top_three[2], below=top_three[1], a=last["estimate"], b=next_to["estimate"])
if gone is not None:
    chapter.answer("leaving", "{text}", text=lifecycle_words.complaint(apart, event))
if repeat is not None:
    chapter.answer("repurchase", "{text}", text=words.repurchase_in_words(repeat))
    best = groups.loc["top"]
    label = "Most frequent earlier buyers who buy again"
    chapter.goal(label, target_loyal, best["share"], best["low"], best["high"], unit="%")
    chapter.key_figure(label, best["share"], best["low"], best["high"], unit="%")
    chapter.say("**{share:.0%}** [{low:.0%}, {high:.0%}] of the most frequent earlier buyers bought again; the goal is {goal:.0%}.", share=best["share"], low=best["low"], high=best["high"], goal=target_loyal)

# %% [markdown]
# ## Your predictions, checked

# %%
if linked.theta is not None:
    chapter.say("1. **{e:.2f}** [{low:.2f}, {high:.2f}]{how}.", e=linked.theta, low=linked.low, high=linked.high, how=", errors of measurement taken out" if is_corrected else "")
if step is not None:
    text = "2. **{a:.0%}** [{b:.0%}, {c:.0%}] of those who rate {top:g}, {d:.0%} [{e:.0%}, {f:.0%}] of those who rate {below:g}."
    chapter.say(text, top=top_three[2], below=top_three[1], a=last["estimate"], b=last["low"], c=last["high"], d=next_to["estimate"], e=next_to["low"], f=next_to["high"])
if effect is not None:
    naive = readers["estimate"].iloc[0]
    chapter.say("3. {who}The naive difference is {naive:.2f} purchases a period, the effect **{e:.2f}**: a part of **{part:.0%}**.", who="Simulated customers. " if made_up else "", naive=naive, e=effect["estimate"].iloc[0], part=effect["estimate"].iloc[0] / naive)

# %% [markdown]
# ## Key ideas
#
# - Questions measure with error. A correlation of answers is lower than that of the feelings behind them.
# - Look at the shape before you speak of "more satisfaction, more loyalty".
# - Who is loyal by habit leaves when another shop opens. Ask what they feel *and* see what they do.
# - Members differ from others before they join. Compare changes, and check that they moved in parallel before.
# - Only lots make groups alike. A campaign without a control group teaches nothing.
#
# ## Exercises
#
# 1. *Predict and compute.* Take `CUSL2` out of the items of loyalty and run again. Which of the two correlations rises and which falls, and
#    why?
# 2. *Compute.* By hand: members bought 5 before and 8 after, others 2 and 3. What says the naive reader, and what says difference in
#    differences?
# 3. *Interpret.* Take the switching table. Which brand keeps most of its buyers, and is it the largest?
# 4. *Criticise.* "Card holders spend three times as much, so give everybody a card." Which figure answers?
# 5. *Break it.* In the cell of diverging trends, set 2000 to 200, and try several seeds, until the check no longer sees the fault. What
#    does that say of a check that finds nothing?
#
# **For teachers.** One session of 90 minutes: predictions 5, theory and the case by hand 20, link and shape 20, repurchase 10, programme
# and event study 25, answers 10. In exercise 1 the plain correlation rises, because a question that does not belong is gone; the corrected
# one falls, for a better scale needs less correction. In 2: 5 (members less others, afterwards) or 3 (after less before); difference in
# differences 3 − 1 = 2. In 3 look at the diagonal beside the share of all purchases. In 4 the figure of naive readers beside difference in
# differences. In 5 a test that finds nothing may only be too weak (Roth 2022).
#
# ## Glossary
#
# | English | 中文 | in short |
# |---|---|---|
# | loyalty: true, latent, spurious, none | 忠诚：真正、潜在、虚假、无 | attitude and behaviour |
# | attenuation, correction for | 衰减校正 | errors of measurement hide part of a correlation |
# | polychoric correlation | 多分格相关 | that of the feelings behind coarse ratings |
# | information criterion (AIC, BIC) | 信息准则 | fit against number of parameters |
# | share of wallet | 钱包份额 | part of a customer's purchases that is ours |
# | switching | 品牌转换 | from one brand to the next |
# | referral value | 推荐价值 | worth of recommendations |
# | membership programme, tier | 会员计划、会员等级 | points and rewards by spend |
# | difference in differences (DiD) | 双重差分 | change of members less change of others |
# | parallel trends | 平行趋势 | both would have moved alike without the programme |
# | event study | 事件研究 | the difference period by period |
# | A/B test, by lot | A/B 测试、随机分组 | two groups alike but for the campaign |
#
# ## References
#
# - Bertrand, M., Duflo, E. & Mullainathan, S. (2004). How much should we trust differences-in-differences estimates? *Quarterly Journal of
#   Economics* 119, 249–275.
# - Dick, A. S. & Basu, K. (1994). Customer loyalty: toward an integrated conceptual framework. *Journal of the Academy of Marketing
#   Science* 22, 99–113.
# - Guttman, L. (1945). A basis for analyzing test-retest reliability. *Psychometrika* 10, 255–282.
# - Jones, T. O. & Sasser, W. E. (1995). Why satisfied customers defect. *Harvard Business Review* 73(6), 88–99.
# - Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions. *Statistics in Medicine* 17, 873–890.
# - Olsson, U. (1979). Maximum likelihood estimation of the polychoric correlation coefficient. *Psychometrika* 44, 443–460.
# - Reichheld, F. F. (1996). *The Loyalty Effect*. Harvard Business School Press.
# - Roth, J. (2022). Pretest with caution: event-study estimates after testing for parallel trends. *American Economic Review: Insights* 4,
#   305–322.
# - Spearman, C. (1904). The proof and measurement of association between two things. *American Journal of Psychology* 15, 72–101.
# - Data: Tenenhaus et al. (2005), *Computational Statistics & Data Analysis* 48, 159–205; City and County of San Francisco (2017, 2018);
#   Fader, P. S. & Hardie, B. G. S. (2001), *Interfaces* 31(3), S94–S107; Jain, D., Vilcassim, N. & Chintagunta, P. (1994), *Journal of
#   Business & Economic Statistics* 12, 317–328; Jafari-Marandi, R. et al. (2020), *Neural Computing and Applications*; Hair, J. F. et al.
#   (2017), *A Primer on PLS-SEM*; Kenett, R. S. & Salini, S. (2012), *Modern Analysis of Customer Surveys*. The published studies are those
#   of the data set, whose sizes are not known.

# %%
chapter.finish()
