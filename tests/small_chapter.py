"""A chapter of few cells for the tests of the machinery, written into a folder of notebooks."""

from __future__ import annotations

from pathlib import Path

from crmtheory import contents, execution
from crmtheory.building import convert

SOURCE = """# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What is one customer worth?
#
# *Source: `src/05_customer_value.py`*
#
# The value of a customer, **客户价值**, is not what was bought but what is to come.

# %% [markdown]
# ## The theory
#
# With rate $\\\\lambda$ and horizon $t$ the customer buys $E[X] = \\\\lambda t$ times:
#
# $$\\\\mathrm{CLV} = \\\\sum_{k=1}^{\\\\infty} \\\\frac{m \\\\, E[X_k]}{(1 + d)^{k}}$$
#
# | term | 中文 | meaning |
# |---|---|---|
# | frequency | 频次 | repeat purchases, `x` |
# | spend per order | 客单价 | mean amount of an order, `m` |
#
# ### What would contradict it
#
# If spend told nothing about frequency. [A link](https://example.org/paper) is only a link.

# %% tags=["parameters"]
customer: str = "Zhang"  # name of the customer
horizon_weeks: int = 52  # how far to look ahead, in weeks
margin: float = 0.3  # share of an order that is kept
names: list = ["a", "b"]  # some names
deep: bool = False  # look deeper
output: str = ""  # folder for the results

# %%
from crmtheory.chapter import open_chapter

chapter = open_chapter("value", globals(), folder=FOLDER)

# %% [markdown]
# ## On the data

# %%
if customer == "crash":
    raise KeyError("no such customer")
if customer == "slow":
    import os
    import time

    with open("kernel.pid", "w") as file:
        file.write(f"{os.getpid()}\\n")
    time.sleep(600)
if customer == "refused":
    from crmtheory.errors import DomainError

    raise DomainError("One customer is not enough: at least 2 are needed.")
chapter.data("small", sha256="00ff", rows=5, customers=3, first="2010-01-01", last="2010-12-31")
chapter.say("The customer **{who}** is worth {clv:,.0f} ({share:.1%}); unknown: {gap:.2f}.",
            who=customer, clv=1234.5, share=0.72, gap=float("nan"))

# %%
import matplotlib.pyplot as plt

figure, ax = plt.subplots()
ax.plot([0, 1], [0, 1], linestyle="--")
ax.plot([0, 0.2, 1], [0, 0.7, 1])
ax.set(xlabel="share of customers", ylabel="share of revenue")
chapter.show(figure, alt="Lorenz curve: {who} and the top 20 % bring {share:.0%} of revenue.",
             name="lorenz", who=customer, share=0.7)

# %%
import pandas as pd

table = pd.DataFrame(
    {"name": [customer, "=cmd()", "李雷"], "orders": [1, 22, 3333], "clv": [0.5, None, 1234.567]},
    index=pd.Index([101, 102, 103], name="customer"),
).assign(**{f"week_{i}": range(i, i + 3) for i in range(10)})
chapter.table(table, caption="Customers by value", rows=2)
chapter.save(table, "customers")
chapter.save(table[["name"]], "actions")

# %%
table.head(1)

# %%
chapter.key_figure("Value of all customers", 1234.5, 1100.0, float("nan"), "£")
chapter.goal("Repeat rate", 0.4, 0.35, 0.31, 0.39, "rising")
chapter.verdict({
    "id": "VAL-1", "claim": "20 % bring 80 %", "claim_zh": "二八法则", "theta": 0.72, "low": 0.70,
    "high": 0.74, "delta": 0.8, "delta_source": "the claim", "kind": "at least", "verdict": "contradicted",
    "reason": "", "n": 2357, "data": "small",
})

# %%
print("a line that is far too long for a phone: " + "0123456789 " * 20)
chapter.finish()
"""


def write(folder: Path, extra: str = "") -> Path:
    """Write source and notebook (not executed) of the small chapter; give the path of the notebook."""
    source = contents.source("value", folder)
    source.parent.mkdir(parents=True, exist_ok=True)
    text = SOURCE.replace("\\\\", "\\").replace("FOLDER", repr(str(folder)))
    source.write_text(text + extra, encoding="utf-8")
    notebook = contents.notebook("value", folder)
    execution.write(convert(source), notebook)
    return notebook
