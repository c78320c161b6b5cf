"""A repository of a model hub: what its API says of it.
https://huggingface.co/docs/hub/api, https://huggingface.co/docs/hub/model-cards"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from lineage import untrusted
from lineage.problem import Problem
from subtitling.models import licences
from subtitling.models.errors import Unreachable
from subtitling.models.offers.offer import (
    CONFIG,
    MOST_BYTES,
    Announced,
    Offer,
    model_name,
    parted,
    settings,
    texts,
)
from subtitling.models.sources import http, hub
from subtitling.models.sources.base import Call

_REPOSITORY = re.compile(r"(?P<repo>[\w.-]+/[\w.-]+)(@(?P<revision>[^\s?#]+))?", re.ASCII)
_PAGE = re.compile(
    r"https://(?:huggingface\.co|hf\.co)/(?P<repo>[\w.-]+/[\w.-]+)"
    r"(?:/(?:tree|blob|resolve)/(?P<revision>[^/\s?#]+)(?:/.*)?)?/?(?:[?#].*)?",
    re.ASCII,
)
_HIDDEN = (401, 403, 404)  # of HTTP: a hub answers so for what is private, and for what is not
_COMMIT = re.compile("[0-9a-f]{40}")
_SUM = re.compile("[0-9a-f]{64}")


def of_page(address: str) -> str | None:
    """The reference of a repository by the address of its page; None for another address."""
    page = _PAGE.fullmatch(address)
    if page is None:
        return None
    return page["repo"] + (f"@{page['revision']}" if page["revision"] else "")


def offer(reference: str, calls: list[Call]) -> Offer:
    """What OWNER/NAME[@REVISION] has, at the commit that the revision, or the main branch, is at
    now. Raises Problem where there is no such repository, or no access to it."""
    asked = _REPOSITORY.fullmatch(reference)
    if asked is None or ".." in reference:
        raise Problem(
            f"hub:{reference}: no repository; give hub:OWNER/NAME or hub:OWNER/NAME@REVISION"
        )
    repo, revision = asked["repo"], asked["revision"]
    try:
        return _offer(repo, revision, calls)
    except Unreachable as error:
        wrong = "; or the name is wrong" if error.status in _HIDDEN else ""
        raise Problem(f"hub:{reference}: {error}{wrong}") from error


def _offer(repo: str, revision: str | None, calls: list[Call]) -> Offer:
    address, token = hub.access()
    page = f"{hub.HUB}/{repo}"
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    at = f"/revision/{quote(revision, safe='')}" if revision else ""
    with http.session(page, calls, MOST_BYTES) as session:
        answer = http.content(session, f"{address}/api/models/{repo}{at}?blobs=true", headers)
        try:
            info = untrusted.json_value(answer)
            commit, listed = info["sha"], dict(_files(info["siblings"]))
            card = info.get("cardData") or {}
            gated, licence, spoken = info.get("gated"), _licence(card), card.get("language")
        except untrusted.FAILURES as error:
            raise Unreachable(f"no list of files came, but {untrusted.quoted(answer)}") from error
        if not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
            raise Unreachable(f"its commit is {untrusted.quoted(commit)}, not 40 digits")
        if revision and _COMMIT.fullmatch(revision) and commit != revision:
            raise Unreachable(f"{commit} came for the commit {revision}")
        names, others = parted(listed)
        gate = page if gated else None
        source = {"kind": "hub", "repo": repo, "revision": commit}
        if gate and names and (reason := _refusal(address, repo, commit, names[0], page, token)):
            raise Unreachable(f"gated: {reason}")
        config = {}
        if CONFIG in names:
            file = hub.url(address, repo, commit, CONFIG)
            config = settings(http.content(session, file, headers), f"hub:{repo}, {CONFIG}")
    return Offer(
        label=f"hub {repo} at {commit}",
        name=model_name(repo.partition("/")[2]),
        source=source,
        files={name: listed[name] for name in names},
        left_out=others,
        config=config,
        licence=licence,
        licence_url=page,
        languages=texts(spoken),
        gate=gate,
    )


def _licence(card: Mapping[str, Any]) -> str | None:
    """The licence that a card states. Of several, none: a person must say which."""
    stated = card.get("license")
    if isinstance(stated, list):
        stated = stated[0] if len(stated) == 1 else None
    return licences.spdx(card.get("license_name") if stated == "other" else stated)


def _files(siblings: list[Mapping[str, Any]]) -> Iterator[tuple[str, Announced]]:
    """The files of a repository; one in large storage has its checksum there."""
    for sibling in siblings:
        stored = sibling.get("lfs") or {}
        size, digest = stored.get("size", sibling.get("size")), stored.get("sha256")
        is_size = isinstance(size, int) and not isinstance(size, bool) and size >= 0
        is_sum = isinstance(digest, str) and _SUM.fullmatch(digest)
        yield (
            str(sibling["rfilename"]),
            Announced(size if is_size else None, digest if is_sum else None),
        )


def _refusal(address: str, repo: str, commit: str, file: str, page: str, token: str) -> str | None:
    return http.no_answer(hub.url(address, repo, commit, file), page, token)
