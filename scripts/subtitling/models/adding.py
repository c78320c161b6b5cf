"""Adding a model to a person's own list: what is fetched, under which conditions, and its entry.

The checksums are taken from the files as they come the first time. Where the source states some,
the files must have them; from then on every fetch must bring the same bytes.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lineage import locks, sha256, terminal
from lineage.problem import Problem
from subtitling import documents, paths
from subtitling.models import catalogue, converting, licences, removing, risks, store
from subtitling.models.errors import StoreError, Unreachable
from subtitling.models.kinds import Kind
from subtitling.models.offers.offer import Offer, fits
from subtitling.models.sources import base, model_sources
from subtitling.models.sources.base import UNKNOWN, Call, Request, with_folder
from subtitling.runtime.progress import Progress

PRECISION = "float16"  # of converted weights; an engine computes in another where it is told to
_WARNINGS = {
    risks.CODE: "program code, which runs when the model is loaded",
    risks.PICKLE: "pickles, which can run code when they are loaded",
}


@dataclass(frozen=True)
class Wishes:
    """What a person says beside the reference: None for what the offer is to say. `allowed` are the
    kinds of risky files (see `risks`) that may come, `limit_bytes` is the most to be fetched."""

    name: str | None = None
    licence: str | None = None
    licence_url: str | None = None
    allowed: Collection[str] = ()
    limit_bytes: int = 20 * 10**9


@dataclass(frozen=True)
class Plan:
    """What is to be fetched of an offer, for a model of this name."""

    offer: Offer
    kind: Kind
    name: str
    licence: str
    licence_url: str
    wishes: Wishes

    @property
    def size_bytes(self) -> int | None:
        """The bytes to be fetched; None where the source does not tell them all."""
        sizes = [self.offer.files[name].size_bytes for name in self.kind.files]
        return sum(size for size in sizes if size) if None not in sizes else None

    @property
    def is_of_one_language(self) -> bool:
        """Whether its card names a single language, as those of models trained further on it do."""
        return len(self.offer.languages) == 1

    @property
    def area(self) -> Path:
        """Where its files are kept until all is there, so that the same command can go on."""
        offered = json.dumps([self.offer.label, self.kind.files])
        digest = hashlib.sha256(offered.encode()).hexdigest()
        return paths.STORE / store.ADDING / f"{self.name}@{digest[:12]}"


def plan(offer: Offer, kind: Kind, wishes: Wishes, listed: Mapping[str, Any]) -> Plan:
    """The plan for an offer, where `listed` are the models of the catalogue. Raises Problem where
    the model is listed or its name taken, where it has risky files that are not allowed, no
    licence, or more bytes than the limit."""
    if twin := next(_same_source(offer.source, listed), None):
        since = listed[twin].get("first_trust", {}).get("date")
        raise Problem(
            f"{offer.label}: it is listed as {twin}{f', added {since}' if since else ''}; its "
            f"files come with `snakemake models/{twin}/model.json`"
        )
    name = wishes.name or offer.name
    check_name(name, listed)
    refuse(offer.label, risks.by_name(kind.files), wishes.allowed)
    licence = licences.spdx(wishes.licence) if wishes.licence else offer.licence
    if licence is None:
        where = f" on {offer.licence_url}" if offer.licence_url else ""
        raise Problem(
            f"{offer.label}: it states no licence that can be told; read what it says{where}, and "
            "name the licence with --licence (SPDX's identifier, as MIT; LicenseRef-NAME for one "
            "of its own)"
        )
    page = wishes.licence_url or offer.licence_url or licences.page(licence)
    if page is None or not fits(page, "model", "properties", "licence_url"):
        raise Problem(f"{offer.label}: name the https page with its licence with --licence-url")
    made = Plan(offer, kind, name, licence, page, wishes)
    _check_size(sum(offer.files[file].size_bytes or 0 for file in kind.files), made)
    return made


def check_name(name: str, listed: Collection[str]) -> None:
    """Raise Problem for a name that no model can have, or that one has."""
    if not fits(name, "name"):
        raise Problem(f"--name {name}: small letters, digits and hyphens only, as whisper-hindi")
    if name in listed:
        raise Problem(f"there is a model {name} already: give another name with --name")


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Add or remove a model while no other command does so with one of this name in the store.
    Raises Problem where one does at this moment."""
    area = paths.STORE / store.ADDING
    lock = locks.held(area / f"{name}.lock", fcntl.LOCK_EX | fcntl.LOCK_NB)
    with ExitStack() as stack:
        stack.callback(_delete_if_empty, area)  # the last of all
        try:
            stack.enter_context(lock)
        except BlockingIOError:
            raise Problem(
                f"{name}: another command adds or removes it at this moment; wait until it is over"
            ) from None
        yield


def refuse(label: str, risky: Mapping[str, str], allowed: Collection[str]) -> None:
    """Raise Problem where files that can run code are not allowed, and name them."""
    lines = [
        f"{label}: {what}: {', '.join(names)}; give {risks.OPTIONS[kind]} if you trust its maker"
        for kind, what in _WARNINGS.items()
        if kind not in allowed and (names := [name for name in risky if risky[name] == kind])
    ]
    if lines:
        raise Problem("\n".join(lines))


def fetch(plan: Plan, calls: list[Call], progress: Progress) -> None:
    """Bring the files of the plan into its area. What has come stays there after an error, for the
    next try. Raises Problem where they do not come, or are not what was announced."""
    total = plan.size_bytes or plan.wishes.limit_bytes
    _check_room(plan, total)
    area = _fetched(plan)
    if plan.offer.source["kind"] == "web":
        shutil.rmtree(area, ignore_errors=True)  # half a file may be of another state of the server
    area.mkdir(parents=True, exist_ok=True)
    announced = {name: plan.offer.files[name] for name in plan.kind.files}
    sums = {name: each.sha256 or UNKNOWN for name, each in announced.items()}
    wanted = [name for name in sums if not sums[name] or base.checksum(area / name) != sums[name]]
    request = Request(sums, total, plan.licence_url, wanted, area, calls)
    try:
        with store.watched(area, total, progress):
            model_sources.source(plan.offer.source).bring(request)
    except Unreachable as error:
        raise Problem(f"{plan.offer.label}: {error}") from error
    for name, each in announced.items():
        if each.sha256:
            base.expect(area / name, name, each.sha256, plan.offer.label)
        size = (area / name).stat().st_size
        if each.size_bytes not in (None, size):
            (area / name).unlink()
            raise StoreError(
                f"{plan.offer.label}: {name} has {size} bytes, not {each.size_bytes} as was "
                "announced; nothing was kept of it"
            )
    _check_size(sum((area / name).stat().st_size for name in announced), plan)
    refuse(plan.offer.label, risks.by_content(area, announced), plan.wishes.allowed)


def finish(plan: Plan, now: datetime | None = None) -> dict[str, Any]:
    """Convert what was fetched where that is due, and return the entry of the model. Its files are
    then in `ready(plan)`. Raises Problem for what cannot be converted."""
    sums = _sums(_fetched(plan), plan.kind.files)
    source = dict(plan.offer.source)
    if plan.kind.is_converted:
        shutil.rmtree(ready(plan), ignore_errors=True)
        converting.convert(_fetched(plan), ready(plan), PRECISION)
        source = {
            "kind": "converted",
            "source": source,
            "files": sums,
            "size_bytes": _size(_fetched(plan), sums),
            "precision": PRECISION,
            "made_by": converting.versions(),
        }
        sums = _sums(ready(plan), sorted(path.name for path in ready(plan).iterdir()))
    entry = {
        "licence": plan.licence,
        "licence_url": plan.licence_url,
        "size_bytes": _size(ready(plan), sums),
        "files": sums,
        "sources": [source],
        "first_trust": {
            "date": (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "source": plan.offer.label,
        },
    }
    catalogue.Model.from_dict(plan.name, entry)
    return entry


def put_into_store(plan: Plan, entry: Mapping[str, Any]) -> None:
    """Move the files of a finished model into its folder in the store, which must be free."""
    folder = paths.STORE / plan.name
    (folder / removing.INVENTORY).unlink(missing_ok=True)
    for name in entry["files"]:
        (ready(plan) / name).replace(with_folder(folder / name))
    source = model_sources.source(entry["sources"][0])
    documents.save_text(json.dumps([source.label, source.revision]), folder / store.ORIGIN)
    leave(plan)


def check_free(folder: Path, files: Mapping[str, str] | None = None) -> None:
    """Raise Problem where the store has other files than these in the folder of a model to add."""
    held = removing.look(folder, files or ())
    same = all(
        base.checksum(folder / name) in (None, digest) for name, digest in (files or {}).items()
    )
    if held.link or held.others or not same:
        raise Problem(
            f"{folder} holds another model, of a list that is not this folder's: give another name "
            f"with --name, or delete it with `sutradhar models remove {folder.name}`"
        )


def leave(plan: Plan) -> None:
    """Delete what was fetched of a plan and is not in the store."""
    shutil.rmtree(plan.area, ignore_errors=True)


def ready(plan: Plan) -> Path:
    """The folder with the files as they go into the store."""
    return plan.area / "made" if plan.kind.is_converted else _fetched(plan)


def _fetched(plan: Plan) -> Path:
    return plan.area / "fetched"


def _delete_if_empty(folder: Path) -> None:
    with suppress(OSError):  # others are at work in it, or left what they can go on from
        folder.rmdir()


def _same_source(source: Mapping[str, Any], listed: Mapping[str, Any]) -> Iterator[str]:
    """The listed models that come from the same source at the same revision, if it has any."""
    if source["kind"] in ("web", "folder"):
        return
    for name, entry in listed.items():
        nested = [each.get("source") for each in entry["sources"]]
        if source in [*entry["sources"], *nested]:
            yield name


def _check_size(size: int, plan: Plan) -> None:
    limit = plan.wishes.limit_bytes
    if size > limit:
        raise Problem(
            f"{plan.offer.label}: {terminal.size(size)}, over the limit of {terminal.size(limit)}: "
            "give a higher one with --limit-gb if you want it"
        )


def _check_room(plan: Plan, total: int) -> None:
    paths.STORE.mkdir(exist_ok=True)
    free = shutil.disk_usage(paths.STORE).free
    needed = (2 if plan.kind.is_converted else 1) * total
    if plan.size_bytes is not None and needed > free:
        raise Problem(
            f"{plan.offer.label}: {terminal.size(needed)} are needed in {paths.STORE.resolve()}, "
            f"{terminal.size(free)} are free: make room"
        )


def _sums(folder: Path, names: Iterable[str]) -> dict[str, str]:
    return {name: sha256(folder / name) for name in names}


def _size(folder: Path, names: Iterable[str]) -> int:
    return max(1, sum((folder / name).stat().st_size for name in names))
