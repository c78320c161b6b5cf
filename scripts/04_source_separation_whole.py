"""Write the audio to recognise, with the voices that a film's shards have separated."""

import lineage
from subtitling.media import audio_file
from subtitling.sound import separation, separation_stage
from subtitling.sound.separation import SeparationOptions

with lineage.stage(snakemake) as io:
    options = SeparationOptions(**io.params.options)
    planned = separation_stage.planned(io, options)
    io.note(shards=len(io.input.shards))
    if not planned:
        io.skip("no music")
    form = audio_file.sound_format(io.input.audio)
    voice = separation.SavedVoices(io.input.shards).voice
    separation_stage.save_stems(io, io.params.model["name"], planned, voice, form, options)
