"""How far long work is: a bar for each run on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack

import click

BAR = "{desc}: cell {n_fmt} of {total_fmt} |{bar:30}| {elapsed}"


class Bars(ExitStack):
    """A bar per run on a terminal; plain lines elsewhere. Entering it gives ``tell(place, done, total)``."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.names = names
        self.begun: set[int] = set()

    def __enter__(self) -> Callable[[int, int, int], None]:  # type: ignore[override]
        super().__enter__()
        if not sys.stderr.isatty():
            return self._say
        from tqdm import tqdm

        wide = max(map(len, self.names))
        self.bars = [
            self.enter_context(tqdm(desc=f"{name:<{wide}}", total=1, position=place, bar_format=BAR))
            for place, name in enumerate(self.names)
        ]
        return self._draw

    def _draw(self, place: int, done: int, total: int) -> None:
        bar = self.bars[place]
        bar.total = total
        bar.update(done - bar.n)

    def _say(self, place: int, done: int, total: int) -> None:
        begun = place in self.begun
        self.begun.add(place)
        if done == total:
            click.echo(f"{self.names[place]}: {'finished' if begun else 'finished before'}", err=True)
        elif not begun:
            click.echo(f"{self.names[place]}: {total} cells", err=True)
