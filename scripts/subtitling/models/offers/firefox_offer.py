"""Firefox's models for a pair of languages: what Mozilla's Remote Settings list.

The collection has a record for each file, with its languages, version and the checksum of the file
as it is unpacked; the file itself, packed by zstd, is an attachment.
https://searchfox.org/firefox-main/source/toolkit/components/translations/translations.d.ts,
https://remote-settings.readthedocs.io
"""

import json
import os
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from lineage import untrusted
from lineage.problem import Problem
from subtitling.models.errors import Unreachable
from subtitling.models.offers.offer import MOST_BYTES, Announced, Offer, fits, model_name, parted
from subtitling.models.sources import http
from subtitling.models.sources.base import Call
from subtitling.text import languages

SETTINGS = "https://firefox.settings.services.mozilla.com"
ADDRESS = "FIREFOX_ENDPOINT"  # environment variable with the address of another server
_RECORDS = "/v1/buckets/main/collections/translations-models-v2/records"
_LICENCE, _LICENCE_URL = "MPL-2.0", "https://github.com/mozilla/firefox-translations-models"
_VOCABULARIES = ({"vocab"}, {"srcvocab", "trgvocab"})
_SUM = re.compile("[0-9a-f]{64}")

Record = Mapping[str, Any]


def offer(reference: str, calls: list[Call]) -> Offer:
    """Firefox's newest model for SOURCE-TARGET. Raises Problem where it has none for the pair."""
    try:
        source, target = languages.pair(reference)
    except ValueError as error:
        raise Problem(f"firefox:{reference}: {error}; give firefox:SOURCE-TARGET") from error
    address = os.environ.get(ADDRESS, "").rstrip("/") or SETTINGS
    try:
        with http.session(None, calls, MOST_BYTES) as session:
            listed = _json(http.content(session, f"{address}{_RECORDS}"))
            server = _json(http.content(session, f"{address}/v1/"))
        base = server["capabilities"]["attachments"]["base_url"].rstrip("/")
        records = [record for record in listed["data"] if isinstance(record, dict)]
        chosen = newest(records, source, target)
        return _offer(chosen, base, source, target)
    except Unreachable as error:
        raise Problem(f"firefox:{reference}: {error}") from error
    except untrusted.FAILURES as error:
        raise Problem(
            f"firefox:{reference}: {address} answered what is no list: {error}"
        ) from error


def newest(records: Sequence[Record], source: str, target: str) -> list[Record]:
    """The records of the newest model from one language to the other that is whole and that the
    engine runs: releases before trial versions, then by version, then by size. Raises Problem where
    there is none."""
    groups: dict[tuple[str, ...], list[Record]] = defaultdict(list)
    for record in records:
        pair = tuple(str(record.get(side)) for side in ("sourceLanguage", "targetLanguage"))
        if [each.casefold() for each in pair] == [source.casefold(), target.casefold()]:
            groups[tuple(str(record.get(key)) for key in ("version", "architecture"))].append(
                record
            )
    usable = [group for group in groups.values() if _is_whole(group) and _runs(group)]
    if not usable:
        raise Problem(_none_for(records, source, target))
    return max(usable, key=_rank)


def _rank(group: Sequence[Record]) -> tuple[bool, tuple[int, ...], int]:
    version = str(group[0]["version"])
    size = sum(record["attachment"]["size"] for record in group)
    return not re.search("[a-z]", version), tuple(map(int, re.findall(r"\d+", version))), size


def _is_whole(group: Sequence[Record]) -> bool:
    kinds = [record.get("fileType") for record in group]
    whole = any({"model", *some} <= {*kinds} for some in _VOCABULARIES)
    return whole and len({*kinds}) == len(kinds)


def _runs(group: Sequence[Record]) -> bool:
    """Whether the engine knows the format of these files, by their version."""
    from fxtranslate import discovery

    return bool(discovery.model_pairs(json.dumps({"data": list(group)})))


def _none_for(records: Sequence[Record], source: str, target: str) -> str:
    sides = ("sourceLanguage", "targetLanguage")
    pairs = {tuple(str(record.get(side)) for side in sides) for record in records}
    of = sorted("-".join(pair) for pair in pairs if {source, target} & {*pair})
    return (
        f"Firefox has no model from {source} to {target} that can be used here"
        f"{'; with one of them it has ' + ', '.join(of) if of else ''}"
    )


def _offer(group: Sequence[Record], base: str, source: str, target: str) -> Offer:
    files, locations = {}, {}
    version = str(group[0]["version"])
    if not fits(version, "version") or not fits(base, "address"):
        raise Unreachable(f"no version or address: {untrusted.quoted([version, base])}")
    for record in group:
        name, digest, size = record["name"], record["decompressedHash"], record["decompressedSize"]
        location = record["attachment"]["location"]
        if parted([name, location])[0] != [name, location] or not _SUM.fullmatch(digest):
            raise Unreachable(f"no file of a model: {untrusted.quoted(record)}")
        files[name] = Announced(int(size), digest)
        locations[name] = location
    return Offer(
        label=f"firefox {source}-{target} {version}",
        name=model_name(f"firefox-{source}-{target}"),
        source={"kind": "firefox", "base": base, "version": version, "files": locations},
        files=files,
        licence=_LICENCE,
        licence_url=_LICENCE_URL,
        pair=(source, target),
    )


def _json(answer: bytes) -> Any:
    return untrusted.json_value(answer)
