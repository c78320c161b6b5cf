"""Detect speech regions from what a film's shards have heard."""

import lineage
from subtitling import documents
from subtitling.sound import arrays, speech_networks, speech_stage

with lineage.stage(snakemake) as io:
    film = speech_stage.opened(io)
    heard = arrays.joined(io.input.shards)
    scores = {
        model["name"]: speech_networks.NETWORKS[next(iter(model["files"]))].scores(
            heard[model["name"]], len(film.audio)
        )
        for model in io.params.models
    }
    io.note(shards=len(io.input.shards))
    documents.save(speech_stage.decided(io, film, scores), io.output.speech)
