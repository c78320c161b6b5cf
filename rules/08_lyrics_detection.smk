rule lyrics_detection:
    """Distinguish sung from spoken words."""
    input:
        unpack(song_inputs),
        events=rules.sound_events.output.events,
        transcript=rules.alignment.output.transcript,
    output:
        lyrics="out/{job}/08_lyrics_detection/lyrics.json",
    log:
        manifest="out/{job}/08_lyrics_detection/manifest.json",
        text="out/{job}/08_lyrics_detection/stage.log",
    conda:
        "../envs/whisperx.yaml"
    resources:
        mem_mb=memory("lyrics_detection"),
        runtime=runtime("lyrics_detection"),
    params:
        options=config["lyrics"],
        events=options("sound_events", events.EventOptions),
        model=model_files(config["sound_events"]["model"]),
        code=code("08_lyrics_detection.py"),
    message:
        "{wildcards.job}: finding songs"
    script:
        "../scripts/08_lyrics_detection.py"
