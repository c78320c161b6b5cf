"""Download one model into the model store and verify it; where that fails, say so in `model.json`,
so that only the stages that use the model fail."""

import lineage
from subtitling import documents
from subtitling.models import store
from subtitling.models.catalogue import Model
from subtitling.models.errors import FetchError
from subtitling.models.store import Fetched

with lineage.stage(snakemake, store.failed) as io:
    wanted = Model.from_dict(io.wildcards.model, io.params.model)
    try:
        fetched: Fetched | FetchError = store.fetch(wanted, io.folder, io.progress)
    except FetchError as error:
        fetched = error
    # Failed downloads are recorded too: a request with a token was sent.
    for call in fetched.calls:
        io.call(call.host, call.path, call.status)
    for source, reason in fetched.skipped_sources:
        io.log.info("%s could not provide it: %s", source, reason)
    if isinstance(fetched, FetchError):
        raise fetched
    io.log.info("%s: %s", wanted.name, fetched.source)
    if trust := wanted.first_trust:
        io.log.info("its checksums are of what came from %s on %s", trust["source"], trust["date"])
        io.note(first_trust=dict(trust))
    io.model(
        wanted.name,
        source=fetched.source,
        revision=fetched.revision,
        licence=wanted.licence,
        files=dict(wanted.files),
    )
    documents.save(
        documents.StoredModel(
            wanted.name, fetched.source, fetched.revision, wanted.licence, dict(wanted.files)
        ),
        io.output.inventory,
    )
