rule lyrics_detection:
    """Tell what is sung from what is spoken."""
    input:
        events="out/{job}/04_sound_events/events.json",
        transcript="out/{job}/07_alignment/transcript.json",
    output:
        lyrics="out/{job}/08_lyrics_detection/lyrics.json",
    log:
        manifest="out/{job}/08_lyrics_detection/manifest.json",
        text="out/{job}/08_lyrics_detection/stage.log",
    localrule: True
    conda:
        "../envs/whisperx.yaml"
    params:
        options=config["lyrics"],
        code=code("08_lyrics_detection.py"),
    message:
        "{wildcards.job}: finding songs"
    script:
        "../scripts/08_lyrics_detection.py"
