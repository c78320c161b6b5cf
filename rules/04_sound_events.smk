rule sound_events:
    """Detect speech, singing and music, and optionally applause."""
    input:
        unpack(applause_model),
        media=rules.demux.output.media,
        audio=ancient(rules.demux.output.audio),
        model=inventory(config["sound_events"]["model"]),
    output:
        events="out/{job}/04_sound_events/events.json",
    log:
        manifest="out/{job}/04_sound_events/manifest.json",
        text="out/{job}/04_sound_events/stage.log",
    conda:
        "../envs/whisperx.yaml"
    resources:
        mem_mb=memory("sound_events"),
        runtime=runtime("sound_events"),
    params:
        model=model_files(config["sound_events"]["model"]),
        options=options("sound_events", events.EventOptions),
        noises=model_files(NOISES) if NOISES else None,
        code=code("04_sound_events.py"),
    message:
        "{wildcards.job}: detecting speech, singing and music"
    script:
        "../scripts/04_sound_events.py"
