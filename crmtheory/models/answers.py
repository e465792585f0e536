"""What a fitted model answers: the questions of its family, one number per customer, on the summary's index.

Each question takes `level`: without it the answer is a Series of estimates; with it (0.95, say) a frame with the
estimate and a *confidence* interval: how well the customer's average or probability is known, given the model. What a
customer will really do scatters far more: that is a *prediction* interval, of `prediction`.

Intervals are by the delta method on the logit of a probability and on the logarithm of a number: within their range.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from crmtheory import numerics
from crmtheory.errors import DomainError, SchemaError, unknown
from crmtheory.models.fit import Fit
from crmtheory.models.history import counts, possible_level
from crmtheory.models.intervals import limits
from crmtheory.numerics import Array
from crmtheory.units import days_per

FUTURES = 2_000_000  # simulated customers at a time
Answer = Callable[..., Array]  # of theta, x, t_x, T


class AttritionFit(Fit):
    """A fitted attrition model. Its answers take a summary and return one number per customer, on the same index."""

    def p_alive(self, summary: pd.DataFrame, t: float | str = 0.0, *, level: float | None = None) -> Any:
        """P(still a customer at the end of observation), or t later."""
        return self._by_customer("p_alive", summary, self._asked("p_alive", t), level, "probability")

    def conditional(self, summary: pd.DataFrame, t: float | str, *, level: float | None = None) -> Any:
        """Expected purchases in the next t, a number in the fit's unit or a duration such as "39 weeks"."""
        return self._by_customer("expected_purchases", summary, self._asked("conditional", t), level)

    def p_no_purchase(self, summary: pd.DataFrame, t: float | str, *, level: float | None = None) -> Any:
        """P(no purchase in the next t)."""
        return self._by_customer(
            "p_no_purchase", summary, self._asked("p_no_purchase", t), level, "probability"
        )

    def discounted(
        self,
        summary: pd.DataFrame,
        horizon: float | str,
        discount_rate: float,
        *,
        level: float | None = None,
    ) -> Any:
        """Discounted expected purchases over the horizon; the rate is annual."""
        answer = self._asked("discounted", horizon, discount_rate)
        return self._by_customer("discounted_purchases", summary, answer, level)

    def median_wait(
        self, summary: pd.DataFrame, *, given_alive: bool = False, level: float | None = None
    ) -> Any:
        """Median time to the next purchase, in the fit's unit; infinite where none is the likelier outcome.

        With `given_alive`, of customers known to be still there. The interval holds the times at which the interval of
        P(no purchase until then) holds one half.
        """

        def answer(theta: Array, *h: Array) -> Array:
            return self.model.median_wait(theta, *h, given_alive=given_alive)

        estimate = self._by_customer("median_wait", summary, answer)
        if level is None:
            return estimate
        rows, inverse = self._rows(summary)

        def bound(side: int) -> Array:
            def silent(t: Array) -> Array:
                def of(theta: Array) -> Array:
                    own = self.model.spread(theta, *rows[3:])
                    return self.model.silence(own, t, *rows[:3], given_alive=given_alive)

                return self._limits(of, level, "probability")[side]

            return self.model.half_time(silent, self.theta, rows[2])

        limits = [bound(side)[inverse] for side in (1, 2)]
        return pd.DataFrame({"median_wait": estimate, "low": limits[0], "high": limits[1]})

    def pmf(
        self, summary: pd.DataFrame, t: float | str, most: int = 10, *, level: float | None = None
    ) -> pd.DataFrame:
        """P(y purchases in the next t), columns y = 0, …, `most`; what is missing to 1 is the chance of more.

        With `level` each y has three columns: pmf, low, high.
        """
        time, columns = self.time(t), {}
        for y in range(most + 1):

            def answer(theta: Array, *h: Array, y: int = y) -> Array:
                return self.model.pmf(theta, y, time, *h)

            columns[y] = self._by_customer("pmf", summary, answer, level, "probability")
        return pd.concat(columns, axis=1).rename_axis(
            columns=["purchases", None][: 1 if level is None else 2]
        )

    def prediction(
        self,
        summary: pd.DataFrame,
        t: float | str,
        rng: np.random.Generator,
        *,
        level: float = 0.95,
        draws: int = 400,
    ) -> pd.DataFrame:
        """How many purchases each customer will make in the next t: a *prediction* interval.

        Each draw takes parameters from their estimated sampling distribution and simulates what a customer with this
        history does.

        Returns
        -------
        frame on the summary's index: expected_purchases, low, high (whole numbers)
        """
        rows, inverse = self._rows(summary)
        tails = [possible_level(level), 1 - possible_level(level)]
        if np.isinf(self.time(t)):
            raise DomainError('A prediction needs an end, such as "52 weeks".')
        limits = [
            np.quantile(counts, tails, axis=0, method="inverted_cdf")
            for counts in self._futures(rows, self.time(t), rng, draws)
        ]
        low, high = np.concatenate(limits, axis=1)[:, inverse] if limits else np.empty((2, 0))
        expected = self.conditional(summary, t)
        return pd.DataFrame({"expected_purchases": expected, "low": low, "high": high}, index=summary.index)

    def _futures(self, rows: list[Array], t: float, rng: np.random.Generator, draws: int) -> Iterator[Array]:
        """Simulated purchases, (draws, customers), for some of the customers at a time."""
        thetas = np.stack([self.draw(rng) for _ in range(draws)], axis=1)
        size = max(FUTURES // draws, 1)
        for first in range(0, len(rows[0]), size):
            part = [np.tile(column[first : first + size], draws) for column in rows]
            n = len(part[0]) // draws
            theta = np.repeat(thetas, n, axis=1)
            theta = self.model.spread(theta, *part[3:])
            customer, _, _ = self.model.future(theta, t, *part[:3], rng)
            yield np.bincount(customer, minlength=draws * n).reshape(draws, n).astype(float)

    def expected(self, t: ArrayLike | str, *, level: float | None = None) -> Any:
        """Expected repeat purchases of a new customer in the first t; with covariates, of an average one."""
        if isinstance(t, str) or np.ndim(t) == 0:
            times: Any = self.time(t)  # type: ignore[arg-type]
        else:
            times = np.asarray(t, float)
            if not np.all(times >= 0):
                raise DomainError(f"A duration must be 0 or more, not {times.min():g}.")
        if level is None:
            return self.model.expected(self.theta, times)
        found = self._limits(lambda v: np.atleast_1d(self.model.expected(v, times)), level, "number")
        index = pd.Index(np.atleast_1d(times), name="t")
        return pd.DataFrame(dict(zip(("expected", "low", "high"), found, strict=True)), index=index)

    def total(
        self,
        question: str,
        summary: pd.DataFrame,
        *arguments: Any,
        level: float = 0.95,
        weights: str | None = None,
    ) -> pd.DataFrame:
        """The sum over these customers of an answer, with a confidence interval for the sum.

        Parameters
        ----------
        question : "p_alive", "conditional", "p_no_purchase" or "discounted"; arguments : as the method of that name
        weights : the column that says for how many customers each row stands

        Returns
        -------
        one-row frame: customers, total, low, high. The errors of the parameters are shared by all customers and do not
        average out.
        """
        if question not in TOTALS:
            raise SchemaError(unknown("question", question, TOTALS))
        rows, inverse = self._rows(summary)
        stands_for = counts(summary, weights) if weights else np.ones(len(summary))
        times = np.bincount(inverse, stands_for, len(rows[0]))
        answer = self._asked(question, *arguments)

        def sum_of(theta: Array) -> Array:
            return np.atleast_1d(times @ answer(self.model.spread(theta, *rows[3:]), *rows[:3]))

        n = int(stands_for.sum())
        if question.startswith("p_") and n:  # at most everybody
            of_all = self._limits(lambda theta: sum_of(theta) / n, level, "probability")
            value, low, high = (n * float(v[0]) for v in of_all)
        else:
            value, low, high = (float(v[0]) for v in self._limits(sum_of, level, "number"))
        return pd.DataFrame([{"customers": n, "total": value, "low": low, "high": high}])

    def _asked(self, question: str, *arguments: Any) -> Answer:
        """The model's answer to one of `TOTALS`, as a function of θ and histories; arguments as the method's."""
        if question == "discounted":
            horizon, rate = arguments
            delta = self.force_of_interest(rate)
            given: tuple[float, ...] = (self.time(horizon), delta)
        else:
            given = tuple(self.time(duration) for duration in arguments)
        if question == "p_alive":
            question, given = ("p_alive_later", given) if any(given) else ("p_alive", ())
        ask = getattr(self.model, question)
        return lambda theta, *h: ask(theta, *given, *h)

    def _rows(self, summary: pd.DataFrame) -> tuple[list[Array], Any]:
        rows, _, inverse = numerics.distinct_rows(histories(self, summary), np.ones(len(summary)))
        return rows, inverse

    def _limits(self, quantity: Answer, level: float, kind: str) -> tuple[Array, Array, Array]:
        """quantity(θ) with its interval."""
        value = np.asarray(quantity(self.theta), float)
        return value, *limits(self, value, self.gradient_of(quantity), level, kind)

    def _by_customer(
        self,
        name: str,
        summary: pd.DataFrame,
        answer: Answer,
        level: float | None = None,
        kind: str = "number",
    ) -> Any:
        rows, inverse = self._rows(summary)

        def values(theta: Array) -> Array:
            if not len(rows[0]):
                return np.empty(0)
            return answer(self.model.spread(theta, *rows[3:]), *rows[:3])

        if level is None:
            return pd.Series(values(self.theta)[inverse], index=summary.index, name=name)
        limits = self._limits(values, level, kind)
        columns = zip((name, "low", "high"), limits, strict=True)
        return pd.DataFrame({key: part[inverse] for key, part in columns}, index=summary.index)


TOTALS = ("p_alive", "conditional", "p_no_purchase", "discounted")


def histories(fit: AttritionFit, summary: pd.DataFrame) -> list[Array]:
    """x, t_x, T of a summary (and what else the model knows), checked, and in the unit of time of the fit.

    Raises
    ------
    SchemaError : the summary was made in another unit than the fit
    """
    unit = summary.attrs.get("unit") if isinstance(summary, pd.DataFrame) else None
    if unit and fit.unit and days_per(unit) != days_per(fit.unit):
        raise SchemaError(
            f"The model was fitted to ages in {fit.unit}s, but this summary has ages in {unit}s. "
            f'Make it with summary(unit="{fit.unit}").'
        )
    return fit.model.read(summary)[0]
