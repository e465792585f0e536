"""Where the files that come with the package are: data sets, notebooks.

A checkout keeps them beside the package; an installed wheel carries them inside it.
"""

from __future__ import annotations

from pathlib import Path

from crmtheory.errors import SchemaError

PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """The folder `name` ("data" or "notebooks") of the checkout or of the installed package.

    >>> folder("data").name
    'data'
    """
    inside, beside = PACKAGE / "_shipped" / name, PACKAGE.parent / name
    for place in (inside, beside):
        if place.is_dir():
            return place
    raise SchemaError(
        f"The folder {name}/ that comes with crmtheory is missing: neither {inside} nor {beside} exists."
    )
