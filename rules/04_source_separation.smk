rule source_separation:
    """Separate voices and music where the music is loud."""
    input:
        media=rules.demux.output.media,
        audio=ancient(rules.demux.output.audio),
        events=rules.sound_events.output.events,
        model=lambda wildcards: inventory(separation_of(wildcards)),
    output:
        vocals="out/{job}/04_source_separation/vocals.flac",
        accompaniment="out/{job}/04_source_separation/accompaniment.flac",
        dialogue="out/{job}/04_source_separation/dialogue.flac",
        separation="out/{job}/04_source_separation/separation.json",
    log:
        manifest="out/{job}/04_source_separation/manifest.json",
        text="out/{job}/04_source_separation/stage.log",
    conda:
        "../envs/whisperx.yaml"
    threads: 4
    resources:
        mem_mb=memory("source_separation"),
        runtime=runtime("source_separation"),
        gpu=1 if config["device"] == "cuda" else 0,
    params:
        model=lambda wildcards: model_files(separation_of(wildcards)),
        quality=reason_for("separation"),
        options=options("separation", separation.SeparationOptions),
        device=config["device"],
        code=code("04_source_separation.py"),
    message:
        "{wildcards.job}: separating voices and music"
    script:
        "../scripts/04_source_separation.py"
