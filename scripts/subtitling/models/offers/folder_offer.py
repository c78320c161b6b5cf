"""A folder of this host with a model in it, as a download or a conversion left it."""

import re
from pathlib import Path
from typing import Any

from lineage.problem import Problem
from subtitling import paths
from subtitling.models import licences
from subtitling.models.offers.offer import (
    CONFIG,
    Announced,
    Offer,
    model_name,
    parted,
    settings,
    texts,
)
from subtitling.models.sources.base import Call

_CARD = "README.md"
_HEAD = re.compile(r"\A---\r?\n(.*?)\r?\n---\s", re.DOTALL)
_MOST_CARD = 1 << 20  # bytes


def offer(reference: str, _calls: list[Call]) -> Offer:
    """What a folder has; its licence is that of a model's card in it, if there is one. Raises
    Problem where there is no such folder."""
    folder = Path(paths.at_home(reference)).absolute()
    if not folder.is_dir():
        raise Problem(f"{reference}: no folder; give the one that the model was downloaded to")
    every = sorted(path for path in folder.rglob("*") if path.is_file())
    names, others = parted(path.relative_to(folder).as_posix() for path in every)
    if not names:
        raise Problem(f"{reference}: no file of a model in it; give the folder that it is in")
    config = {}
    if CONFIG in names:
        config = settings((folder / CONFIG).read_bytes(), str(folder / CONFIG))
    card = _card(folder / _CARD)
    licence = licences.spdx(card.get("license"))
    return Offer(
        label=f"folder {folder}",
        name=model_name(folder.name),
        source={"kind": "folder", "path": str(folder)},
        files={name: Announced((folder / name).stat().st_size) for name in names},
        left_out=others,
        config=config,
        licence=licence,
        licence_url=licences.page(licence) if licence else None,
        languages=texts(card.get("language")),
    )


def _card(path: Path) -> dict[str, Any]:
    """The head of a model's card; empty where it has none."""
    import yaml

    if not path.is_file() or path.stat().st_size > _MOST_CARD:
        return {}
    head = _HEAD.search(path.read_text("utf-8", errors="replace"))
    try:
        card = yaml.safe_load(head[1]) if head else None
    except (yaml.YAMLError, RecursionError):
        return {}
    return card if isinstance(card, dict) else {}
