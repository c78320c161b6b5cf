"""Detect speech regions; of a shard, only hear how probable speech is."""

from pathlib import Path

import lineage
from subtitling import documents
from subtitling.models import store
from subtitling.sound import arrays, speech_networks, speech_stage

with lineage.stage(snakemake) as io:
    shard = dict(io.wildcards.items()).get("shard")
    film = speech_stage.opened(io, in_parts=shard is not None)
    samples = len(film.audio)
    models, networks = [], []
    for wanted, inventory in zip(io.params.models, io.input.models, strict=True):
        models.append(store.ready(wanted, inventory))
        weights = Path(inventory).with_name(next(iter(models[-1].files)))
        networks.append(speech_networks.NETWORKS[weights.name](weights))
    pieces = [network.pieces(samples, io.threads) for network in networks]
    if shard:
        pieces = speech_networks.pieces_of(shard, networks, samples, io.threads)
    heard = {}
    for model, network, own in zip(models, networks, pieces, strict=True):
        if own or not shard:
            io.model(**vars(model), precision="float32")
        heard[model.name] = network.heard(film.audio, own, io.threads, io.progress)
    if shard:
        io.note(heard={name: len(values) for name, values in heard.items()})
        if not any(pieces):
            io.skip(f"the film is too short for {shard}")
        arrays.save(heard, io.output.heard)
    else:
        scores = {
            model.name: network.scores(heard[model.name], samples)
            for model, network in zip(models, networks, strict=True)
        }
        documents.save(speech_stage.decided(io, film, scores), io.output.speech)
