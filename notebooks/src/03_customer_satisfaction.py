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
# # What makes customers satisfied, and what should we mend first?
#
# A firm asks its customers how satisfied they are. It gets thousands of answers, a score, and an argument. Has the score really fallen
# since last year, or is that chance? Which of twenty attributes matter? Which of them only annoy when they are bad, and which delight when
# they are good? This chapter answers with intervals. Its examples are an airport's survey of two years and the European satisfaction index.
#
# *This notebook is made from `notebooks/src/03_customer_satisfaction.py`. Edit that file, then run `make notebooks`.*

# %% [markdown]
# ## What you will be able to do
#
# - **measure** satisfaction and recommendation with honest intervals;
# - **compare** two periods, item by item, without being fooled by chance;
# - **plan** how many answers you need;
# - **rank** drivers that go together, and **place** them on a map of importance and performance;
# - **tell** what annoys from what delights;
# - **trace** the chain from expectations to satisfaction in a path model.
#
# You need percentages and how to read a table. Terms are explained where they first appear, and again in the glossary at the end.

# %% [markdown]
# ## Predict before you run
#
# Write down three numbers now, for the example data. They are checked near the end.
#
# 1. Four passengers in five rate the airport 4 or 5 of 5. What is its Net Promoter Score, between −100 and 100?
# 2. How many answers are needed in each of two years to see a change of five points in that score?
# 3. Quality, value for money, image and expectations all go with satisfaction. What share of the explained differences falls on quality?

# %% [markdown]
# ## The data
#
# The next cell holds everything you can change. To use your own survey, give its path, the columns of answers and their scale. One row is
# one respondent. `overall` is the rating of the whole, `recommend` the question "how likely are you to recommend us, 0 to 10". The second
# survey serves the path model. With another survey it is left out, and the model takes your `constructs`. Questions that your survey did
# not ask leave their part out; the chapter says which column is missing.

# %% tags=["parameters"]
survey: str = "sfo_survey"  # a CSV or Parquet file with one row a respondent, or the name of a shipped data set
respondent: str = ""  # column of ids; empty: respondents are numbered
items: list = ["Q7ART", "Q7FOOD", "Q7STORE", "Q7SIGN", "Q7WALKWAYS", "Q7SCREENS", "Q7WIFI", "Q9BOARDING", "Q9RESTROOM", "Q10SAFE", "Q13GETRATE", "Q14FIND", "Q14PASSTHRU"]  # columns of answers: the attributes that were rated
scale: list = [1, 5]  # lowest and highest answer
scales: dict = {"NETPRO": [0, 10]}  # items on another scale: {"column": [lowest, highest]}
reverse: list = []  # items in which less is better
dont_know: list = []  # answers that mean no opinion, such as [99]
weight: str = "WEIGHT"  # column of survey weights; empty if there is none
constructs: dict = {}  # items of each construct: {"quality": ["…"], "satisfaction": ["…"]}
labels: dict = {"Q7ART": "art", "Q7FOOD": "restaurants", "Q7STORE": "shops", "Q7SIGN": "signs", "Q7WALKWAYS": "walkways", "Q7SCREENS": "screens", "Q7WIFI": "Wi-Fi", "Q9BOARDING": "clean gates", "Q9RESTROOM": "clean restrooms", "Q10SAFE": "feeling safe", "Q13GETRATE": "getting there", "Q14FIND": "finding one's way", "Q14PASSTHRU": "security check", "Q7ALL": "overall", "NETPRO": "recommend"}  # names of the items for tables and figures
overall: str = "Q7ALL"  # the item that rates the whole
recommend: str = "NETPRO"  # the item "how likely are you to recommend us", 0 to 10; empty if there is none
effort: str = ""  # the item "how easy was it", more is easier; empty if there is none
survey_policies: dict = {}  # other ways to read the file, such as {"encoding": "gb18030"}; see crmtheory.survey.read
rated_items: list = []  # the items that are attributes; empty: all items but those of the roles and of constructs other than quality
satisfied: float = 0.0  # overall rating from which a customer counts as satisfied; 0: the highest but one
low_rating: float = 0.0  # attribute rating up to which it counts as bad; 0: the lowest but one
high_rating: float = 0.0  # attribute rating from which it counts as very good; 0: the highest
period: str = "YEAR"  # column with the period; the last two are compared; empty if there is none
comments: str = ""  # column of open comments; empty if there is none
language: str = "en"  # language of the comments: "en" or "zh"
expected_items: dict = {}  # expectations: {"dimension": ["columns"]}, answered before or beside the items in perceived_items
perceived_items: dict = {}  # perceptions of the same dimensions: {"dimension": ["columns"]}
kano_items: dict = {}  # Kano questions: {"feature": ["column if it is there", "column if it is not"]}, answers 1 like to 5 dislike
model_survey: str = "ecsi_mobile"  # survey for the path model; empty: the survey above with its constructs
model_scale: list = [1, 10]  # lowest and highest answer there
model_constructs: dict = {"image": ["IMAG1", "IMAG2", "IMAG3", "IMAG4", "IMAG5"], "expectations": ["CUEX1", "CUEX2", "CUEX3"], "quality": ["PERQ1", "PERQ2", "PERQ3", "PERQ4", "PERQ5", "PERQ6", "PERQ7"], "value": ["PERV1", "PERV2"], "satisfaction": ["CUSA1", "CUSA2", "CUSA3"], "complaints": ["CUSCO"], "loyalty": ["CUSL1", "CUSL2", "CUSL3"]}  # items of each construct there
resamples: int = 1000  # bootstrap samples for intervals
target_nps: float = 40.0  # goal: Net Promoter Score of the last period
thresholds: dict = {}  # thresholds of claims other than those of the ledger, such as {"SAT-4": 0.2}; the verdict says so
seed: int = 20  # for the random numbers of intervals and simulations
output: str = ""  # folder for tables, figures and result.json; empty: results/satisfaction

# %%
from functools import partial

import numpy as np
import pandas as pd

from crmtheory import claims, satisfaction, simulate
from crmtheory.chapter import open_chapter
from crmtheory.chapter_data import conclude, examples, judge, where_possible
from crmtheory.chapter_survey import lacking, read_answers, read_survey, scores
from crmtheory.errors import SchemaError
from crmtheory.plots import captions_satisfaction as captions
from crmtheory.plots import captions_survey as survey_captions
from crmtheory.plots import paths as draw_paths
from crmtheory.plots import satisfaction as draw
from crmtheory.plots import style
from crmtheory.plots import survey as draw_survey
from crmtheory.satisfaction import comments as said
from crmtheory.satisfaction import kano, words
from crmtheory.survey import drivers, path
from crmtheory.survey import scales as measuring

chapter = open_chapter("satisfaction", globals(), choices={"language": ["en", "zh"]})
model_survey, period, weight, labels = examples(chapter, "model_survey", "period", "weight", "labels", of=["survey"])
own = survey != chapter.defaults["survey"]
rng = partial(np.random.default_rng, seed)
test = judge(chapter)


def made_of(given):
    return "" if given else "Simulated customers. "


# %%
more = [effort] if effort else []
more += [item for table in (kano_items, expected_items, perceived_items) for columns in table.values() for item in columns]
found = read_survey(chapter, keep={"period": period, "comments": comments}, more=more)
answers, weights = found.answers, found.weights
elsewhere = {overall, recommend, effort, *more} | {item for role, members in constructs.items() if role != "quality" for item in members}
attributes = rated_items or [item for item in items if item not in elsewhere]
book = found.codebook()
named, alike = book["label"], [item for item in attributes if not overall or tuple(book.loc[item, ["low", "high"]]) == tuple(book.loc[overall, ["low", "high"]])]
lowest, highest = book.loc[overall or [*attributes, *book.index][0], ["low", "high"]]
satisfied, low_rating, high_rating = satisfied or highest - 1, low_rating or lowest + 1, high_rating or highest
drivable = bool(overall and len(attributes) > 1)
text = "**{n:,} respondents** gave {answered:,} answers to {items} questions; {silent:,} answered none."
chapter.say(text, n=len(answers), answered=found.report.answered, items=found.report.items, silent=found.report.silent)
if not drivable:
    chapter.say("*No rating of the whole was given (parameter overall), or fewer than two attributes (parameters items, rated_items). What drives satisfaction is left out.*")

# %% [markdown]
# Look at the column `missing`. Few people use everything, so few rate everything. Who leaves out those with a blank keeps a handful. Each
# question below uses all who answered the items it needs, and says how many they are.
#
# **Weights** (权重) say how many customers a respondent stands for. They change the estimate as if some respondents were repeated. They do
# not make the sample larger, so intervals get wider and not narrower.
#
# ## The theory in one page
#
# **The claim.** Satisfaction (满意度) is a customer's judgement of a product or service against needs and expectations. It can be measured,
# its causes found, and acted on.
#
# **Origin.** Oliver (1980) wrote that people compare what they get with what they expected: **disconfirmation** (期望不一致). Parasuraman,
# Zeithaml and Berry (1988) asked for both side by side, with expectation as what a firm *should* offer: **SERVQUAL**. Kano and others
# (1984) saw that attributes work in different ways: some are taken for granted, some please. Fornell (1992) put expectations, satisfaction
# and loyalty into one chain, the **customer satisfaction index** (顾客满意度指数); the American index split quality from value (Fornell and others
# 1996), and the European one, the **ECSI**, added image. Reichheld (2003) reduced it all to one question.
#
# **What it predicts.** Quality weighs more than any other driver (SAT-1). Expectations carry over to satisfaction (SAT-2). Handling
# complaints well raises it (SAT-3). Some attributes only annoy, others delight (SAT-4). Satisfied customers recommend (SAT-5).
#
# **What would contradict it?** Price or image weighing more than quality. Satisfaction that does not move with expectations or with the
# handling of complaints. Attributes that please as much as they annoy. Promoters as frequent among the dissatisfied.

# %% [markdown]
# ## A case by hand
#
# Ten customers answer "how likely are you to recommend us?" with 10, 10, 9, 9, 8, 8, 7, 6, 5 and 2. **Promoters** (推荐者) say 9 or 10,
# **detractors** (贬损者) 0 to 6. The **Net Promoter Score** (净推荐值, NPS) is the share of promoters less that of detractors, in points: four
# less three of ten is 10.
#
# Its interval follows from counting. Each answer is worth 1, 0 or −1. The mean of these ten numbers is 0.1, and their spread says how far
# another ten could differ.

# %% tags=["by-hand"]
def nps_by_hand(ratings):
    promoters = sum(rating >= 9 for rating in ratings)
    detractors = sum(rating <= 6 for rating in ratings)
    return 100 * (promoters - detractors) / len(ratings)


# %%
ten = pd.Series([10.0, 10, 9, 9, 8, 8, 7, 6, 5, 2])
row = satisfaction.nps(ten).iloc[0]
text = "By hand {hand:.0f}, by the library {library:.0f} [{low:.0f}, {high:.0f}]. With ten answers almost nothing is known."
chapter.say(text, hand=nps_by_hand(ten), library=row["estimate"], low=row["low"], high=row["high"])

# %% [markdown]
# ## How satisfied are they?
#
# Three numbers are in use. The **mean** rating. The **top-box share** (高分占比): who gives a good rating. And the NPS. No one is better in
# principle; what matters is to keep one for years, with its interval.

# %%
groups = found.kept[period] if period and found.kept[period].notna().any() else pd.Series("all", answers.index)
groups = groups.astype("Int64") if pd.api.types.is_float_dtype(groups) and (groups.dropna() % 1 == 0).all() else groups
shown = list(np.sort(groups.dropna().unique()))[-2:]
within = {str(name): (groups == name).fillna(False).astype(bool) for name in shown}


def asked_in(item):
    return {name: rows for name, rows in within.items() if answers.loc[rows, item].notna().any()}


# %%
weighing = {name: weights[rows] if weights is not None else None for name, rows in within.items()}
if overall and not asked_in(overall):
    chapter.say("*Nobody rated the whole ({name}).*", name=overall)
    overall, drivable = "", False
if overall:
    rated = {name: satisfaction.csat(answers.loc[rows, overall], satisfied, weighing[name]) for name, rows in asked_in(overall).items()}
    level = pd.concat(rated, names=["period", "measure"])
    chapter.table(level, caption=f"Rating of the whole ({named[overall]}); top: {satisfied:g} or more", formats=dict.fromkeys(["estimate", "low", "high"], "{:.3f}"))
    chapter.say("{text}", text=words.csat_in_words(rated[max(rated)]))

# %%
if effort and asked_in(effort):
    easy = {name: satisfaction.csat(answers.loc[rows, effort], satisfied, weighing[name]).loc[["mean"]] for name, rows in asked_in(effort).items()}
    chapter.table(pd.concat(easy, names=["period", "measure"]), caption=f"Effort ({named[effort]})", formats=dict.fromkeys(["estimate", "low", "high"], "{:.3f}"))

# %%
if recommend and tuple(book.loc[recommend, ["low", "high"]]) != (0, 10):
    chapter.say("*The Net Promoter Score is about answers from 0 to 10; {name} is on another scale, so it is left out.*", name=recommend)
    recommend = ""
if recommend and not asked_in(recommend):
    chapter.say("*Nobody answered the question on recommendation ({name}).*", name=recommend)
    recommend = ""
if recommend:
    scored = pd.concat([satisfaction.nps(answers.loc[rows, recommend], weighing[name]) for name, rows in asked_in(recommend).items()])
    scored.index = pd.Index(asked_in(recommend), name="period")
    chapter.save(scored, "nps")
    chapter.show(draw.nps_bars(scored), name="nps", alt="{text}", text=captions.nps_bars(scored))
    chapter.say("{text}", text=words.nps_in_words(scored.iloc[[-1]]))

# %% [markdown]
# Do the satisfied recommend? The share of promoters, who answer 9 or 10, among the satisfied and among all others.

# %%
if recommend and overall:
    happy = pd.DataFrame({"satisfied": answers[overall] >= satisfied, "promoter": answers[recommend] >= 9, "weight": weights if weights is not None else 1.0})
    spread = test("SAT-5", happy[answers[[overall, recommend]].notna().all(axis=1)].astype(float), name=survey)
else:
    spread = claims.not_given("SAT-5", "no rating of the whole, or no recommendation from 0 to 10, was given (parameters overall, recommend)", name=survey)
chapter.say("{effect}", effect=spread.effect)

# %% [markdown]
# ## Rising or falling?
#
# Two samples are never alike. The question is whether the change is more than that. Where many items are compared, some change by chance:
# of twenty that stayed the same, one shows a "clear" change at 95%. **Holm's correction** (霍尔姆校正) raises the bar, so that such a false
# alarm among all of them is rare.

# %%
if len(shown) == 2 and (overall or attributes):
    asked = [item for item in [overall, *attributes] if item]
    two = groups.where(groups.isin(shown))
    change = satisfaction.two_periods(answers.loc[two.notna(), asked], two.dropna(), weights[two.notna()] if weights is not None else None).rename(index=named)
    chapter.save(change, "two_periods")
    chapter.show(draw.two_periods(change), name="two-periods", alt="{text}", text=captions.two_periods(change))
    chapter.say("{text}", text=words.periods_in_words(change))
moved = None
if recommend and len(scored) == 2:
    before, after = (answers.loc[rows, recommend] for rows in within.values())
    moved = satisfaction.nps_change(before, after, *weighing.values())
    chapter.say("**{text}**", text=words.change_in_words(moved))

# %% [markdown]
# ## How many answers are needed?
#
# The NPS throws much away: it takes an eleven-point scale and keeps three classes. So it needs many answers. The figure shows how many *in
# each period*, if a change is to be seen with a probability of 80%. Look before you ask, not after.

# %%
five = None
if recommend:
    with where_possible(chapter):
        needed = satisfaction.sample_sizes(answers[recommend], [2, 3, 4, 5, 7, 10, 15], "nps", weights=weights)
        five = needed.set_index("difference").loc[5, "answers"]
        chapter.show(draw.sample_size(needed), name="sample-size", alt="{text}", text=captions.sample_size(needed))
        chapter.say("For a change of 5 points **{n:,.0f} answers** are needed in each period; for 10 points {m:,.0f}.", n=five, m=needed.set_index("difference").loc[10, "answers"])

# %% [markdown]
# ## What drives satisfaction?
#
# Attributes go together: who likes the signs likes the screens. A regression shares out their common part by the rules of arithmetic, and
# its coefficients jump. **Relative importance** (相对重要性) asks more calmly: over all orders in which the attributes could enter, how much
# does each add to the explained differences (Lindeman, Merenda & Gold 1980)? The shares add up to 100%. With more than a dozen attributes
# there are too many orders; Johnson's weights (2000) come close in one step.

# %%
rating = answers[[item for item in [overall, *attributes] if item]].rename(columns=named)
whole, rest = named[overall] if overall else "", [named[item] for item in attributes]
common = {"weights": weights, "resamples": resamples}
their_scales = {named[item]: tuple(book.loc[item, ["low", "high"]]) for item in attributes}
weight_of, place, asymmetry = None, None, None
method = "lmg" if len(rest) <= 12 else "johnson"
if drivable:
    with where_possible(chapter):
        weight_of = drivers.importance(rating, whole, rest, rng(), method=method, **common)
        ranked = weight_of.sort_values("share", ascending=False, kind="stable")
        chapter.save(ranked, "importance")
        chapter.show(draw_survey.importance(ranked), name="importance", alt="{text}", text=survey_captions.importance(ranked))
        best = ranked.head(3)
        listed = ", ".join(f"{name} {row.share:.0%} [{row.low:.0%}, {row.high:.0%}]" for name, row in zip(best.index, best.itertuples(), strict=True))
        chapter.say("The largest shares: **{listed}**. Together the attributes explain {r:.0%} of the differences.", listed=listed, r=weight_of["r_squared"].iloc[0])

# %% [markdown]
# A rating is an order and not a length: from 4 to 5 may be further than from 3 to 4. The **ordered logit** (有序逻辑回归) uses only the order.
# Its odds ratio says by how much the odds of a better overall rating change when the attribute is one standard deviation better and the
# others stay. Read it as a check, without weights, on those who rated all attributes: do both methods name the same ones?

# %%
ordered = None
if drivable:
    with where_possible(chapter):
        ordered = drivers.ordered_logit(rating, whole, rest)
        chapter.table(ordered.sort_values("ratio", ascending=False), caption="Ordered logit: odds ratios", rows=14, formats=dict.fromkeys(["ratio", "low", "high"], "{:.2f}") | {"p_value": "{:.3g}"})
if weight_of is not None and ordered is not None:
    k = max(1, min(5, len(rest) // 2))
    first = set(ordered["ratio"].nlargest(k).index) & set(weight_of["share"].nlargest(k).index)
    chapter.say("Of the {k} strongest by either method, {n} are the same: {names}.", k=k, n=len(first), names=", ".join(sorted(first)) or "none")

# %% [markdown]
# ## Where to begin: importance and performance
#
# An attribute is worth mending if it matters *and* is rated low. The **importance–performance map** (重要性–绩效图; Martilla & James 1977) draws
# both. Its lines are the means, so something always lies below. And an attribute near a line could lie on either side of it: the table says
# in what share of samples drawn anew it keeps its quarter.

# %%
if drivable:
    with where_possible(chapter):
        place = drivers.importance_performance(rating, whole, rest, rng(), scale=their_scales, method=method, **common)
        chapter.save(place, "importance_performance")
        chapter.show(draw_survey.importance_performance(place), name="importance-performance", alt="{text}", text=survey_captions.importance_performance(place))
        chapter.say("**{text}**", text=words.importance_performance_in_words(place))

# %% [markdown]
# ## What annoys, what delights
#
# So far an attribute had one slope. It may have two: a bad rating may cost much while a very good one brings little. The **penalty–reward
# contrast** (惩罚–奖励对比; Brandt 1988) compares those who gave a bad rating, and those who gave a very good one, with those in the middle.
# Where the penalty is larger the attribute only *annoys*; where the reward is larger it *delights*. The intervals hold for all attributes
# at once. The largest of many uncertain differences is always somewhat too large; so SAT-4 looks at its interval.

# %%
alike = [named[item] for item in alike]
if drivable:
    with where_possible(chapter):
        asymmetry = drivers.penalty_reward(rating, whole, alike, rng(), low_at=low_rating, high_at=high_rating, **common)
        chapter.save(asymmetry, "penalty_reward")
        chapter.show(draw_survey.penalty_reward(asymmetry), name="penalty-reward", alt="{text}", text=survey_captions.penalty_reward(asymmetry))
        chapter.say("{text}", text=words.penalty_reward_in_words(asymmetry))
if drivable and len(alike) < len(rest):
    chapter.say("{n} items on a scale of their own are left out here: {names}.", n=len(rest) - len(alike), names=", ".join(sorted(set(rest) - set(alike))))

# %% [markdown]
# ## The chain: expectations, quality, value, satisfaction
#
# Satisfaction is not one answer. Three questions on it hang together, and their common part is what we are after: a **construct** (构念).
# First look whether the questions of a construct belong together. **Cronbach's alpha** (克隆巴赫系数) says how well their mean would agree with
# that of other such questions: from 0.7 a scale is usable. The item–rest correlation shows the question that does not fit.

# %%
model_data = read_answers(chapter, model_survey, model_constructs, model_scale) if model_survey else found
members = dict(model_data.constructs)
multiple = {name: list(columns) for name, columns in members.items() if len(columns) > 1}
if multiple:
    with where_possible(chapter):
        fit = measuring.item_table(model_data.answers, multiple, model_data.weights)
        for sentence in measuring.advice(fit):
            chapter.say("{text}", text=sentence)
        table = measuring.reliability(model_data.answers, multiple, model_data.weights, rng=rng())
        left, right = style.pair(width=11, height=5.4)
        draw_survey.reliability(table, ax=left)
        draw_survey.item_table(fit, ax=right)
        chapter.show(left, name="reliability", alt="{text}", text=f"{survey_captions.reliability(table)} {survey_captions.item_table(fit)}")

# %% [markdown]
# A **path model** (路径模型) joins the constructs by arrows. Each arrow is the effect of one on the next while the others that point to the
# same construct stay as they are. Here it is estimated by **partial least squares** (PLS, 偏最小二乘): each construct is a weighted sum of its
# questions. Questions measure with error, so the effects are somewhat too small; on these few questions the correction for it gives
# impossible values, so none is made. All numbers are on the standardised scale: by how many standard deviations the target moves when the
# source moves by one. Intervals come from samples drawn anew.

# %%
chain = path.ecsi(members) if not lacking(model_data, "expectations", "quality", "satisfaction") else None
paths = None
if chain:
    with where_possible(chapter, SchemaError):
        paths = path.bootstrap(chain, model_data.answers, rng(), resamples=5 * resamples, weights=model_data.weights)
        chapter.save(paths.paths, "paths")
        chapter.show(draw_paths.path_diagram(paths.paths, paths.r_squared), name="path-diagram", alt="{text}", text=survey_captions.path_diagram(paths.paths, paths.r_squared))
        chapter.say("{text}", text=words.path_in_words(paths.total, "satisfaction"))
else:
    chapter.say("The path model is left out: {reason}.", reason=lacking(model_data, "expectations", "quality", "satisfaction"))

# %% [markdown]
# On the shipped survey the twelve arrows are those that another program, SmartPLS 2.0, prints for the same answers (as given in the R
# package semPLS; Monecke & Leisch 2012); a test of this package compares them.
#
# An arrow is not the whole effect. Expectations also work by way of quality and value. The **total effect** (总效应) adds all ways up. That is
# what SAT-2 asks for.

# %%
if paths:
    onto = paths.total[paths.total["to"] == "satisfaction"]
    chapter.show(draw_paths.effects(onto), name="total-effects", alt="{text}", text=survey_captions.effects(onto))

# %% [markdown]
# Quality against the other drivers: the same relative importance as above, now on the means of the constructs. SAT-1 asks for the lead of
# quality over the largest other one. SAT-3 asks what the handling of complaints adds when quality is held fixed. The path model draws that
# arrow the other way, from satisfaction to complaints; one survey cannot tell which is right.

# %%
name = model_survey or survey
sources = [role for role in ("image", "expectations", "quality", "value") if role in members]
why = lacking(model_data, "quality", "satisfaction") or ("the survey names no other driver than quality" if len(sources) < 2 else "")
parts = None
if not why:
    with where_possible(chapter) as problem:
        means = scores(model_data, *sources, "satisfaction")
        parts = drivers.importance(means, "satisfaction", sources, rng(), weights=model_data.weights, resamples=resamples)
        chapter.show(draw_survey.importance(parts), name="construct-importance", alt="{text}", text=survey_captions.importance(parts))
        lead = drivers.lead(means, "satisfaction", sources, "quality", rng(), weights=model_data.weights, resamples=resamples)
    why = problem.text
basis = claims.not_given("SAT-1", why, name=name) if why else test("SAT-1", lead, name=name)
expectation = test("SAT-2", onto[onto["from"] == "expectations"], name=name) if paths else claims.not_given("SAT-2", lacking(model_data, "expectations", "quality", "satisfaction") or "the path model could not be estimated", name=name)

# %%
why = lacking(model_data, "complaints", "quality", "satisfaction")
if not why:
    with where_possible(chapter) as problem:
        both = scores(model_data, "complaints", "quality", "satisfaction")
        handled = drivers.linear(both, "satisfaction", ["complaints", "quality"], model_data.weights)
        text = "With quality held fixed, one standard deviation of better complaint handling goes with **{e:.2f}** [{low:.2f}, {high:.2f}] more satisfaction."
        chapter.say(text, e=handled.loc["complaints", "estimate"], low=handled.loc["complaints", "low"], high=handled.loc["complaints", "high"])
    why = problem.text
feedback = claims.not_given("SAT-3", why, name=name) if why else test("SAT-3", handled.loc[["complaints"]], name=name)

# %% [markdown]
# ## Expectations and gaps
#
# SERVQUAL asks twice: what do you expect, what did you get? The **gap** (服务质量差距) is what one gets less what one expects. Few open surveys
# ask both. Unless you name such items of your own, the figure shows *simulated customers*, whose true gaps are known. They show why the
# second question is asked.

# %%
gap = None
if expected_items and perceived_items:
    with where_possible(chapter):
        gap = satisfaction.gaps(*satisfaction.paired(answers, perceived_items, expected_items), weights)
elif not own:
    made = {"reliability": -0.9, "responsiveness": -0.6, "assurance": -0.3, "empathy": 0.0, "tangibles": 0.3}
    perceived, expected, truth = simulate.servqual_pairs(300, rng(), made)
    gap = satisfaction.gaps(perceived, expected, truth["items"].to_dict())
if gap is not None:
    chapter.show(draw.gaps(gap, simulated=not expected_items), name="gaps", alt="{text}", text=captions.gaps(gap, simulated=not expected_items))
    chapter.say("{who}{text}", who=made_of(expected_items), text=words.gaps_in_words(gap))

# %% [markdown]
# ## Kano: must-be, performance, attractive
#
# Kano asks of each feature: how do you feel if it is there, and if it is not? The pair of answers puts it in a class. **Must-be** (必备): its
# absence annoys, its presence is taken for granted. **One-dimensional** (一维): the more the better. **Attractive** (魅力): it delights, nobody
# misses it. **Indifferent** (无差异): nobody cares. *Better* is the share that gains if it is there, *worse* the share that suffers if it is
# not.

# %%
pairs = None
if kano_items:
    sides = [pd.DataFrame({feature: answers[columns[side]] for feature, columns in kano_items.items()}) for side in (0, 1)]
    with where_possible(chapter):
        pairs = kano.summary(*sides, weights)
elif not own:
    features = {"clean": "must-be", "safe": "must-be", "short queues": "one-dimensional", "fast Wi-Fi": "one-dimensional", "art": "attractive", "showers": "attractive", "banners": "indifferent"}
    pairs = kano.summary(*simulate.kano_answers(250, rng(), features)[:2])
if pairs is not None:
    chapter.show(draw.kano_map(pairs, simulated=not kano_items), name="kano", alt="{text}", text=captions.kano_map(pairs, simulated=not kano_items))
    chapter.say("{who}{text}", who=made_of(kano_items), text=words.kano_in_words(pairs))

# %% [markdown]
# ## What they write
#
# Open comments say what no rating asks. A list of words finds **themes** (主题) and **tone** (情感倾向), in English or Chinese. Such a list is
# crude, and it is open: every word can be looked up, and you may give your own. If ratings exist as well, their rank correlation with the
# tone says whether the list can be trusted here.

# %%
if comments or not own:
    made_up = simulate.comments_with_ratings(400, rng(), language)
    written, beside = (found.kept[comments], answers[overall] if overall else None) if comments else made_up[:2]
    by_weight = weights if comments else None
    with where_possible(chapter):
        themes = said.summary(written, language, by_weight)
        if themes["comments"].any():
            chapter.show(draw.comments(themes[themes["comments"] > 0], simulated=not comments), name="comments", alt="{text}", text=captions.comments(themes[themes["comments"] > 0], simulated=not comments))
        chapter.say("{who}{text}", who=made_of(comments), text=words.comments_in_words(themes, lang=language))
        if overall or not comments:
            chapter.say("{who}{text}", who=made_of(comments), text=words.agreement_in_words(said.agreement(said.tone(written, language), beside, by_weight)))

# %% [markdown]
# ## Two extremes, and a known truth
#
# An index should give its known bounds. If everybody promotes, the NPS is 100; if everybody detracts, −100. Shares of importance must be
# equal for two drivers that do the same, and 0 for one that does nothing.

# %%
ends = [satisfaction.nps(pd.Series([answer] * 50)).iloc[0] for answer in (10.0, 0.0)]
draws = rng().normal(size=(4000, 4))
made = pd.DataFrame(draws[:, :3], columns=["a", "b", "nothing"]).assign(y=draws @ [1.0, 1.0, 0.0, 1.0])
known = drivers.importance(made, "y", ["a", "b", "nothing"], rng(), resamples=200)
text = "All promote: {top:.0f} [{top_low:.0f}, {top_high:.0f}]. All warn: {end:.0f}. Two equal drivers get {a:.0%} and {b:.0%}, the idle one {c:.1%}."
chapter.say(text, top=ends[0]["estimate"], top_low=ends[0]["low"], top_high=ends[0]["high"], end=ends[1]["estimate"], a=known.loc["a", "share"], b=known.loc["b", "share"], c=known.loc["nothing", "share"])

# %% [markdown]
# ## Where it fails
#
# **The naive way first.** Take the correlation of each attribute with the whole. Every one looks important, because they all go together.
# Held against each other, most have little left. The table shows both.

# %%
if weight_of is not None:
    alone, together = weight_of["correlation"].rename("alone"), drivers.linear(rating, whole, rest, weights)
    naive = pd.DataFrame({"alone": alone, "together": together["estimate"], "low": together["low"], "high": together["high"]})
    chapter.table(naive.sort_values("alone", ascending=False), caption="Correlation alone, and coefficient with the others held fixed", rows=14, formats=dict.fromkeys(naive, "{:.2f}"))
    idle = (naive["low"] <= 0) & (naive["high"] >= 0)
    chapter.say("Of {n} attributes, {k} cannot be told from 0 beside the others. The table rests on the {used:,} who rated all of them.", n=len(naive), k=int(idle.sum()), used=int(together["n"].iloc[0]))

# %% [markdown]
# **What stands beside it?** Attributes that were asked on the same page as the whole go with it more, whatever they are. So ask again with
# another outcome: what goes with *recommendation*? What is important under both is safer advice than what is important under one.

# %%
firm = list(place.index[(place["quadrant"] == "concentrate here") & (place["probability"] >= 0.8)]) if place is not None else []
if recommend and place is not None:
    with where_possible(chapter):
        other = answers.loc[:, [recommend, *attributes]].rename(columns=named)
        second = drivers.importance(other, named[recommend], rest, rng(), method=method, **common)["share"]
        mapped = drivers.importance_performance(other, named[recommend], rest, rng(), scale=their_scales, method=method, **common)
        chapter.table(pd.DataFrame({whole: weight_of["share"], named[recommend]: second}).sort_values(whole, ascending=False), caption="Share of importance, by outcome", rows=14, formats=dict.fromkeys([whole, named[recommend]], "{:.1%}"))
        firm = [name for name in firm if mapped.loc[name, "quadrant"] == "concentrate here" and mapped.loc[name, "probability"] >= 0.8]
        chapter.say("With recommendation as the outcome {names} lead. To be mended first under both: **{firm}**.", names=", ".join(second.nlargest(3).index), firm=", ".join(firm) or "nothing for sure")

# %% [markdown]
# **What counts as bad?** The contrast of penalty and reward hangs on where *bad* ends and *very good* begins. Let *bad* reach up to the
# middle of the scale, and look again.

# %%
milder = None
if asymmetry is not None:
    with where_possible(chapter):
        milder = drivers.penalty_reward(rating, whole, alike, rng(), low_at=(lowest + highest) / 2, high_at=high_rating, **common)
if milder is not None:
    compared = pd.DataFrame({"asymmetry": asymmetry["estimate"], "kind": asymmetry["kind"], "asymmetry, bad up to the middle": milder["estimate"], "kind then": milder["kind"]})
    chapter.table(compared.sort_values("asymmetry"), caption="Penalty less reward, in points of the overall rating", rows=14, formats=dict.fromkeys(["asymmetry", "asymmetry, bad up to the middle"], "{:.2f}"))
    clear = compared[(compared["kind"] != "unclear") | (compared["kind then"] != "unclear")]
    text = "Of {k} attributes that are clear by one cut or the other, {n} keep their kind." if len(clear) else "No attribute is clear by either cut."
    chapter.say(text, n=int((clear["kind"] == clear["kind then"]).sum()), k=len(clear))

# %% [markdown]
# **Halo** (光环效应). Who is pleased rates everything higher, and a single question on the whole comes from the same minute as the rest. So
# drivers look stronger than what you could achieve by mending them. A survey shows what goes together. To learn what a repair brings, mend
# in one place and not in another, and ask again.
#
# ## The claims
#
# A claim is about one number θ and gets its verdict from the 95% interval of θ and a threshold δ that was fixed beforehand. It is
# *supported* if the whole interval is at δ or above, *contradicted* if the whole interval is below, and *inconclusive* otherwise.

# %%
uneven = test("SAT-4", partial(drivers.largest_asymmetry, asymmetry), name=survey) if asymmetry is not None else claims.not_given("SAT-4", "no attributes and rating of the whole were given, or too few rated them (parameters items, overall)", name=survey)
conclude(chapter, [basis, expectation, feedback, uneven, spread])

# %% [markdown]
# ## What to do
#
# The map and the contrast together give advice for each attribute. Important and rated low: mend it first. What only annoys has to be made
# reliable and no more. What delights is where money buys praise. The list is saved as `actions.csv`; how sure each line is stands beside
# it. The advice goes by the rating of the whole; see above what changes with another outcome.

# %%
if place is not None:
    advice = {"concentrate here": "mend first", "keep up": "keep as good as it is", "low priority": "leave for later", "possible overkill": "good enough: do not let it fall"}
    plan = place[["quadrant", "probability", "importance", "performance"]].join(asymmetry["kind"] if asymmetry is not None else pd.Series(dtype="str", name="kind"))
    plan["action"] = plan["quadrant"].map(advice).where(plan["probability"] >= 0.8, "unclear: ask more customers first")
    plan["action"] += plan["kind"].map({"annoys": "; make it reliable", "delights": "; make it special"}).fillna("")
    fell = change.index[change["direction"] == "fell"] if len(shown) == 2 else []
    plan.loc[plan.index.isin(fell), "action"] += "; it fell: find out why"
    order = ["concentrate here", "keep up", "low priority", "possible overkill"]
    plan = plan.sort_values(["quadrant", "importance"], key=lambda part: part.map(order.index) if part.name == "quadrant" else -part)
    chapter.save(plan.rename_axis("attribute").round(3), "actions")
    chapter.table(plan[["action", "probability", "importance", "performance"]], caption="Attributes and advice", rows=14, formats={"probability": "{:.0%}", "importance": "{:.1%}", "performance": "{:.0f}"})

# %%
if recommend:
    now = scored.iloc[-1]
    chapter.answer("score", "{text}", text=words.change_in_words(moved) if moved is not None else words.nps_in_words(scored.iloc[[-1]]))
if len(shown) == 2 and (overall or attributes):
    chapter.answer("items", "{text}", text=words.periods_in_words(change))
if place is not None:
    text = "Mend first: {firm}. They matter and are rated lower than the rest" + (", by whatever outcome is asked for." if recommend else ".") if firm else "No attribute is for sure both important and rated lower than the rest."
    chapter.answer("mend first", text, firm=", ".join(firm))
if recommend:
    chapter.goal("Net Promoter Score", target_nps, now["estimate"], now["low"], now["high"], unit="points")
    chapter.key_figure("Net Promoter Score", now["estimate"], now["low"], now["high"], unit="points", text=f"{now['estimate']:.0f}")
    chapter.say("The Net Promoter Score is **{e:.1f}** [{low:.1f}, {high:.1f}]; the goal is {goal:g}.", e=now["estimate"], low=now["low"], high=now["high"], goal=target_nps)
elif overall:
    mean = level.loc[(max(rated), "mean")]
    chapter.key_figure(f"Mean rating ({named[overall]})", mean["estimate"], mean["low"], mean["high"], text=f"{mean['estimate']:.2f}")

# %% [markdown]
# ## Your predictions, checked

# %%
if recommend and overall:
    top = level.loc[(max(rated), "top")]
    chapter.say("1. **{share:.0%}** are satisfied; the NPS is **{e:.0f}** [{low:.0f}, {high:.0f}].", share=top["estimate"], e=now["estimate"], low=now["low"], high=now["high"])
if five:
    chapter.say("2. **{n:,.0f}** in each period.", n=five)
if basis.theta is not None:
    row = parts.loc["quality"]
    chapter.say("3. Quality has **{e:.0%}** [{low:.0%}, {high:.0%}] of what is explained.", e=row["share"], low=row["low"], high=row["high"])

# %% [markdown]
# ## Key ideas
#
# - A score without an interval starts false alarms.
# - Use the answers people gave. Do not throw a respondent away for one blank.
# - Drivers go together. Ask for shares of importance, and for how often an order comes back.
# - An attribute may annoy without ever delighting.
# - A construct is more than one question. Check whether its questions belong together.
# - A survey shows what goes together. What a repair brings is learnt by repairing.
#
# ## Exercises
#
# 1. *Predict and compute.* Set `weight` to empty. Does the NPS rise or fall? Which of the two numbers would you report, and why?
# 2. *Compute.* By hand: 20 answers, eight 9s, six 8s, six 5s. What is the NPS? Write down the ten numbers 1, 0, −1 of the case by hand and
#    work out their standard deviation.
# 3. *Interpret.* Take the attribute with the largest penalty. What would you tell its manager, and what would you not promise?
# 4. *Criticise.* "Restrooms correlate with satisfaction by 0.4, so better restrooms raise satisfaction." Give two reasons why this may be
#    false, and a test.
# 5. *Break it.* Name a question that does not fit in `model_constructs`: move CUSL2 from *loyalty* into *satisfaction*. What happens to
#    alpha and to the arrows?
#
# **For teachers.** One session of 90 minutes: predictions 5, theory and the case by hand 20, measures and periods 20, drivers and the map
# 25, the chain 15, answers 5. In exercise 1 the score of 2018 falls from 35 to 31, and the fall since 2017 from 5.3 to 8.9 points: the
# weights make up for passengers who answered too rarely. The weighted score is the one that speaks for all. In 2 the NPS is 40 − 30 = 10;
# the ten numbers have a standard deviation of 0.88, so an interval from ten answers is about ±54 points (the library's never leaves −100 to
# 100). In 3 it must work, every day; praise is not to be expected. In 4: halo, and common causes such as delay; mend some and compare. In 5
# alpha falls to 0.54; the arrows hardly change, because PLS gives a question that goes with nothing a small weight. A plain mean would
# suffer.
#
# ## Glossary
#
# | English | 中文 | in short |
# |---|---|---|
# | satisfaction | 满意度 | judgement against needs and expectations |
# | Net Promoter Score (NPS) | 净推荐值 | share of promoters less share of detractors |
# | promoter, detractor | 推荐者、贬损者 | answers 9–10; answers 0–6 |
# | top-box share | 高分占比 | share of good ratings |
# | survey weight | 权重 | how many customers a respondent stands for |
# | relative importance | 相对重要性 | share of the explained differences |
# | ordered logit | 有序逻辑回归 | regression that uses only the order of a rating |
# | importance–performance map | 重要性–绩效图 | what matters, against how good it is |
# | penalty–reward contrast | 惩罚–奖励对比 | what bad costs, what very good brings |
# | construct | 构念 | what several questions measure together |
# | Cronbach's alpha | 克隆巴赫系数 | how well the questions of a construct agree |
# | path model, PLS | 路径模型、偏最小二乘 | constructs joined by arrows |
# | SERVQUAL gap | 服务质量差距 | perception less expectation |
# | Kano classes | 卡诺分类：必备、一维、魅力、无差异 | must-be, one-dimensional, attractive, indifferent |
# | ECSI | 欧洲顾客满意度指数 | European customer satisfaction index |
#
# ## References
#
# - Brandt, D. R. (1988). How service marketers can identify value-enhancing service elements. *Journal of Services Marketing* 2(3), 35–41.
# - Fornell, C. (1992). A national customer satisfaction barometer. *Journal of Marketing* 56(1), 6–21.
# - Fornell, C., Johnson, M. D., Anderson, E. W., Cha, J. & Bryant, B. E. (1996). The American customer satisfaction index. *Journal of
#   Marketing* 60(4), 7–18.
# - Johnson, J. W. (2000). A heuristic method for estimating the relative weight of predictor variables in multiple regression.
#   *Multivariate Behavioral Research* 35, 1–19.
# - Kano, N., Seraku, N., Takahashi, F. & Tsuji, S. (1984). Attractive quality and must-be quality. *Journal of the Japanese Society for
#   Quality Control* 14(2), 39–48.
# - Lindeman, R. H., Merenda, P. F. & Gold, R. Z. (1980). *Introduction to Bivariate and Multivariate Analysis*. Scott Foresman.
# - Martilla, J. A. & James, J. C. (1977). Importance-performance analysis. *Journal of Marketing* 41(1), 77–79.
# - Monecke, A. & Leisch, F. (2012). semPLS: structural equation modeling using partial least squares. *Journal of Statistical Software*
#   48(3), 1–32.
# - Oliver, R. L. (1980). A cognitive model of the antecedents and consequences of satisfaction decisions. *Journal of Marketing Research*
#   17, 460–469.
# - Parasuraman, A., Zeithaml, V. A. & Berry, L. L. (1988). SERVQUAL. *Journal of Retailing* 64, 12–40.
# - Reichheld, F. F. (2003). The one number you need to grow. *Harvard Business Review* 81(12), 46–54.
# - Data: City and County of San Francisco, SFO Customer Survey 2017 and 2018. Tenenhaus, M., Esposito Vinzi, V., Chatelin, Y.-M. & Lauro,
#   C. (2005). PLS path modeling. *Computational Statistics & Data Analysis* 48, 159–205.

# %%
chapter.finish()
