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
# # Which customers will be worth most, and how sure can we be?
#
# A shop has a log of its sales: who bought, when, for how much. The log shows what customers *brought*; decisions need what they *will
# bring*, and nobody tells a shop when they stop being a customer. This chapter turns the log into the **customer lifetime value**
# (客户终身价值, CLV) of each customer, with an interval that says how well it is known, and checks the predictions of purchases, revenue
# and ranking on purchases the models never saw.
#
# The word has a second sense. Customers stay for what they get for their money: value *to* the customer. Its part of the chapter stands
# further down; a survey and a record of choices are its data.
#
# *This notebook is made from `notebooks/src/05_customer_value.py`. Edit that file, then run `make notebooks`.*

# %% [markdown]
# ## What you will be able to do
#
# - **measure** how unequal customers are, and test the rule "20% bring 80%";
# - **check** what the models assume before you trust them;
# - **fit** four models of buying and leaving, and **choose** between them on purchases they have not seen;
# - **value** each customer, all customers together, and a new customer, with intervals;
# - **judge** whether lifetime value picks better customers than past sales do;
# - **tell** from a survey whether value goes with satisfaction, and from choices what a price turns and a brand is worth;
# - **hand over** a list with an advised treatment for each customer.
#
# You need powers, percentages and how to read a table. Terms are explained where they first appear, and again in the glossary at the end.

# %% [markdown]
# ## Predict before you run
#
# Write down three numbers and one name now. They are checked near the end.
#
# 1. What share of revenue do the top 20% of customers bring?
# 2. Two customers were watched for equally long. Both were silent for the second half of that time. One had bought once again
#    before, the other ten times. Which of the two is more likely to be still a customer?
# 3. The log is cut into two parts. Of the customers who did *not* come back in the first part, how many per cent buy in the second?
# 4. A brand on the shelf becomes 10% dearer, the others stay as they are. How many per cent of its choices does it lose?

# %% [markdown]
# ## The data
#
# The next cell holds everything you can change. To use your own log, give its path and the names of its three columns. Each row is
# one purchase. Several rows of one customer on one day count as one purchase. Amounts with a minus sign are refunds. Rows that cannot
# be used are never lost: they are counted, and a list of them is written with the reason for each.

# %% tags=["parameters"]
transactions: str = "cdnow_sample"  # a CSV or Parquet file, a pattern of several ("sales-*.csv"), or the name of a shipped data set
customer: str = "customer_id"  # column that identifies the customer
date: str = "date"  # column with the date of the purchase
amount: str = "amount_usd"  # column with the amount, refunds negative
currency: str = "$"  # sign to print before amounts
dayfirst: str = "auto"  # for dates like 3/4/2024: "yes" (3 April), "no" (March 4) or "auto"
missing_customer: str = "error"  # rows without a customer: "error" stops, "drop" leaves them out and counts them
refunds: str = "net"  # "net" takes refunds off, "drop" leaves negative rows out and counts them
policies: dict = {}  # other ways to read unusual rows, such as {"unreadable": "drop", "decimal": ","}; see crmtheory.transactions.read
calibration_end: str = ""  # last day the models may see at first, such as "1997-09-30"; empty: the middle of the log
unit: str = "week"  # unit of time of the models: "day", "week" or "month"
horizon: str = "52 weeks"  # how far ahead customers are valued
discount_rate: float = 0.10  # per year
margin: float = 0.30  # part of the amount that is profit
cost_per_purchase: float = 0.0  # cost of serving one purchase, in money
acquisition_cost: float = 15.0  # cost of winning one new customer, in money
target_repeat: float = 0.30  # goal: share of customers who buy again after the split
perceived: str = "yellow_pages"  # survey with questions on benefits and on prices, one row a respondent; empty if there is none
perceived_scale: list = [1, 10]  # its lowest and highest answer
benefit_items: list = ["q5", "q6", "q7", "q8", "q9", "q10"]  # its questions on what customers get
cost_items: list = ["q2", "q3", "q4"]  # its questions on what customers give: prices, effort
cost_items_favourable: bool = True  # True if a high answer on these is good for the customer ("prices are competitive")
satisfaction_item: str = "q1"  # its question on overall satisfaction
value_ratings: str = "ecsi_mobile"  # survey that asks for value directly, to repeat the test; empty if there is none
value_rating_items: dict = {"value": ["PERV1", "PERV2"], "satisfaction": ["CUSA1", "CUSA2", "CUSA3"], "quality": ["PERQ1", "PERQ2", "PERQ3", "PERQ4", "PERQ5", "PERQ6", "PERQ7"]}  # its questions; quality is held fixed, and may be left out
attachment: str = "corporate_reputation"  # survey that also asks how attached customers feel; empty if there is none
attachment_items: dict = {"value": ["qual_3"], "attachment": ["like_1", "like_2", "like_3"], "loyalty": ["cusl_1", "cusl_2", "cusl_3"]}  # its questions
choices: str = "cracker_choice"  # choices among brands, one row a choice, with the prices of all brands at that moment; empty if there are none
choice_columns: dict = {"choice": "choice", "household": "id", "price": "price.", "display": "disp.", "feature": "feat."}  # its columns: what stands before the name of the brand, or {"brand": "column"}; all but choice, household and price may be left out or be others
choice_unit: str = "US cents"  # unit of these prices
thresholds: dict = {}  # thresholds of claims other than those of the ledger, such as {"VAL-1": 0.7}; the verdict says so
seed: int = 20  # for the random numbers of intervals and simulations
output: str = ""  # folder for tables, figures and result.json; empty: results/value

# %%
from functools import partial

import numpy as np
import pandas as pd

from crmtheory import assumptions, claims, concentration, holdout, peer, simulate, tracking, value
from crmtheory.chapter import open_chapter
from crmtheory.chapter_data import (
    CHOICES,
    conclude,
    deltas,
    examples,
    judge,
    read_log,
    read_table,
    where_possible,
)
from crmtheory.evaluation import evaluate
from crmtheory.models import BGNBD, GammaGamma, ParetoNBD
from crmtheory.plots import captions, captions_perceived, style
from crmtheory.plots import concentration as draw_shares
from crmtheory.plots import evaluation as draw_scores
from crmtheory.plots import perceived as draw_perceived
from crmtheory.plots import value as draw
from crmtheory.survey import drivers
from crmtheory.value import choice, words, words_perceived
from crmtheory.value.perceived import components, effects, rated
from crmtheory.value.value_map import fair_line, value_map
from crmtheory.value.yea_saying import yea_saying

chapter = open_chapter("value", globals(), choices={**CHOICES, "unit": ["day", "week", "month"]})
theirs = ("perceived", "value_ratings", "attachment", "choices")
perceived, value_ratings, attachment, choices = examples(chapter, *theirs, of=("transactions", "perceived", "choices"))
test, delta = judge(chapter), deltas(chapter)
settings = value.Settings(horizon, discount_rate, margin, cost_per_purchase, acquisition_cost)
rng = partial(np.random.default_rng, seed)

# %%
log = read_log(chapter)
text = words.largest(log.purchases())
chapter.say("{text}", text=text) if text else None

# %% [markdown]
# Read this table before anything else. Rows that were merged, netted or left out are counted in it, and a number that surprises you is a
# question to whoever made the export.
#
# ### Two parts
#
# The log is cut in two. The models see the first part, the **calibration period** (校准期). They are judged on the second part, the
# **holdout** (验证期, also 留出期), which they have not seen. Of each customer a model gets four numbers:
#
# | symbol | meaning |
# |---|---|
# | $x$ | number of repeat purchases (重复购买), the first purchase not counted |
# | $t_x$ | time from the first to the last purchase |
# | $T$ | time from the first purchase to the end of calibration |
# | $m$ | mean amount of a repeat purchase (for customers who made one) |

# %%
split = calibration_end or log.half
assumptions.enough(log.summary(unit=unit), log.days)
summary = log.summary(unit=unit, calibration_end=split)
assumptions.enough(summary, log.days)
ahead = summary["T_holdout"].iloc[0]
chapter.table(summary[["x", "t_x", "T", "m"]], caption=f"Customers at {split}, times in {unit}s", rows=6)

# %%
never = summary["x"] == 0
text = "Calibration ends on **{split}**. Until then **{n:,} customers** had bought. **{share:.0%}** of them had not come back. "
chapter.say(text + "The holdout lasts {ahead:.0f} {unit}s.", split=split, n=len(summary), share=never.mean(), ahead=ahead, unit=unit)

# %% [markdown]
# ## The theory in one page
#
# **The claim.** Customers are assets. What counts is the profit they will bring, and a few bring most of it. So effort should follow
# lifetime value and not past sales (Blattberg & Deighton 1996).
#
# **Origin.** Ehrenberg described in 1959 how a crowd of customers buys. Each buys at random moments at a steady rate of their own (a
# **Poisson process**, 泊松过程), and the rates are spread out by a **gamma distribution** (伽马分布), a curve over positive numbers with two
# parameters $r$ and $\alpha$. The average rate is $r/\alpha$. That is the **NBD** model (negative binomial distribution, 负二项分布). In
# it nobody ever leaves.
#
# Schmittlein, Morrison and Colombo let customers leave in 1987, at any moment: the **Pareto/NBD**. It shares only the name with the Pareto
# principle below. Fader, Hardie and Lee gave a simpler version in 2005, the **BG/NBD**: after each repeat purchase a customer leaves with
# some probability. That probability differs between customers by a **beta distribution** (贝塔分布) with parameters $a$ and $b$. The
# **MBG/NBD** (Batislam, Denizel and Filiztekin 2007) adds the same chance after the first purchase.
#
# That customers differ is called **heterogeneity** (异质性). Leaving is **attrition** (客户流失). Here it happens without notice: a
# *non-contractual* setting (非契约情境).
#
# **Spend.** The **Gamma-Gamma** model (Fader & Hardie 2013) says what a purchase is worth. A customer with few purchases is judged partly
# by the average of all customers.
#
# **Value.** With $D$ the expected purchases over the horizon, each discounted to today, and $S$ the expected spend per purchase:
#
# $$\mathrm{CLV} = D \cdot (\mathrm{margin} \cdot S - \mathrm{cost})$$
#
# The **discount rate** (贴现率) makes later money count less: at 10% a year, 1.10 in a year is worth 1.00 today. It is a rate *per year*,
# whatever the unit of time. The **margin** (毛利率) is the part of an amount that is profit.
#
# **What it predicts.** A ranking by CLV captures more of later revenue than a ranking by past spend. The top 20% bring about 80%.
#
# **What would contradict it?** Past sales that pick the future's best customers as well as CLV does. Revenue spread evenly. Models that
# miss the holdout.
#
# **Value to the customer.** Zeithaml (1988) calls **perceived value** (感知价值) a customer's judgement of what is received against what is
# given. Two forms are used: a difference, benefits − costs, and a ratio, $V = Q/P$, quality for the price. Both predict: people are more
# satisfied where value is higher, and a dearer offer of the same quality is chosen less often. Satisfaction that does not move with value,
# or choices that do not turn on price, would contradict it.

# %% [markdown]
# ## A case by hand
#
# Three customers were watched for 40 weeks. Ann bought once again, in week 10. Bob bought ten times again, the last time in week 10 too.
# Cy bought ten times again, the last time in week 39. What is the probability that each is still a customer? It is called **P(alive)**
# (存活概率).
#
# Take published BG/NBD numbers: $r = 0.243$ and $\alpha = 4.414$ describe how often customers buy, $a = 0.793$ and $b = 2.426$ how easily
# they leave. *Odds* are one probability divided by the other: odds of 3 mean 3 to 1, a probability of 3/4. For a customer with $x \ge 1$
# the odds of having left, against being alive, are
#
# $$\frac{a}{b+x-1}\left(\frac{\alpha+T}{\alpha+t_x}\right)^{r+x}$$
#
# The first part is the odds of leaving after the last purchase. The second grows with the silence since, and faster for customers who
# used to buy often. For Ann: $0.793 / 2.426 = 0.327$ and $(44.414 / 14.414)^{1.243} = 3.081^{1.243} = 4.05$. The odds of having left are
# $0.327 \cdot 4.05 = 1.32$. So P(alive) is $1 / (1 + 1.32) = 0.43$. You need a key for powers on your calculator; do Bob and Cy yourself.

# %% tags=["by-hand"]
def p_alive_by_hand(r, alpha, a, b, x, t_x, T):
    odds_left = a / (b + x - 1) * ((alpha + T) / (alpha + t_x)) ** (r + x)
    return 1 / (1 + odds_left)


# %%
published = (0.243, 4.414, 0.793, 2.426)
three = pd.DataFrame({"x": [1, 10, 10], "t_x": [10, 10, 39], "T": [40, 40, 40]}, index=["Ann", "Bob", "Cy"])
three["by hand"] = [p_alive_by_hand(*published, *row) for row in three.to_numpy()]
three["library"] = BGNBD().p_alive(published, three["x"], three["t_x"], three["T"])
chapter.table(three, caption="P(alive) of three customers", formats={"by hand": "{:.4f}", "library": "{:.4f}"})

# %% [markdown]
# Ann and Bob are equally silent. Ann may well be a customer still. Bob is almost surely gone, says the model: for someone who bought every
# week, thirty silent weeks are no accident. Cy, with as many purchases as Bob but heard from last week, is very probably alive. So
# silence counts *relative to the customer's own rhythm*. A rule such as "no purchase in six months" misses that. Whether real customers
# behave so is checked further down.

# %% [markdown]
# ## How unequal are customers?
#
# The **Pareto principle** (帕累托原则) says that 20% of customers bring 80% of revenue. Sort customers by revenue, add up, and read
# the curve. The **Gini coefficient** (基尼系数) puts it in one number: 0 if all are equal, nearly 1 if one customer brings everything.
#
# Another year would have brought other customers. How much would the number change? Draw as many customers from the list as there are,
# repeats allowed, compute the number again, and do that 1,000 times. The middle 95% of the results is a **confidence interval**
# (置信区间). The method is called the *bootstrap* (自助法).

# %%
revenue = log.revenue()
kinds = ("top_share", "share_needed", "gini")
unequal = concentration.rule(revenue, rng()).set_index("statistic").loc[list(kinds)].reset_index()
three_digits = dict.fromkeys(["estimate", "low", "high"], "{:.3f}")
chapter.table(unequal.set_index("statistic"), caption="Concentration of revenue", formats=three_digits)

# %% [markdown]
# Revenue is not profit. Each customer costs something to win and each purchase something to serve. The **whale curve** (鲸鱼曲线) adds up
# profit, most profitable customers first. At its peak stands all that profitable customers earned; the customers to the right of it take
# some away again.

# %%
profit = value.profit_to_date(revenue, log.purchases(), settings)
whale = concentration.whale_curve(profit)
left, right = style.pair()
draw_shares.top_curve(concentration.whale_curve(revenue), unequal.iloc[0], ax=left)
draw_shares.profit(whale, ax=right)
chapter.show(left, name="pareto", alt="{text}", text=captions.concentration(unequal, whale, profit, words.costs(settings, currency)))

# %%
before = log.revenue(end=split)
after = revenue - before
stay = concentration.overlap(before.loc[summary.index], after)
chapter.say("Of the top 20% by revenue before the split, **{stay:.0%}** are in the top 20% of the same customers after it.", stay=stay)

# %% [markdown]
# ## Can the models be trusted here?
#
# Three assumptions carry the weight. **First**: how much people spend says nothing about how often they buy. Groups that buy more often
# should spend about the same per purchase. The **rank correlation** (秩相关) says in one number how far the order by frequency
# agrees with the order by spend: 0 not at all, 1 fully, below 0 the other way round.

# %%
groups = assumptions.spend_by_frequency(summary)
independence = test("VAL-5", summary, name=transactions)
trap = assumptions.correlation_if_independent(GammaGamma().fit(summary), summary, rng())
text = captions.spend_by_frequency(groups, independence, currency)
chapter.show(draw.spend_by_frequency(groups, currency), name="spend-frequency", alt="{text}", text=text)
chapter.say("{text}", text=words.heavy_buyers(independence, trap))

# %% [markdown]
# **Second**: purchases come at random moments. Take three successive purchases of a customer. If timing is random, the middle one
# falls anywhere between its neighbours with equal chance, and the bars below are all near 1. Regular buyers put it in the middle. The
# *shape* is 1 for random timing and larger for regular timing; the curve shows what shape 3 would look like.

# %%
fractions = assumptions.middle_fractions(log.purchases(), rng())
shape = assumptions.timing_shape(fractions, rng()).iloc[0]
text = captions.timing(shape, assumptions.timing_in_words(shape))
chapter.show(draw.regularity(fractions), name="timing", alt="{text}", text=text)

# %% [markdown]
# **Third**: customers won at different times behave alike. Compare their repeat purchases in an equally long time after the first. If
# the shop is older than its log, the first month also holds customers won long before, who look like busy newcomers.

# %%
watch = log.days // 3
drift = assumptions.cohorts(log.purchases(), pd.Timestamp(log.report.last_date), watch)
text = captions.cohorts(drift, watch, assumptions.drift_in_words(drift))
chapter.show(draw.cohorts(drift, f"{watch} days"), name="cohorts", alt="{text}", text=text)

# %% [markdown]
# ## Four models
#
# Each model is fitted by **maximum likelihood** (最大似然法): it takes the parameters that make the calibration data most probable. The
# *log-likelihood* is the logarithm of that probability; higher is better. A model with more parameters always gets higher, so AIC charges
# two for each parameter; lower is better. *Status* says whether the search really reached the maximum. "Not identified" means that the
# data cannot tell the parameters.

# %%
fits, fitted = holdout.fit_all(summary)
chapter.table(fitted[["parameters", "log_likelihood", "AIC", "status"]], caption="Models on the calibration period")
chapter.save(holdout.parameters(fits), "parameters_calibration")
chapter.say("{text}", text=words.null_model(fitted))

# %% [markdown]
# ## What happened next?
#
# Now the holdout. Each model says how many purchases each customer will make. So do three **naive rules** (朴素规则) that need no model:
# everybody buys at the average rate; everybody goes on at their own rate; those who bought recently go on and the others stop. A
# model that does not beat them is not worth its trouble. Five measures compare them:
#
# - *bias*: total predicted ÷ total actual − 1, so 0 is right;
# - *MAE*: the mean size of the error per customer;
# - *RMSE*: the same, but large errors count more;
# - *rank correlation*: is the order of customers right;
# - *top-decile lift*: what the predicted best tenth bought, relative to the average customer.

# %%
naive = holdout.naive_rules(summary, ahead)
guesses = {name: fit.conditional(summary, ahead) for name, fit in fits.items()} | naive
judged = holdout.scores(guesses, summary["x_holdout"], rng())
best = holdout.choose(guesses, summary["x_holdout"], fits, rng())
wide = judged.pivot(index="prediction", columns="measure", values="estimate").loc[list(guesses)]
chapter.table(wide, caption="Models and naive rules on the holdout", formats=dict.fromkeys(wide, "{:.3f}"))

# %% [markdown]
# All are judged on the same customers. So look at the interval of the *difference* to the best, not at two intervals side by side.

# %%
fit, behind = fits[best], holdout.differences(guesses, summary["x_holdout"], best, rng())
first = judged[judged["measure"] == "RMSE"].set_index("prediction")["estimate"].loc[list(fits)].idxmin()
chapter.table(behind, caption=f"RMSE less that of {best}, purchases per customer", formats=dict.fromkeys(behind, "{:.3f}"))
chapter.say("{choice} {beaten}", choice=words.choice(behind, fitted, best, first), beaten=words.beaten(judged, best, list(naive)))

# %% [markdown]
# Look at groups next. First by how often customers had bought before the split: a good model follows the black line.

# %%
models = {name: holdout.by_frequency(guesses[name], summary) for name in dict.fromkeys(["NBD", best]) if name in fits}
often = pd.DataFrame({name: table["predicted"] for name, table in models.items()}).assign(actual=models[best]["actual"])
figure = draw.by_frequency(often, f"{ahead:.0f} {unit}s")
chapter.show(figure, name="by-frequency", alt="{text}", text=captions.by_frequency(often, best))

# %% [markdown]
# Then by tenths of the prediction. Points on the dashed line are right on average.

# %%
tenths = holdout.calibration(guesses[best], summary["x_holdout"])
chapter.show(draw.calibration(tenths), name="calibration", alt="{text}", text=captions.calibration(tenths))

# %% [markdown]
# The **tracking plot** follows all these customers together. Up to the split the dashed line shows how well the model describes what it was
# fitted to. From the split on it starts at the count and adds what the model expects. The band is a **prediction interval** (预测区间):
# where the count itself should fall in 95 of 100 such shops, chance and uncertain parameters both included. It is wider than a confidence
# interval, because it speaks about what will happen and not about an average.

# %%
origin = log.time_until(split, unit)
track = tracking.tracking(fit, summary, origin, int(origin + ahead), rng())
counted = log.purchases_by_period(unit, joined_until=split)["repeat_purchases"].cumsum()
track["actual"] = counted.reindex(track.index)
text = captions.tracking(track, best, origin, unit)
chapter.show(draw.tracking(track, origin, unit), name="tracking", alt="{text}", text=text)

# %% [markdown]
# One split says how a model did once. So let all models start anew at three earlier dates, the **rolling origins** (滚动起点). At each they
# know only what was known then, and predict the same length of time ahead. One measure is new: the **log score** (对数得分) is the mean
# logarithm of the probability a model gave to the number of purchases that came. It is higher the better a model knows what it does not
# know. A rule of thumb gives no probabilities, so it has none.

# %%
rolling = evaluate(None, log, rng(), unit=unit)
chapter.save(rolling.table, "evaluation")
text = draw_scores.caption(rolling.table, rolling.gain, f"{rolling.horizon:.0f} {unit}s")
chapter.show(draw_scores.scores(rolling.table)[0], name="evaluation", alt="{text}", text=text)

# %% [markdown]
# Two more tests of what follows. P(alive) says that silent customers who used to be busy have left. Did they? And do purchases times
# spend add up to the revenue that came?

# %%
check = value.check_revenue(fit, GammaGamma().fit(summary), summary, after, rng()).iloc[0]
chapter.say("{text}", text=words.silent(fit, summary, ahead))
chapter.say("**{text}**", text=words.verdict_on_amounts(check, currency))

# %% [markdown]
# ## Who is still a customer?
#
# Now the model may see the whole log. It is fitted again on all of it, and asked about the future after the last day. *se* is the standard
# error (标准误): how far an estimate would typically lie from the truth.

# %%
today = log.summary(unit=unit)
now, spend = fit.model.fit(today), GammaGamma().fit(today)
found = holdout.parameters({best: now, "Gamma-Gamma": spend})
chapter.save(found, "parameters")
chapter.table(found, caption="Parameters on the whole log", formats=dict.fromkeys(["estimate", "se", "low", "high"], "{:.4g}"))
chapter.say("{text}", text=words.spend_used(spend, today))

# %%
grid, alive = value.alive_map(now, today), now.p_alive(today)
text = captions.alive(grid, alive, today["T"].max(), unit)
chapter.show(draw.alive_map(grid, unit), name="alive", alt="{text}", text=text)
chapter.say("{text}", text=words.unseen(now, today))

# %% [markdown]
# When will a customer buy next? The *median wait* is the time by which half of such customers have bought again. It is infinite when
# it is more likely than not that no purchase will ever come. Beside it stands the wait of a customer who is known to be still there.

# %%
waits = pd.DataFrame({"p_alive": alive, "p_no_purchase": now.p_no_purchase(today, horizon), "median_wait": now.median_wait(today)})
waits["wait_if_alive"] = now.median_wait(today, given_alive=True)
busiest = waits.join(today).sort_values("x", ascending=False)
chapter.table(busiest, rows=6, caption=f"Busiest customers: P(no purchase {words.ahead(horizon)}), and median wait in {unit}s", formats=dict.fromkeys(waits, "{:.3f}"))
chapter.say("For **{share:.0%}** of all customers the median wait is infinite.", share=np.isinf(waits["median_wait"]).mean())

# %% [markdown]
# ## What is each customer worth?
#
# Multiply: expected purchases, discounted, times expected spend, times margin. The interval joins what is uncertain in both models. It
# says how well the *model's mean for all customers with this history* is known, if the model is right. One customer's own average is
# known far less well, and what that customer will really do scatters further still.

# %%
table = value.clv(now, spend, today, **settings.for_clv)
formats = dict.fromkeys(["expected_spend", "clv", "clv_low", "clv_high"], currency + "{:,.2f}") | {"p_alive": "{:.3f}"}
ordered = table.sort_values("clv", ascending=False)[["p_alive", "expected_purchases", *list(formats)[:4]]]
chapter.table(ordered, caption=f"Customer lifetime value {words.ahead(horizon)}", formats=formats)

# %% [markdown]
# Two intervals, two questions. The first is how well the *mean* is known. The second is what *this customer will do*: simulate each
# customer's future many times, with parameters drawn anew each time.

# %%
span = horizon if np.isfinite(now.time(horizon)) else "52 weeks"
will, together = value.forecast(now, spend, today, rng(), horizon=span)
near = table if span == horizon else value.clv(now, spend, today, **settings.over(span))
means = near[["expected_purchases", "purchases_low", "purchases_high"]].set_axis(["mean", "mean, low", "mean, high"], axis=1)
both = means.join(will[["purchases_low", "purchases_high"]].set_axis(["will buy, low", "will buy, high"], axis=1)).loc[ordered.index]
formats = dict.fromkeys(means, "{:.2f}") | dict.fromkeys(both.columns.difference(means.columns), "{:.0f}")
chapter.table(both, caption=f"Purchases {words.ahead(span)}: the mean, and what will be counted", formats=formats)
chapter.save(table.join(waits.drop(columns="p_alive")).join(will.add_prefix("will_")).join(today), "customers")
chapter.say("{text}", text=words.two_intervals(near, will, words.ahead(span)))

# %%
total = value.equity(now, spend, today, **settings.for_clv).iloc[0]
sums = " ".join(["{}", "[{}, {}]"]).format(*(captions.money(total[part], currency) for part in ("equity", "low", "high")))
chapter.show(draw.ranking(table, currency), name="ranking", alt="{text}", text=captions.ranking(table, currency, words.ahead(horizon)))
text = "These {n:,} customers together are expected to bring **{sums}** of profit {when}, at the assumed margin of {margin:.0%} and discounted: "
chapter.say(text + "the **customer equity** (客户资产), {caveat}.", n=len(today), sums=sums, when=words.ahead(horizon), margin=margin, caveat=words.caveat(check))
label = f"Customer equity (profit at a margin of {margin:.0%}) {words.ahead(horizon)}, {words.caveat(check)}"
chapter.key_figure(label, total["equity"], total["low"], total["high"], unit=currency)
chapter.key_figure("Holdout revenue, actual ÷ expected (1 is right)", check["actual"] / check["expected"])

# %% [markdown]
# ## Does lifetime value pick better customers than past sales?
#
# This is the test of the theory. Rank customers at the end of calibration, once by CLV and once by past spend. Take the top 20% of
# each ranking. Which of the two groups brought more of the revenue of the holdout? The dotted line is a ranking by the holdout itself,
# which nobody can have beforehand. Revenue is compared with revenue, so margin and cost are left out of the CLV here. The model was
# chosen on this holdout too, which flatters the CLV a little.

# %%
ranked = value.clv(fit, GammaGamma().fit(summary), summary, horizon=ahead, discount_rate=discount_rate)
race = pd.DataFrame({"clv": ranked["clv"], "past_spend": before, "holdout_revenue": after}).loc[summary.index]
gain = test("VAL-2", race, name=transactions)
rankings = {"by lifetime value": race["clv"], "by past spend": race["past_spend"], "by what happened": race["holdout_revenue"]}
held = {name: concentration.captured(score, race["holdout_revenue"]) for name, score in rankings.items()}
curves = {name: concentration.capture_curve(score, race["holdout_revenue"]) for name, score in rankings.items()}
chapter.show(draw_shares.capture(curves, 0.2), name="capture", alt="{text}", text=captions.capture(held))

chapter.say("**{text}**", text=words.points(gain))

# %% [markdown]
# ## What may a new customer cost?
#
# A customer just won has no history. The model gives the average path. The **payback month** (回本月份) is the first in which the margin
# has paid back the acquisition cost (获客成本).

# %%
opening = log.purchases().query("number == 1")["amount"].mean()
path = value.new_customer(now, spend, first_spend=opening, **settings.for_new)
text = captions.paying_back(path, words.costs(settings, currency), value.payback_in_words(path), currency)
chapter.show(draw.paying_back(path, currency), name="payback", alt="{text}", text=text)

# %% [markdown]
# ## An independent check
#
# The package `lifetimes` fits the same model with other code. Both should find the same maximum. The log-likelihoods of both points
# are computed by one formula. The higher one is the better maximum.

# %%
twin = best if best in peer.FITTERS else next(name for name in fits if name in peer.FITTERS)
compared = peer.side_by_side(fits[twin], summary, ahead)
caption = f"{twin} fitted twice" + (f", to {peer.MOST:,} of the customers" if len(summary) > peer.MOST else "")
chapter.table(compared, caption=caption, formats=dict.fromkeys(compared, "{:,.3f}"))
lead = compared.loc["log-likelihood", "crmtheory"] - compared.loc["log-likelihood", "lifetimes"]
chapter.say("{text}", text=peer.in_words(lead))

# %% [markdown]
# ## Two extremes, and a known truth
#
# An index should give its known bounds. For the Gini coefficient of $n$ customers they are 0 and $(n - 1)/n$. A fit should find a truth
# that is known. So make customers with given Pareto/NBD parameters and see whether the intervals cover them. Nineteen of twenty should,
# in the long run.

# %%
bounds = {"all equal": concentration.gini(np.ones(100)), "one has all": concentration.gini(np.eye(100)[0])}
chapter.table(pd.Series(bounds, name="Gini").abs().to_frame(), caption="Gini at its bounds, 100 customers", formats={"Gini": "{:.3f}"})
truth = np.array([0.55, 10.6, 0.61, 11.7])
made = ParetoNBD().simulate(truth, 39.0, rng(), n=4000)
known = ParetoNBD().fit(made, unit="week")
against = known.table()[["estimate", "low", "high"]].assign(truth=truth)
chapter.table(against, caption="A known truth, estimated from 4,000 made-up customers", formats=dict.fromkeys(against, "{:.3f}"))

# %%
covered = ((against["low"] <= truth) & (truth <= against["high"])).sum()
sums = {"sum": known.p_alive(made).sum(), "alive": made["alive"].sum(), "covered": covered}
chapter.say("**{covered} of 4** intervals cover the truth. P(alive) adds up to **{sum:,.0f}** customers; **{alive:,}** really were alive.", **sums)

# %% [markdown]
# ## Where it fails
#
# **The naive way first.** Many reports multiply a customer's past rate by the time ahead. That forgets that customers leave.

# %%
came = summary["x_holdout"].sum()
ratios = {"naive": guesses["own past rate"].sum() / came, "model": guesses[best].sum() / came}
text = "The naive way expects **{naive:.2f}** times the purchases that came in the holdout, {best} **{model:.2f}** times. {nearer}"
chapter.say(text, best=best, nearer=words.nearer(best=best, **ratios), **ratios)

# %% [markdown]
# **A broken assumption.** Now customers who buy like clockwork, every `gap` weeks, and leave after each purchase with probability `leave`.
# Two missed purchases mean that they are gone. The model believes in random timing and goes on hoping.

# %%
gap, leave = 4.0, 0.10
clockwork = simulate.regular_buyers(6000, 52.0, rng(), gap=gap, leave=leave)
hope = BGNBD().fit(clockwork, unit="week").p_alive(clockwork)
missed = (clockwork["T"] - clockwork["t_x"]).between(2 * gap, 3 * gap)
shares = {"n": missed.sum(), "alive": clockwork["alive"][missed].mean(), "hope": hope[missed].mean()}
chapter.say("Of {n:,} clockwork customers who missed two purchases, **{alive:.0%}** are alive; the model says **{hope:.0%}**.", **shares)

# %% [markdown]
# **One number at a time.** Equity depends on choices that are not data. Change one and keep the rest.

# %%
changed = value.sensitivity(now, spend, today, settings)
chapter.show(draw.sensitivity(changed, currency), name="sensitivity", alt="{text}", text=captions.sensitivity(changed, currency))

# %% [markdown]
# ## The other side: value to the customer
#
# So far a customer was worth something to the firm. Why should the customer stay? Two kinds of data can tell, and neither is a log of
# sales: a survey that asks what customers get and what they give, and a record of choices in which every offer has a price. Where they are
# not given, this part is left out. The examples are a survey of businesses that advertise in the Yellow Pages, a survey of mobile-phone
# customers, and crackers bought by American households (in the source Keebler is spelt kleebler). They are other people than the customers
# of the log.
#
# ### Benefits less costs
#
# Six questions ask about benefits, such as the number of people reached. Three ask about prices, and there a high answer is good news:
# "prices are competitive". So the **perceived cost** (感知成本) of a respondent is low + high of the scale less the answer. Take a mean of each
# kind; the difference is perceived value. One point of cost weighs as much as one point of benefit. Weights fitted to satisfaction would
# make the test that follows succeed by construction.

# %%
if perceived:
    answers = read_table(chapter, perceived, [*benefit_items, *cost_items, satisfaction_item])
    asked = {"benefits": benefit_items, "costs": cost_items, "scale": tuple(perceived_scale), "favourable": cost_items_favourable}
    parts = components(answers, **asked)
    chapter.save(parts.assign(satisfaction=answers[satisfaction_item]), "perceived_value")
    spread = parts.agg(["count", "mean", "std", "min", "max"]).T
    chapter.table(spread, caption=f"Perceived value, points on a scale from {perceived_scale[0]} to {perceived_scale[1]}", formats={"count": "{:,.0f}"} | dict.fromkeys(["mean", "std", "min", "max"], "{:.2f}"))

# %% [markdown]
# Does value go with satisfaction? A **standardised coefficient** (标准化系数) says by how many standard deviations satisfaction differs
# where a part differs by one. Benefit and cost stand in one regression, each with the other held equal; value stands alone, so its
# coefficient is a correlation.
#
# There is a trap. Some people mark everything high, whatever they think. This habit is called **yea-saying** (附和倾向), and it lets any two
# questions go together. A usual cure is to take each respondent's own mean away, **centring** (个体中心化). Look at what is left then. If all
# questions point the same way, a respondent who likes everything and one who likes nothing become equal; "value" is now only how much
# better prices are rated than benefits. Centring removes the habit and the opinion together. Between both stands a milder reading: habit
# that touches all questions alike can explain no more than the *least* correlation among them, so take that much out of every pair (after
# Lindell & Whitney 2001).

# %%
if perceived:
    with where_possible(chapter):
        both = effects(answers, outcome=satisfaction_item, **asked)
        ways = yea_saying(answers, outcome=satisfaction_item, rng=rng(), **asked)
        chapter.save(pd.concat({"together": both.drop("value"), "alone": ways.drop(columns="common")}, names=["regression", "part"]), "value_effects")
        chapter.show(draw_perceived.effects(both, ways, delta["VAL-3"]), name="perceived-value", alt="{text}", text=captions_perceived.effects(both, ways))
        chapter.say("{text}", text=words_perceived.readings(ways, delta["VAL-3"]))

# %% [markdown]
# No survey at one moment shows what causes what: who is satisfied may find the price fair *because* of it. The second survey asks for value
# directly: is the price right for the quality, and the quality for the price? Quality raises both value and satisfaction. So hold it fixed
# and see what value adds.

# %%
if value_ratings:
    asked_for = {role: value_rating_items.get(name, []) for role, name in [("value", "value"), ("outcome", "satisfaction"), ("fixed", "quality")]}
    ratings = read_table(chapter, value_ratings, [item for items in asked_for.values() for item in items])
    with where_possible(chapter):
        chapter.say("{text}", text=words_perceived.held_fixed(rated(ratings, **asked_for), "quality"))

# %% [markdown]
# Value is not only sums. **Emotional value** (情感价值) is what it feels like to be a customer; **brand attachment** (品牌依恋) is the wish not to lose
# it. Where a survey asks for both, they can be told apart: among customers who find the price equally good, are the attached more loyal?
# In the third survey, again of mobile-phone customers, three questions ask whether they identify with the firm, would regret losing it, and
# like it.

# %%
if attachment:
    feelings = read_table(chapter, attachment, [item for items in attachment_items.values() for item in items])
    means = pd.DataFrame({role: feelings[items].mean(axis=1, skipna=False) for role, items in attachment_items.items()})
    with where_possible(chapter):
        felt_value = drivers.linear(means, "loyalty", ["value", "attachment"])
        chapter.table(felt_value, caption="Loyalty by value for money and attachment, standardised coefficients", formats=dict.fromkeys(["estimate", "low", "high", "r_squared"], "{:.2f}") | {"p_value": "{:.2g}", "n": "{:,.0f}"})
        row, paid = felt_value.loc["attachment"], felt_value.loc["value"]
        text = "With value for money held equal, attachment goes with **{e:.2f}** [{low:.2f}, {high:.2f}] of loyalty; value with attachment held equal with {v:.2f} [{vl:.2f}, {vh:.2f}]."
        chapter.say(text, e=row["estimate"], low=row["low"], high=row["high"], v=paid["estimate"], vl=paid["low"], vh=paid["high"])

# %% [markdown]
# ### Quality for the price
#
# What people say is one thing, what they take another. Somebody before a shelf takes the offer of the highest *utility*: what is liked about
# it, less what the price hurts, and chance. If chance has a certain form, the probability of each offer is its share in $e^{v}$:
#
# $$P_j = \frac{e^{v_j}}{\sum_k e^{v_k}}, \qquad v_j = \beta\, p_j + \gamma\, d_j + \alpha_j$$
#
# with $p$ the price, $d$ display and feature, and $\alpha$ the **brand constant** (品牌常数), all that is liked about a brand beyond them. This
# is the **conditional logit** (条件 logit 模型; McFadden 1974). Nobody paid a price of 0, so choices with such a price are left out. One
# household chooses many times and always somewhat alike: intervals are formed by household, as if households and not choices had been
# drawn.

# %%
fit_choice = None
if choices:
    panel, (chosen, prices, who, columns) = read_table(chapter, choices), choice.roles(choice_columns)
    offers, left_out = choice.long(panel, chosen, prices, who, columns)
    chapter.say("{text}", text=words_perceived.left_out(left_out, len(panel)))
    with where_possible(chapter):
        fit_choice = choice.conditional_logit(offers, list(columns))

# %%
if fit_choice:
    chapter.save(fit_choice.table, "choice_model")
    terms = fit_choice.table[["estimate", "se", "low", "high"]]
    chapter.table(terms, rows=20, caption=f"Conditional logit, price in {choice_unit}; constants are relative to {fit_choice.brands[-1]}", formats=dict.fromkeys(terms, "{:.4f}"))
    chapter.say("{text}", text=words_perceived.by_household(fit_choice))

# %% [markdown]
# A coefficient has no unit that a manager knows. Divide by the coefficient of price and there is one: $\alpha_j / -\beta$ is what people
# would pay more for brand $j$, all else equal. That is quality as customers see it, in money. Choices show only differences, so its level
# is set such that on average over the brands quality is the price.
#
# Gale (1994) draws a **customer value map** (客户价值图): the **market-perceived quality ratio** (quality over the mean of the offers) against
# price over its mean. On the dashed **fair-value line** (公平价值线) an offer costs what it is worth. To the right of it people get more than
# they pay for, and $V = Q/P$ is above 1. Where an interval touches the line, nobody can tell. The size of a brand's constant also holds
# shelf space and habit. It is a *revealed* quality, not a test of the crackers.

# %%
if fit_choice:
    with where_possible(chapter):
        revealed, draws = choice.worth(fit_choice, rng())
        place = value_map(revealed, draws)
        chapter.save(revealed.join(place.drop(columns=["low", "high"])), "value_map")
        chapter.show(draw_perceived.value_map(place, fair_line(place)), name="value-map", alt="{text}", text=captions_perceived.value_map(place))
        chapter.say("**{text}**", text=words_perceived.positions(place))

# %% [markdown]
# The **price elasticity** (价格弹性) says by how many per cent choices change when a price rises by 1%. At one choice it is $\beta\, p\,(1 -
# P)$. Take $\beta = -3$ per dollar, a price of one dollar and a probability of 0.3: $-3 \cdot 1 \cdot 0.7 = -2.1$. A brand that nearly
# everybody takes anyway has little to lose, so its elasticity is small. A mean over all choices, weighted by $P$, gives that of the brand;
# a mean over the brands, weighted by their shares, gives one number.

# %%
if fit_choice:
    own, mean = choice.elasticities(fit_choice), choice.own_elasticity(fit_choice)
    chapter.save(own, "elasticities")
    chapter.show(draw_perceived.elasticities(own, mean, delta["VAL-4"]), name="elasticities", alt="{text}", text=captions_perceived.elasticities(own, mean))
    chapter.say("**{text}**", text=words_perceived.price_turns(mean))

# %% [markdown]
# **Who gains what a dearer brand loses?** Rows are the brands whose choices change, columns the prices that rise by 1%. Read down a column:
# the gains of the others are nearly equal. That is no finding, it is built in. In this model whoever turns away goes to the others in
# proportion to their shares, the **independence of irrelevant alternatives** (无关选择的独立性, IIA). A private label might take more from the
# cheapest rival in truth. A test: leave one brand out and fit again to the choices of the rest. Under IIA the coefficients stay as they
# are, up to chance (after Hausman & McFadden 1984, with errors by household).

# %%
if fit_choice:
    crossed = choice.cross(fit_choice)
    chapter.table(crossed, rows=20, caption="Elasticity of the brand in the row to the price of the brand in the column", formats=dict.fromkeys(crossed, "{:.2f}"))
    if len(fit_choice.brands) > 2:
        with where_possible(chapter):
            tests = pd.concat([choice.iia(offers, fit_choice, brand) for brand in fit_choice.brands], ignore_index=True)
            chapter.say("{text}", text=words_perceived.irrelevant(tests))

# %% [markdown]
# **Households differ.** The model has one taste for all. A household that always takes the same brand is taken for chance. Give the model
# the brand taken last time and see whether the elasticity holds.

# %%
if fit_choice and who:
    with where_possible(chapter):
        again_offers = choice.long(panel, chosen, prices, who, columns, last=True).rows
        with_last = choice.conditional_logit(again_offers, [*columns, "last"])
        chapter.say("{text}", text=words_perceived.loyal(mean, choice.own_elasticity(with_last), with_last))

# %% [markdown]
# **A known truth.** Let 150 households choose 15 times each by a rule that is known. Then give them tastes of their own, which last; the
# model does not know of tastes. What holds for one household is the coefficient of the rule. What holds for all together is the elasticity,
# which is known by averaging over very many of them.

# %%
rule, found_rule = {"price": -2.0, "display": 0.5}, {}
for tastes in (0.0, 2.0):
    bought = choice.long(simulate.choosing_households(150, rng(), choices=15, spread=tastes, **rule), more={"display": "disp."}).rows
    learnt = choice.conditional_logit(bought, ["display"])
    found_rule[f"tastes spread by {tastes:g}", "coefficient of price"] = {"truth": rule["price"], **learnt.table.loc["price"]}
    found_rule[f"tastes spread by {tastes:g}", "minus the elasticity"] = {"truth": simulate.choice_elasticity(rng(), spread=tastes, **rule), **choice.own_elasticity(learnt).iloc[0]}

# %%
learnt = pd.DataFrame(found_rule).T[["truth", "estimate", "low", "high"]].rename_axis(["households", "number"])
chapter.table(learnt, caption="A known rule of choice, estimated", formats=dict.fromkeys(learnt, "{:.2f}"))
missed_truth = learnt[~learnt["truth"].between(learnt["low"], learnt["high"])]
chapter.say("Intervals that miss the truth: **{text}**.", text="; ".join(f"{number}, {who_}" for who_, number in missed_truth.index) or "none")

# %% [markdown]
# Tastes that differ make one choice look more like chance, so the coefficient shrinks towards 0. It describes the crowd, and no household in
# it. For a price that is the same for all, the crowd is what counts. To address households one by one, use a mixed logit, in which
# tastes are spread out like the rates of buying in the NBD (Train 2009).

# %% [markdown]
# ## The claims
#
# A claim is about one number θ and gets its verdict from the 95% interval of θ and a threshold δ that was fixed beforehand. A claim of
# the kind *at least* says θ ≥ δ. It is *supported* if the whole interval is at δ or above, *contradicted* if the whole interval is
# below, and *inconclusive* otherwise. A claim of the kind *equivalence* says that θ lies within ±δ: supported if the whole interval lies
# inside, contradicted if the whole interval lies outside. VAL-5 is of that kind.

# %%
concentrated = test("VAL-1", revenue.to_frame(), name=transactions)
felt = [test("VAL-3", lambda: effects(answers, outcome=satisfaction_item, **asked).loc[["value"]], name=perceived)] if perceived else []
felt += [test("VAL-3", lambda: rated(ratings, **asked_for).loc[["nothing"]], name=value_ratings)] if value_ratings else []
felt = felt or [claims.not_given("VAL-3", "no survey of benefits and prices was given (parameter perceived)", name=transactions)]
why = "the choices have no model, as was said above" if choices else "no choices among brands with their prices were given (parameter choices)"
turned = test("VAL-4", mean, name=choices) if fit_choice else claims.not_given("VAL-4", why, name=choices or transactions)

# %%
conclude(chapter, [concentrated, gain, *felt, turned, independence])

# %% [markdown]
# VAL-3 and VAL-4 are about value *to* the customer, and each line names its data. VAL-3 takes the answers as they were given; the milder
# readings above say how much of it may be habit. θ of VAL-4 is minus the own-price elasticity. VAL-5 has a trap: even without any
# dependence the correlation is not quite 0, as was said where the assumption was checked.

# %% [markdown]
# ## What to do
#
# Each customer gets a class and the treatment the theory advises. *Key*: the top 20% by lifetime value. *Win back*: big spenders of the
# past who have probably gone. *Develop*: came back at least once and probably alive. *Low touch*: the rest. Customers whose purchases cost
# more than they bring are *unprofitable*. The list is saved as `actions.csv`.

# %%
last = log.purchases().groupby(log.customer)["date"].max().rename("last_purchase")
advised = value.actions(table, revenue, summary=today)
chapter.save(advised.round({"clv": 2, "clv_low": 2, "clv_high": 2, "p_alive": 4, "past_spend": 2}).join(last), "actions")
plan = advised.groupby("class").agg(customers=("clv", "size"), clv=("clv", "sum"), past_spend=("past_spend", "sum"), action=("action", "first"))
chapter.table(plan.sort_values("clv", ascending=False), caption="Classes and advised treatment", formats=dict.fromkeys(["clv", "past_spend"], currency + "{:,.0f}"))
chapter.say("{key} {advice}", key=words.key_customers(plan), advice=words.advice(gain))

# %% [markdown]
# One number to watch: the share of customers who come back after the split, against the goal set in the parameters.

# %%
trend = words.trend(tracking.returning(log))
again, *ends = holdout.share_with_interval(summary["x_holdout"] > 0)
chapter.goal("Customers from before the split who buy after it", target_repeat, again, *ends, unit="%", trend=trend)
text = "**{share:.1%}** [{low:.1%}, {high:.1%}] came back; the goal (a parameter) is {goal:.0%}. The share of earlier customers who buy is {trend}."
chapter.say(text, share=again, low=ends[0], high=ends[1], goal=target_repeat, trend=trend)

# %% [markdown]
# ## Your predictions, checked

# %%
pair = pd.DataFrame({"x": [1, 10], "t_x": origin / 2, "T": origin})
share, low, high = concentrated.theta, concentrated.low, concentrated.high
back, *range_ = holdout.share_with_interval(summary.loc[never, "x_holdout"] > 0)
chapter.say("1. The top 20% bring **{share:.1%}** of revenue [{low:.1%}, {high:.1%}].", share=share, low=low, high=high)
chapter.say("2. {text} {check}", text=words.which_alive(*fit.p_alive(pair)), check=words.silent(fit, summary, ahead))
text = "3. Of those who had not come back, **{back:.1%}** bought in the holdout [{low:.1%}, {high:.1%}]; {best} expected {model:.1%}."
expected = 1 - fit.p_no_purchase(summary, ahead)[never].mean()
chapter.say(text, back=back, low=range_[0], high=range_[1], best=best, model=expected)
chapter.say("4. {text}", text=words_perceived.price_turns(mean) if fit_choice else "Without choices among brands this cannot be checked.")

# %% [markdown]
# ## Key ideas
#
# - What customers brought is not what they will bring: some have left, and nobody was told.
# - In these models silence counts relative to the customer's own rhythm. Check on the holdout whether your customers behave so.
# - A customer with a short history is judged partly by all others. That is why extreme predictions are pulled to the middle.
# - A model earns trust on a holdout, against naive rules. Where it fails there, use its ranking and not its amounts.
# - Value to the customer is benefits less costs, or quality for the price. Answers that all go together may be habit; choices are the
#   harder evidence.
# - A value without an interval is half an answer. A verdict comes from an interval and a threshold fixed beforehand.
#
# ## Exercises
#
# 1. *Predict and compute.* Set `discount_rate` to 0.5. By how many per cent does customer equity over 52 weeks change? Give the number and
#    the reason in one sentence.
# 2. *Compute.* By hand, to two decimals: P(alive) of a customer with $x = 2$, $t_x = 30.43$, $T = 38.86$ under the published numbers.
# 3. *Interpret.* In the tracking plot, when do count and dashed line part most before the split, and on which side of the line does the
#    count end? Name two possible reasons, and the data that would decide between them.
# 4. *Criticise.* The treatment of key customers changes what they do. Why can this chapter not tell whether it works, and what could?
# 5. *Break it.* In the clockwork cell set `leave` to 0.05, then to 0.30. When is the model least wrong, and why?
# 6. *Compute.* A brand is taken with probability 0.2 at a price of 1.20, and $\beta = -2.5$. What is its elasticity? And that of its rival
#    at the same price, taken with probability 0.8, to *this* brand's price?
# 7. *Criticise.* Set `benefit_items` to the three questions with the highest correlation with satisfaction. VAL-3 gets a higher θ. Why is
#    that no better test?
#
# **For teachers.** One session of 90 minutes: predictions 5, theory and the case by hand 20, inequality 15, holdout 20, value and its test
# 20, answers 10. Value to the customer is a second session of 60 minutes: benefits and costs 20, choices 25, exercises 6 and 7 15. The
# checks of assumptions, the known truth and exercises 1 and 2 make homework. Exercises 1, 2, 5 and 6 can be marked by the number (6: −2.40
# and 0.60), 3 by the weeks named; 4 has three marks: treated and untreated customers differ anyway, a control group drawn by lot would
# tell, and later margin is what to compare. Students stop at odds, at AIC against RMSE, at the two kinds of interval, and at the verdict of
# VAL-5.
#
# ## Glossary
#
# | English | 中文 | in short |
# |---|---|---|
# | customer lifetime value (CLV) | 客户终身价值 | discounted profit expected from a customer |
# | customer equity | 客户资产 | sum of the lifetime values of all customers |
# | repeat purchase | 重复购买 | any purchase after the first |
# | calibration period, holdout | 校准期、验证期（留出期） | what the model sees, what it is judged on |
# | P(alive) | 存活概率 | probability of still being a customer |
# | attrition | 客户流失 | customers leaving, here without notice |
# | heterogeneity | 异质性 | customers differ |
# | likelihood | 似然 | how probable the data are under given parameters |
# | naive rule | 朴素规则 | a forecast without a model |
# | bias, mean absolute error, root mean squared error | 偏差、平均绝对误差、均方根误差 | measures of the error of predictions |
# | rank correlation | 秩相关 | how far two orders agree |
# | lift | 提升度 | the best-ranked tenth relative to the average |
# | Pareto principle, Gini coefficient, whale curve | 帕累托原则、基尼系数、鲸鱼曲线 | measures of how unequal customers are |
# | bootstrap | 自助法 | drawing customers anew, to see how much a number varies |
# | margin, acquisition cost | 毛利率、获客成本 | profit as a part of the amount; cost of winning a customer |
# | discount rate | 贴现率 | how much less later money counts, per year |
# | perceived value, perceived cost | 感知价值、感知成本 | what a customer gets less what is given; what is given |
# | emotional value, brand attachment | 情感价值、品牌依恋 | what it feels like; the wish not to lose a firm |
# | yea-saying, centring | 附和倾向、个体中心化 | marking everything high; taking each respondent's mean away |
# | conditional logit, brand constant | 条件 logit 模型、品牌常数 | probability of each offer from its utility; what is liked beyond price and display |
# | customer value map, fair-value line | 客户价值图、公平价值线 | quality against price; where an offer costs what it is worth |
# | price elasticity | 价格弹性 | change of choices in per cent when a price rises by 1% |
# | independence of irrelevant alternatives (IIA) | 无关选择的独立性 | who leaves a brand goes to the others in proportion to their shares |
# | confidence, prediction interval | 置信区间、预测区间 | how well an average is known; what will be observed |
#
# ## References
#
# - Batislam, E. P., Denizel, M. & Filiztekin, A. (2007). Empirical validation and comparison of models for customer base analysis.
#   *International Journal of Research in Marketing* 24, 201–209.
# - Blattberg, R. C. & Deighton, J. (1996). Manage marketing by the customer equity test. *Harvard Business Review* 74(4), 136–144.
# - Ehrenberg, A. S. C. (1959). The pattern of consumer purchases. *Applied Statistics* 8, 26–41.
# - Fader, P. S. & Hardie, B. G. S. (2013). The Gamma-Gamma model of monetary value. Technical note 25, after Colombo & Jiang (1999).
# - Fader, P. S., Hardie, B. G. S. & Lee, K. L. (2005). "Counting your customers" the easy way. *Marketing Science* 24, 275–284.
# - Fader, P. S., Hardie, B. G. S. & Lee, K. L. (2005). RFM and CLV. *Journal of Marketing Research* 42, 415–430.
# - Gale, B. T. (1994). *Managing Customer Value*. Free Press.
# - Hausman, J. & McFadden, D. (1984). Specification tests for the multinomial logit model. *Econometrica* 52, 1219–1240.
# - Kaplan, R. S. & Narayanan, V. G. (2001). Measuring and managing customer profitability. *Journal of Cost Management* 15(5), 5–15.
# - Krinsky, I. & Robb, A. L. (1986). On approximating the statistical properties of elasticities. *Review of Economics and Statistics* 68,
#   715–719.
# - Lindell, M. K. & Whitney, D. J. (2001). Accounting for common method variance in cross-sectional research designs. *Journal of Applied
#   Psychology* 86, 114–121.
# - McFadden, D. (1974). Conditional logit analysis of qualitative choice behavior. In P. Zarembka (ed.), *Frontiers in Econometrics*,
#   105–142. Academic Press.
# - Schmittlein, D. C., Morrison, D. G. & Colombo, R. (1987). Counting your customers. *Management Science* 33, 1–24.
# - Train, K. E. (2009). *Discrete Choice Methods with Simulation*, 2nd ed. Cambridge University Press.
# - Wheat, R. D. & Morrison, D. G. (1990). Estimating purchase regularity with two interpurchase times. *Journal of Marketing Research*
#   27, 87–93.
# - Zeithaml, V. A. (1988). Consumer perceptions of price, quality, and value: a means-end model and synthesis of evidence. *Journal of
#   Marketing* 52(3), 2–22.
# - Data: Fader, P. S. & Hardie, B. G. S. (2001). Forecasting repeat sales at CDNOW. *Interfaces* 31(3), S94–S107. Chen, D., Sain, S. L. &
#   Guo, K. (2012). Data mining for the online retail industry. *Journal of Database Marketing & Customer Strategy Management* 19, 197–208.
#   Jain, D. C., Vilcassim, N. J. & Chintagunta, P. K. (1994). A random-coefficients logit brand-choice model applied to panel data.
#   *Journal of Business & Economic Statistics* 12, 317–328. Rossi, P. E., Gilula, Z. & Allenby, G. M. (2001). Overcoming scale usage
#   heterogeneity. *Journal of the American Statistical Association* 96, 20–31. Tenenhaus, M., Esposito Vinzi, V., Chatelin, Y.-M. & Lauro,
#   C. (2005). PLS path modeling. *Computational Statistics & Data Analysis* 48, 159–205.

# %%
chapter.finish()
