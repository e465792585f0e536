"""Path models: the fit of the satisfaction index, 5,000 bootstrap samples of it, and the same one sample after another.

    python -m benchmarks.path

takes half a minute and prints its table. The peer is the same fit called once for each sample, as most software does:
what is gained is that of fitting all samples together.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import click
import numpy as np
import pandas as pd

from benchmarks.pages import environment
from benchmarks.timing import Row, markdown, race
from crmtheory import datasets
from crmtheory.survey import path
from crmtheory.survey.complete import resampled
from crmtheory.survey.path.resampling import drawn

RESAMPLES = 5_000
SECONDS = 3  # target for all samples
FEW = 100  # samples that the peer fits; its time is scaled up


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--runs", default=3, show_default=True, help="How often each job is timed.")
def main(runs: int) -> None:
    """Time of path models on the 250 customers of a mobile-phone provider, 24 items."""
    answers = pd.read_csv(datasets.path("ecsi_mobile"))
    rows = [fit(answers, runs)]
    rows += [
        bootstrap(answers, scheme, interval, consistent, runs)
        for scheme in ("path", "centroid")
        for interval in ("percentile", "bca")
        for consistent in (False, True)
    ]
    rows.append(mediation(answers, runs))
    many = pd.concat([answers] * 40, ignore_index=True)
    rows.append(bootstrap(many, "path", "percentile", False, 1, target=None))
    verdicts = [row.verdict for row in rows if row.verdict]
    click.echo("\n\n".join([f"{environment()}.", markdown(rows), *verdicts]))


def fit(answers: pd.DataFrame, runs: int) -> Row:
    """One fit with all its tables."""
    ours = race({"ours": (lambda: path.fit(path.ECSI, answers), runs)})["ours"]
    return Row("fit", _size(answers), ours, f"{ours.answer.iterations} iterations")


def bootstrap(
    answers: pd.DataFrame,
    scheme: str,
    interval: str,
    consistent: bool,
    runs: int,
    target: float | None = SECONDS,
) -> Row:
    """All samples at once against one after the other, with the same samples."""
    job = partial(
        path.bootstrap,
        path.ECSI,
        answers,
        resamples=RESAMPLES,
        interval=interval,
        scheme=scheme,
        consistent=consistent,
    )
    ways: dict[str, tuple[Callable[[], Any], int]] = {"ours": (lambda: job(rng=_rng()), runs)}
    if target is not None and interval == "percentile":
        ways["peer"] = (partial(_one_by_one, answers, scheme, consistent), 1)
    found = race(ways)
    ours = found["ours"]
    kind = f"{'consistent, ' if consistent else ''}{scheme}, {interval}"
    row = Row(f"bootstrap ({kind})", _size(answers), ours, f"{ours.answer.failed} failed", target=target)
    if "peer" not in found:
        return row
    gap = np.abs(found["peer"].answer - _first(answers, scheme, consistent)).max()
    seconds = found["peer"].seconds[0] * RESAMPLES / FEW
    peer = type(ours)((seconds,), None)
    check = f"{row.check}; paths differ by at most {gap:.0e}"
    return Row(row.job, row.size, ours, check, f"one by one ({FEW} timed)", peer, target)


def mediation(answers: pd.DataFrame, runs: int) -> Row:
    """One route with its interval."""
    question = partial(path.mediation, path.ECSI, answers, "Expectation", "Quality", "Satisfaction")
    ours = race({"ours": (lambda: question(rng=_rng(), resamples=RESAMPLES), runs)})["ours"]
    estimate = ours.answer.loc["indirect", "estimate"]
    return Row("mediation", _size(answers), ours, f"indirect effect {estimate:.4f}", target=SECONDS)


def _one_by_one(answers: pd.DataFrame, scheme: str, consistent: bool) -> np.ndarray:
    """Path coefficients (FEW, paths) of the first samples, each fitted by itself."""
    counts = resampled(len(answers), FEW, _rng())
    weights = (pd.Series(times, answers.index) for times in counts)
    fits = (path.fit(path.ECSI, answers, scheme, consistent, given) for given in weights)
    return np.array([found.paths["estimate"] for found in fits])


def _first(answers: pd.DataFrame, scheme: str, consistent: bool) -> np.ndarray:
    """The same from samples fitted together."""
    found = drawn(path.ECSI, answers, _rng(), FEW, "percentile", scheme, consistent, None, 0.95)
    edges = [(path.ECSI.number(start), path.ECSI.number(end)) for start, end in path.ECSI.edges]
    return found.samples.paths[:, [i for i, _ in edges], [j for _, j in edges]]


def _size(answers: pd.DataFrame) -> str:
    return f"{len(answers):,} respondents × {answers.shape[1]} items"


def _rng() -> np.random.Generator:
    return np.random.default_rng(1)


if __name__ == "__main__":
    main()
