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
# A shop has a log of its sales: who bought, when, for how much. The log shows what customers *brought*. Decisions need what they
# *will bring*. Nobody tells a shop when they stop being a customer, so silence may be a pause or the end. This chapter turns the log into
# the **customer lifetime value** (客户终身价值, CLV) of each customer, with an interval, and checks every step on purchases the
# models never saw.
#
# *This notebook is made from `notebooks/src/05_customer_value.py`. Edit that file, then run `make notebooks`.*

# %% [markdown]
# ## What you will be able to do
#
# - **measure** how unequal customers are, and test the rule "20 % bring 80 %";
# - **check** what the models assume before you trust them;
# - **fit** four models of buying and leaving, and **choose** between them on a holdout;
# - **value** each customer, all customers together, and a new customer, with intervals;
# - **judge** whether lifetime value picks better customers than past sales do;
# - **hand over** a list with an advised treatment for each customer.

# %% [markdown]
# ## Predict before you run
#
# Write down three numbers now. They are checked near the end.
#
# 1. Which part of revenue do the top 20 % of customers bring?
# 2. Two customers were watched for equally long. Both were silent for the second half of that time. One had bought once again
#    before, the other ten times. Which of the two is more likely to be still a customer?
# 3. Of the customers who did *not* come back in the first half of the log, how many per cent buy in the second half?

# %% [markdown]
# ## The data
#
# The next cell holds everything you can change. To use your own log, give its path and the names of its three columns. Each row is
# one purchase. Several rows of one customer on one day count as one purchase.

# %% tags=["parameters"]
transactions: str = "cdnow_sample"  # a CSV or Parquet file, or the name of a shipped data set
customer: str = "customer_id"  # column that identifies the customer
date: str = "date"  # column with the date of the purchase
amount: str = "amount_usd"  # column with the amount, refunds negative
currency: str = "$"  # sign to print before amounts
dayfirst: str = "auto"  # for dates like 3/4/2024: "yes" (3 April), "no" (March 4) or "auto"
missing_customer: str = "error"  # rows without a customer: "error" stops, "drop" leaves them out and counts them
refunds: str = "net"  # "net" takes refunds off, "drop" leaves negative rows out and counts them
calibration_end: str = ""  # last day the models may see, such as "1997-09-30"; empty: half of the log
unit: str = "week"  # unit of time of the models: "day", "week" or "month"
horizon: str = "52 weeks"  # how far ahead customers are valued
discount_rate: float = 0.10  # per year
margin: float = 0.30  # part of the amount that is profit
cost_per_purchase: float = 0.0  # cost of serving one purchase, in money
acquisition_cost: float = 15.0  # cost of winning one new customer, in money
target_repeat: float = 0.30  # goal: part of customers who buy again in the second half of the log
seed: int = 20  # for the random numbers of bootstrap and simulation
output: str = ""  # folder for tables, figures and result.json; empty: results/value

# %%
import numpy as np
import pandas as pd

from crmtheory import assumptions, claims, concentration, datasets, holdout, peer, plots, simulate, value
from crmtheory import transactions as logs
from crmtheory.chapter import open_chapter
from crmtheory.models import BGNBD, GammaGamma, ParetoNBD

chapter = open_chapter("value", globals())
settings = value.Settings(horizon, discount_rate, margin, cost_per_purchase, acquisition_cost)
rng = np.random.default_rng(seed)

# %%
log = logs.read(
    datasets.locate(transactions), customer, date, amount, dayfirst={"yes": True, "no": False}.get(dayfirst),
    missing_customer=missing_customer, refunds=refunds,
)  # fmt: skip
seen = log.report
chapter.data(transactions, seen)
chapter.table(seen.to_frame(), caption="What was read", rows=30)

# %% [markdown]
# ### Two halves
#
# The log is cut in two. The models see the first half, the **calibration period** (校准期). They are judged on the second, the
# **holdout** (验证期). One row per customer is all they get:
#
# | symbol | meaning |
# |---|---|
# | $x$ | number of repeat purchases (重复购买), the first purchase not counted |
# | $t_x$ | time from the first to the last purchase |
# | $T$ | time from the first purchase to the end of calibration |
# | $m$ | mean amount of a repeat purchase |

# %%
split = calibration_end or log.half
summary = log.summary(unit=unit, calibration_end=split)
ahead = summary["T_holdout"].iloc[0]
chapter.table(summary, caption=f"Customers at {split}, ages in {unit}s", rows=6)

# %%
never = summary["x"] == 0
chapter.say(
    "Calibration ends on **{split}**. Up to then **{n:,} customers** had bought. **{never:.0%}** of them had not come back. The holdout "
    "lasts {ahead:.0f} {unit}s.", split=split, n=len(summary), never=never.mean(), ahead=ahead, unit=unit,
)  # fmt: skip

# %% [markdown]
# ## The theory in one page
#
# **The claim.** Customers are assets. What counts is the profit they will bring, and a few bring most of it. So effort should follow
# lifetime value and not past sales.
#
# **Origin.** Ehrenberg described in 1959 how a crowd of customers buys: each at random at a steady rate of their own, with rates
# spread out by a **gamma distribution** (伽马分布). That is the **NBD** model. Schmittlein, Morrison and Colombo let customers leave,
# unseen, in 1987: the **Pareto/NBD**. Fader, Hardie and Lee gave a simpler version in 2005, the **BG/NBD**: after each repeat purchase a
# customer leaves with some probability. The **MBG/NBD** adds the same chance after the first purchase. The spread between customers is
# called **heterogeneity** (异质性). Leaving without notice is **attrition** (流失过程).
#
# **Spend.** The **Gamma-Gamma** model says what a purchase is worth. A customer with few purchases is judged partly by the average of all
# customers.
#
# **Value.** With $D$ the expected purchases over the horizon, each discounted to today, and $S$ the expected spend per purchase:
#
# $$\mathrm{CLV} = D \cdot (\mathrm{margin} \cdot S - \mathrm{cost})$$
#
# The **discount rate** (贴现率) says how much less next year's money is worth. It is a rate *per year*, whatever the unit of time.
#
# **What would contradict it?** Past sales that pick the future's best customers as well as CLV does. Revenue spread evenly. Models that
# miss the holdout.

# %% [markdown]
# ## A case by hand
#
# Three customers, watched for 40 weeks. Ann bought once again, in week 10. Bob bought ten times, the last time in week 10 too. Cy
# bought ten times, the last time in week 39. Take published BG/NBD numbers: $r = 0.243$, $\alpha = 4.414$, $a = 0.793$, $b = 2.426$.
#
# The odds of having left, against being alive, are $\frac{a}{b+x-1}\left(\frac{\alpha+T}{\alpha+t_x}\right)^{r+x}$. The first part is the
# chance to leave after a purchase. The second part grows with the silence, and faster for customers who used to buy often.

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

# %%
chapter.say(
    "Ann and Bob are equally silent. Ann is a customer still with probability **{ann:.0%}**, Bob with **{bob:.1%}**: for someone who "
    "bought so often, thirty silent weeks are no accident. Cy, just as busy but heard from last week, is at **{cy:.0%}**.",
    ann=three.loc["Ann", "library"], bob=three.loc["Bob", "library"], cy=three.loc["Cy", "library"],
)  # fmt: skip

# %% [markdown]
# **P(alive)** (活跃概率) is the probability of still being a customer. It depends on silence *relative to the customer's own rhythm*.
# That is what a rule such as "no purchase in six months" misses.

# %% [markdown]
# ## How unequal are customers?
#
# The **Pareto principle** (帕累托原则) says that 20 % of customers bring 80 % of revenue. Sort customers by revenue, add up, and read
# the curve. The **Gini coefficient** (基尼系数) puts it in one number: 0 if all are equal, 1 if one customer brings everything. Each
# number has a 95 % **confidence interval** (置信区间), from drawing customers anew many times (the *bootstrap*).

# %%
revenue = log.revenue()
top = concentration.with_interval("top_share", revenue, rng)
unequal = pd.concat([top, concentration.with_interval("gini", revenue, rng), concentration.with_interval("share_needed", revenue, rng)])
figures = dict.fromkeys(("estimate", "low", "high"), "{:.3f}")
chapter.table(unequal.set_index("statistic"), caption="Concentration of revenue", formats=figures)

# %% [markdown]
# Revenue is not profit. Each customer costs something to win and each purchase something to serve. The **whale curve** (鲸鱼曲线) adds up
# profit, best customers first. Where it rises above 100 %, the customers on the right take profit away again.

# %%
profit = value.profit_to_date(revenue, log.purchases(), settings)
whale = concentration.whale_curve(profit)
spent = {"share": top["estimate"][0], "low": top["low"][0], "high": top["high"][0], "x": unequal["estimate"].iloc[2]}
left, right = plots.style.pair()
plots.concentration.top_curve(concentration.whale_curve(revenue), top.iloc[0], ax=left)
chapter.show(
    plots.concentration.profit(whale, ax=right), name="pareto",
    alt="Left: part of revenue held by the largest customers. The top 20 % bring {share:.1%} [{low:.1%}, {high:.1%}]; 80 % of revenue needs the "
    "top {x:.1%}. Right: cumulative profit. The most profitable customers together earn {peak:.0%} of the final profit; {losing:.0%} of "
    "customers have lost money so far.", peak=whale["total"].max(), losing=(profit < 0).mean(), **spent,
)  # fmt: skip

# %%
first = log.revenue(end=split)
second = revenue - first
stay = concentration.overlap(first.loc[summary.index], second)
chapter.say("Of the top 20 % by revenue in calibration, **{stay:.0%}** are in the top 20 % of the same customers in the holdout.", stay=stay)

# %% [markdown]
# ## Can the models be trusted here?
#
# Three assumptions carry the weight. **First**: how much people spend says nothing about how often they buy. Groups that buy more often
# should spend about the same per purchase.

# %%
groups = assumptions.spend_by_frequency(summary)
independence = claims.test("VAL-5", summary, name=transactions, seed=seed)
chapter.show(
    plots.value.spend_by_frequency(groups, currency), name="spend-frequency",
    alt="Spend per purchase by number of repeat purchases. The median runs from {low} to {high}; rank correlation of frequency and spend "
    "{rho:.2f} [{lo:.2f}, {hi:.2f}].", low=f"{currency}{groups['median'].min():,.0f}", high=f"{currency}{groups['median'].max():,.0f}",
    rho=independence.theta, lo=independence.low, hi=independence.high,
)  # fmt: skip

# %% [markdown]
# A small correlation is harmless. A large one means that heavy buyers are valued too low or too high: read the lifetime values of the
# heaviest buyers with care.
#
# **Second**: purchases come at random moments. Take three successive purchases of a customer. If timing is random, the middle one
# falls anywhere between its neighbours with equal chance. Regular buyers put it in the middle. The *shape* is 1 for random timing
# and larger for regular timing.

# %%
fractions = assumptions.middle_fractions(log.purchases())
shape = assumptions.timing_shape(fractions, rng).iloc[0]
chapter.show(
    plots.value.regularity(fractions), name="timing",
    alt="Place of the middle of three successive purchases, {n:,} customers. Shape {shape:.2f} [{low:.2f}, {high:.2f}]: {words}.",
    n=len(fractions), shape=shape["shape"], low=shape["low"], high=shape["high"], words=assumptions.timing_in_words(shape),
)  # fmt: skip

# %% [markdown]
# **Third**: customers won at different times behave alike. Compare their repeat purchases in an equally long time after the first.

# %%
watch = int(log.days / 3)
drift = assumptions.cohorts(log.purchases(), pd.Timestamp(seen.last_date), watch)
chapter.show(
    plots.value.cohorts(drift, f"{watch} days"), name="cohorts",
    alt="Repeat purchases in the first {watch} days, by month of the first purchase ({n} months): from {low:.2f} to {high:.2f}. {words}",
    watch=watch, n=len(drift), low=drift["mean"].min(), high=drift["mean"].max(), words=assumptions.drift_in_words(drift),
)  # fmt: skip

# %% [markdown]
# ## Four models
#
# Each model is fitted by **maximum likelihood** (似然): the parameters that make the calibration data most probable. A higher
# log-likelihood is a better fit. AIC charges for each parameter; lower is better. *Status* says whether the search really reached the
# maximum.

# %%
fits, fitted = holdout.fit_all(summary)
chapter.table(fitted[["parameters", "log_likelihood", "AIC", "status"]], caption="Models on the calibration period")
chapter.save(holdout.parameters(fits), "parameters_calibration")
gain = fitted["log_likelihood"].max() - fitted.loc["NBD", "log_likelihood"]
chapter.say("Letting customers leave raises the log-likelihood by **{gain:,.1f}** over the NBD, in which nobody leaves.", gain=gain)

# %% [markdown]
# ## What happened next?
#
# Now the holdout. Each model says how many purchases each customer will make. So do three **naive rules** (朴素规则) that need no model:
# everybody buys at the average rate; everybody goes on at their own rate; those who bought recently go on and the others stop. A
# model that does not beat them is not worth its trouble.

# %%
guesses = {name: fit.conditional(summary, ahead) for name, fit in fits.items()} | holdout.naive_rules(summary, ahead)
judged = holdout.scores(guesses, summary["x_holdout"], rng)
best = holdout.choose(judged, fits)
fit = fits[best]
wide = judged.pivot(index="prediction", columns="measure", values="estimate").loc[list(guesses)]
chapter.table(wide, caption="Models and naive rules on the holdout", formats=dict.fromkeys(wide, "{:.3f}"))

# %%
error = judged[judged["measure"] == "RMSE"].set_index("prediction").loc[[best, "own past rate"]]
chapter.show(
    plots.value.comparison(judged, "RMSE"), name="models",
    alt="Error of each prediction on the holdout, with 95 % intervals. {best}: {model:.3f}; going on at the customer's own rate: {naive:.3f}.",
    best=best, model=error["estimate"].iloc[0], naive=error["estimate"].iloc[1],
)  # fmt: skip
chapter.say("**{best}** has the smallest error (RMSE) of the models that converged. It is used from here on.", best=best)

# %% [markdown]
# Differences smaller than their intervals are not worth arguing about. Look at groups next: first by how often customers had bought, then
# by tenths of the prediction. Points on the dashed line are right on average.

# %%
attrition = {name: guesses[name] for name in fits if name in (best, "NBD")}
often = pd.concat([holdout.by_frequency(g, summary).rename(columns={"predicted": n})[n] for n, g in attrition.items()], axis=1)
often["actual"] = holdout.by_frequency(guesses[best], summary)["actual"]
zero = often.iloc[0]
chapter.show(
    plots.value.by_frequency(often, f"{ahead:.0f} {unit}s"), name="by-frequency",
    alt="Mean purchases in the holdout by earlier repeat purchases. Customers without any made {actual:.2f}; {best} expected {model:.2f}.",
    actual=zero["actual"], best=best, model=zero[best],
)  # fmt: skip

# %%
tenths = holdout.calibration(guesses[best], summary["x_holdout"])
hits = ((tenths["predicted"] >= tenths["low"]) & (tenths["predicted"] <= tenths["high"])).sum()
chapter.show(
    plots.value.calibration(tenths), name="calibration",
    alt="Predicted against actual purchases in {n} groups by prediction. {hits} of {n} predictions lie within the interval of what happened.",
    n=len(tenths), hits=hits,
)  # fmt: skip

# %% [markdown]
# The **tracking plot** follows all these customers together. The band is a **prediction interval** (预测区间): where the count itself
# should fall in 95 of 100 such shops, chance and uncertain parameters both included.

# %%
origin = log.time_until(split, unit)
track = holdout.tracking(fit, summary, origin, int(origin + ahead), rng)
track["actual"] = log.purchases_by_period(unit, joined_until=split)["repeat_purchases"].cumsum().reindex(track.index)
end = track.dropna().iloc[-1]
chapter.show(
    plots.value.tracking(track, origin, unit), name="tracking",
    alt="Repeat purchases so far. At the end {actual:,.0f} were counted; {best} expected {expected:,.0f} [{low:,.0f}, {high:,.0f}].",
    actual=end["actual"], best=best, expected=end["expected"], low=end["low"], high=end["high"],
)  # fmt: skip
miss = end["actual"] / end["expected"] - 1
inside = "inside" if end["low"] <= end["actual"] <= end["high"] else "outside"
chapter.say("At the end the count is **{miss:+.1%}** off what was expected, {inside} the band.", miss=miss, inside=inside)

# %% [markdown]
# ## Who is still a customer?
#
# Now the model may see the whole log. It is fitted again on all of it, and asked about the future after the last day. P(alive) falls
# with silence, and faster for those who used to buy often.

# %%
today = log.summary(unit=unit)
now, spend = fit.model.fit(today), GammaGamma().fit(today)
found = holdout.parameters({best: now, "Gamma-Gamma": spend})
chapter.save(found, "parameters")
chapter.table(found, caption="Parameters on the whole log, with 95 % intervals", formats=dict.fromkeys(["estimate", "se", "low", "high"], "{:.4g}"))

# %%
alive = value.alive_map(now, today)
chapter.show(
    plots.value.alive_map(alive, unit), name="alive",
    alt="P(alive) by repeat purchases and {unit}s of silence. Of {n:,} customers, {sure:,} are alive with 90 % or more, {gone:,} with less "
    "than 10 %.", unit=unit, n=len(today), sure=(now.p_alive(today) >= 0.9).sum(), gone=(now.p_alive(today) < 0.1).sum(),
)  # fmt: skip

# %%
waits = pd.DataFrame({"p_alive": now.p_alive(today), "p_no_purchase": now.p_no_purchase(today, horizon), "median_wait": now.median_wait(today)})
never_again = np.isinf(waits["median_wait"]).mean()
chapter.table(
    waits.join(today).sort_values("x", ascending=False), rows=6, caption=f"Busiest customers: silence over {horizon}, and median {unit}s to the next purchase",
    formats={"p_alive": "{:.3f}", "p_no_purchase": "{:.3f}", "median_wait": "{:.1f}"},
)  # fmt: skip
chapter.say("For **{share:.0%}** of customers it is more likely than not that they never buy again: their median wait is infinite.", share=never_again)

# %% [markdown]
# ## What is each customer worth?
#
# Multiply: expected purchases, discounted, times expected spend, times margin. The interval joins what is uncertain in both models. It
# is a **confidence interval for the customer's average**. What one customer will really do scatters far more.

# %%
table = value.clv(now, spend, today, **settings.for_clv)
chapter.save(table.join(waits[["p_no_purchase", "median_wait"]]).join(today), "customers")
worth = dict.fromkeys(("expected_spend", "clv", "clv_low", "clv_high"), currency + "{:,.2f}")
shares = {"p_alive": "{:.3f}", "expected_purchases": "{:.2f}", "discounted_purchases": "{:.2f}"}
chapter.table(table.sort_values("clv", ascending=False), rows=10, caption=f"Customer lifetime value over {horizon}", formats=worth | shares)

# %%
total = value.equity(now, spend, today, **settings.for_clv).iloc[0]
tall = table.nlargest(1, "clv").iloc[0]
chapter.show(
    plots.value.ranking(table, currency), name="ranking",
    alt="The fifteen most valuable customers with intervals. The first is worth {clv} [{low}, {high}] over {horizon}.",
    clv=f"{currency}{tall['clv']:,.0f}", low=f"{currency}{tall['clv_low']:,.0f}", high=f"{currency}{tall['clv_high']:,.0f}", horizon=horizon,
)  # fmt: skip
words = f"{currency}{total['equity']:,.0f} [{currency}{total['low']:,.0f}, {currency}{total['high']:,.0f}]"
chapter.say("Together these {n:,} customers are worth **{words}**: the **customer equity** (客户资产) over {horizon}.", n=len(today), words=words, horizon=horizon)
chapter.key_figure("Customer equity", total["equity"], total["low"], total["high"], unit=currency, text=f"{words} over {horizon}")

# %% [markdown]
# ## Does lifetime value pick better customers than past sales?
#
# This is the test of the theory. Rank customers at the end of calibration, once by CLV and once by past spend. Take the top 20 % of
# each ranking. Which of the two groups brought more of the revenue of the holdout? The dotted line is a ranking by the holdout itself,
# which nobody can have beforehand.

# %%
ranked = value.clv(fit, GammaGamma().fit(summary), summary, **settings.over(ahead))
race = pd.DataFrame({"clv": ranked["clv"], "past_spend": first, "holdout_revenue": second}).loc[summary.index]
gain = claims.test("VAL-2", race, name=transactions, seed=seed)
rankings = {"by lifetime value": race["clv"], "by past spend": race["past_spend"], "by what happened": race["holdout_revenue"]}
curves = {name: concentration.capture_curve(score, race["holdout_revenue"]) for name, score in rankings.items()}
held = [concentration.captured(score, race["holdout_revenue"]) for score in rankings.values()]
chapter.show(
    plots.concentration.capture(curves, 0.2), name="capture",
    alt="Part of holdout revenue brought by the best-ranked customers. The top 20 % by lifetime value brought {clv:.1%}, by past spend "
    "{past:.1%}; the best possible is {best:.1%}.", clv=held[0], past=held[1], best=held[2],
)  # fmt: skip
chapter.say(
    "Lifetime value captures **{theta:+.1%}** of revenue more than past spend [{low:+.1%}, {high:+.1%}]: the claim is **{verdict}**.",
    theta=gain.theta, low=gain.low, high=gain.high, verdict=gain.verdict,
)  # fmt: skip

# %% [markdown]
# ## What may a new customer cost?
#
# A customer just won has no history. The model gives the average path. The **payback month** (回收期) is the first in which the margin
# has paid back the acquisition cost.

# %%
path = value.new_customer(now, spend, **settings.for_new)
paid = value.payback_in_words(path)
chapter.show(
    plots.value.paying_back(path, currency), name="payback",
    alt="Value of a new customer after winning costs of {cost}: {start} after the first purchase, {end} after {n} months. {paid}",
    cost=f"{currency}{acquisition_cost:,.0f}", start=f"{currency}{path['value'].iloc[0]:,.2f}", end=f"{currency}{path['value'].iloc[-1]:,.2f}",
    n=path.index[-1], paid=paid,
)  # fmt: skip

# %% [markdown]
# ## An independent check
#
# The package `lifetimes` fits the same model with other code. Both should find the same maximum. The log-likelihoods of both points
# are computed by one formula. The higher one is the better maximum.

# %%
compared = peer.side_by_side(fits[best if best in peer.FITTERS else "BG/NBD"], summary, ahead)
chapter.table(compared, caption="The same model fitted twice", formats=dict.fromkeys(compared, "{:,.4f}"), rows=8)
lead = compared.loc["log-likelihood", "crmtheory"] - compared.loc["log-likelihood", "lifetimes"]
chapter.say("Our log-likelihood is higher by **{lead:.4f}**: {words}.", lead=lead, words=peer.in_words(lead))

# %% [markdown]
# ## Two extremes, and a known truth
#
# An index should give its known bounds. A fit should find a truth that is known. So make customers with given Pareto/NBD parameters and
# see whether the intervals cover them.

# %%
bounds = pd.Series({"all equal": concentration.gini(np.ones(100)), "one has all": concentration.gini(np.eye(100)[0])}, name="Gini")
truth = np.array([0.55, 10.6, 0.61, 11.7])
made = ParetoNBD().simulate(truth, 39.0, rng, n=4000)
found = ParetoNBD().fit(made, unit="week")
known = found.table()[["estimate", "low", "high"]].assign(truth=truth)
known["covered"] = (known["low"] <= known["truth"]) & (known["truth"] <= known["high"])
chapter.table(bounds.to_frame(), caption="Gini at its bounds (100 customers)")
chapter.table(known, caption="A known truth, estimated", formats=dict.fromkeys(["estimate", "low", "high", "truth"], "{:.3f}"))

# %%
chapter.say(
    "**{covered} of 4** intervals cover the truth (19 of 20 should, in the long run). P(alive) adds up to **{sum:,.0f}** customers; "
    "**{alive:,}** really were alive.", covered=known["covered"].sum(), sum=found.p_alive(made).sum(), alive=made["alive"].sum(),
)  # fmt: skip

# %% [markdown]
# ## Where it fails
#
# **The naive way.** Many reports multiply a customer's past rate by the horizon. That forgets that customers leave.

# %%
naive = guesses["own past rate"].sum() / summary["x_holdout"].sum()
model = guesses[best].sum() / summary["x_holdout"].sum()
chapter.say("On the holdout the naive way expects **{naive:.2f}** times the purchases that came. {best} expects {model:.2f} times.", naive=naive, best=best, model=model)

# %% [markdown]
# **A broken assumption.** Now customers who buy like clockwork, every four weeks, and leave after each purchase with a chance of 10 %. Two
# missed purchases mean that they are gone. The model, which believes in random timing, goes on hoping.

# %%
clockwork = simulate.regular_buyers(3000, 52.0, rng)
hope = BGNBD().fit(clockwork, unit="week").p_alive(clockwork)
missed = (clockwork["T"] - clockwork["t_x"]).between(8, 12)
chapter.say(
    "Of {n:,} clockwork customers silent for 8 to 12 weeks, **{alive:.0%}** are alive; the model says **{hope:.0%}**. On such data P(alive) "
    "is too high after a missed purchase.", n=missed.sum(), alive=clockwork["alive"][missed].mean(), hope=hope[missed].mean(),
)  # fmt: skip

# %% [markdown]
# **One number at a time.** Equity depends on choices that are not data. Change one and keep the rest.

# %%
changed = value.sensitivity(now, spend, today, settings)
spread = f"{currency}{changed['equity'].min():,.0f} to {currency}{changed['equity'].max():,.0f}"
chapter.show(
    plots.value.sensitivity(changed, currency), name="sensitivity",
    alt="Customer equity under other horizons and discount rates: from {spread}. The diamond is the choice in force.", spread=spread,
)  # fmt: skip

# %% [markdown]
# ## The claims
#
# A claim gets its verdict from an interval and a threshold δ that was fixed beforehand. *Supported*: the whole interval is on the claim's
# side of δ. *Contradicted*: the whole interval is on the other side. *Inconclusive*: δ lies within it.

# %%
concentrated = claims.test("VAL-1", revenue.to_frame(), name=transactions, seed=seed)
verdicts = [concentrated, gain, independence]
chapter.verdict(*verdicts)
chapter.verdict(*(claims.test(name, race, name=transactions) for name in ("VAL-3", "VAL-4")))
shown = pd.DataFrame([v.to_dict() for v in verdicts]).set_index("id")[["claim", "theta", "low", "high", "delta", "verdict"]]
chapter.table(shown, caption="Verdicts on these data", formats=dict.fromkeys(["theta", "low", "high", "delta"], "{:.3f}"))

# %% [markdown]
# VAL-3 and VAL-4 are about value *to* the customer. They need a survey and a choice panel, and are not implemented yet.

# %% [markdown]
# ## What to do
#
# Each customer gets a class and the treatment the theory advises. *Key*: the top 20 % by lifetime value. *Win back*: big spenders of the
# past who have probably gone. *Develop*: probably alive, not yet big. *Low touch*: the rest. The list is saved as `actions.csv`.

# %%
advice = value.actions(table, revenue)
chapter.save(advice, "actions")
plan = advice.groupby("class").agg(customers=("clv", "size"), clv=("clv", "sum"), past_spend=("past_spend", "sum"), action=("action", "first"))
plan = plan.sort_values("clv", ascending=False)
chapter.table(plan, caption="Classes and advised treatment", formats={"clv": currency + "{:,.0f}", "past_spend": currency + "{:,.0f}"})
key = plan.loc["key"]
chapter.say("The **{n:,}** key customers hold **{share:.0%}** of customer equity.", n=key["customers"], share=key["clv"] / plan["clv"].sum())

# %%
again = holdout.share_with_interval(summary["x_holdout"] > 0)
chapter.goal("Customers of the first half who buy in the second", target_repeat, *again, trend=f"model expected {1 - fit.p_no_purchase(summary, ahead).mean():.0%}")
chapter.goal("Revenue from the top 20 %", None, *(spent[k] for k in ("share", "low", "high")), trend="")
chapter.say("**{share:.1%}** [{low:.1%}, {high:.1%}] of customers bought in the holdout; the goal is {goal:.0%}.", share=again[0], low=again[1], high=again[2], goal=target_repeat)

# %% [markdown]
# ## Your predictions, checked

# %%
back = (summary["x_holdout"] > 0)[never].mean()
pair = pd.DataFrame({"x": [1, 10], "t_x": origin / 2, "T": origin})
one, ten = fit.p_alive(pair)
chapter.say(
    "1. The top 20 % bring **{share:.1%}** of revenue.\n2. With ten repeat purchases and then silence for half of the time: **{ten:.1%}** alive. With one: "
    "**{one:.1%}**. The same silence says more about a busy customer.\n3. Of those who had not come back, **{back:.1%}** bought in the holdout; "
    "{best} expected {model:.1%}.", share=spent["share"], ten=ten, one=one, back=back, best=best,
    model=1 - fit.p_no_purchase(summary, ahead)[never].mean(),
)  # fmt: skip

# %% [markdown]
# ## Key ideas
#
# - What customers brought is not what they will bring: some have left, and nobody was told.
# - Silence counts relative to the customer's own rhythm.
# - A customer with a short history is judged partly by all others. That is why extreme predictions are pulled to the middle.
# - A model earns trust on a holdout, against naive rules.
# - A value without an interval is half an answer. A verdict comes from an interval and a threshold fixed beforehand.
#
# ## Exercises
#
# 1. *Predict.* Set `discount_rate` to 0.5. Will customer equity over 52 weeks fall by a third? Run and explain.
# 2. *Compute.* By hand, find P(alive) of a customer with $x = 2$, $t_x = 30.43$, $T = 38.86$ under the published numbers.
# 3. *Interpret.* In the tracking plot, where does the count leave the band first, if it does? What happened in the shop then?
# 4. *Criticise.* The treatment of key customers changes what they do. Why can this chapter not tell whether it works?
# 5. *Break it.* Change `gap` and `leave` of `simulate.regular_buyers`. When is the model least wrong?
#
# ## Glossary
#
# | English | 中文 | in short |
# |---|---|---|
# | customer lifetime value (CLV) | 客户终身价值 | discounted profit expected from a customer |
# | customer equity | 客户资产 | sum of the lifetime values of all customers |
# | repeat purchase | 重复购买 | any purchase after the first |
# | calibration, holdout period | 校准期、验证期 | what the model sees, what it is judged on |
# | P(alive) | 活跃概率 | probability of still being a customer |
# | attrition | 流失过程 | customers leaving, here without notice |
# | heterogeneity | 异质性 | customers differ |
# | discount rate | 贴现率 | how much less money is worth a year later |
# | Pareto principle | 帕累托原则 | 20 % bring 80 % |
# | confidence, prediction interval | 置信区间、预测区间 | how well an average is known; what will be observed |
#
# ## References
#
# - Ehrenberg, A. S. C. (1959). The pattern of consumer purchases. *Applied Statistics* 8, 26–41.
# - Schmittlein, D. C., Morrison, D. G. & Colombo, R. (1987). Counting your customers. *Management Science* 33, 1–24.
# - Fader, P. S., Hardie, B. G. S. & Lee, K. L. (2005). "Counting your customers" the easy way. *Marketing Science* 24, 275–284.
# - Fader, P. S., Hardie, B. G. S. & Lee, K. L. (2005). RFM and CLV. *Journal of Marketing Research* 42, 415–430.
# - Batislam, E. P., Denizel, M. & Filiztekin, A. (2007). Empirical validation and comparison of models for customer base analysis.
#   *International Journal of Research in Marketing* 24, 201–209.
# - Fader, P. S. & Hardie, B. G. S. (2013). The Gamma-Gamma model of monetary value. Technical note 25.
# - Wheat, R. D. & Morrison, D. G. (1990). Estimating purchase regularity with two interpurchase times. *Journal of Marketing Research*
#   27, 87–93.
# - Data: Fader, P. S. & Hardie, B. G. S. (2001). Forecasting repeat sales at CDNOW. *Interfaces* 31(3), S94–S107. Chen, D., Sain, S. L. &
#   Guo, K. (2012). Data mining for the online retail industry. *Journal of Database Marketing* 19, 197–208.

# %%
chapter.finish()
