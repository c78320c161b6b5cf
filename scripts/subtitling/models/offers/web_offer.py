"""A folder of a web server with a model in it. Such a folder has no list, so the files that models
have are asked for by their names; others must be named."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from lineage.problem import Problem
from subtitling.models import kinds
from subtitling.models.errors import Unreachable
from subtitling.models.offers.offer import (
    CONFIG,
    MOST_BYTES,
    Announced,
    Offer,
    fits,
    model_name,
    parted,
    settings,
)
from subtitling.models.sources import http
from subtitling.models.sources.base import Call


def offer(address: str, calls: list[Call], named: Sequence[str] = ()) -> Offer:
    """What the folder at an address has of the files of models, or of those that are `named`. An
    address that ends in a file's name is that of the folder, and names the file. Raises Problem
    where there is none."""
    base = address.rstrip("/")
    if not fits(base, "address"):
        raise Problem(f"{address}: give a folder's https address, without spaces, ? or #")
    folder, _, last = base.rpartition("/")
    try:
        with http.session(None, calls, MOST_BYTES) as session:
            listed = http.sizes(session, base, named or kinds.COMMON_FILES)
            if not listed and not named and "." in last and urlsplit(folder).hostname:
                base, listed = folder, http.sizes(session, folder, [last])
            if missing := [name for name in named if name not in listed]:
                raise Problem(f"{address}: it has no {', '.join(missing)}; correct --file")
            config = {}
            if CONFIG in listed:
                text = http.content(session, f"{base}/{CONFIG}")
                config = settings(text, f"{base}/{CONFIG}")
    except Unreachable as error:
        raise Problem(f"{address}: {error}") from error
    if not listed:
        raise Problem(
            f"{address}: no file of a model is there by a usual name; give the folder's address, "
            "and each file's name with --file"
        )
    names, others = parted(listed)
    return Offer(
        label=f"web {base}",
        name=model_name(base.rpartition("/")[2]),
        source={"kind": "web", "base": base},
        files={name: Announced(listed[name]) for name in names},
        left_out=others,
        config=config,
    )
