rule burn_in:
    """Burn one language's subtitles into the picture; optional, or requested by its name."""
    input:
        film=media_of,
        media=rules.demux.output.media,
        track="out/{job}/09_subtitle_gen/{lang}/{lang}.ass",
        cues=rules.subtitle_gen.output.cues,
        fonts=[ancient(path) for path in config["mux"]["fonts"]],
    output:
        film=f"out/{{job}}/10_burn_in/{{lang}}/burnt.{{lang}}.{config['burn_in']['container']}",
    log:
        manifest="out/{job}/10_burn_in/{lang}/manifest.json",
        text="out/{job}/10_burn_in/{lang}/stage.log",
    conda:
        "../envs/whisperx.yaml"
    threads: 4
    resources:
        mem_mb=memory("burn_in"),
        runtime=runtime("burn_in"),
    params:
        film=fingerprint_of,
        fonts=checksums(config["mux"]["fonts"]),
        options=options("burn_in", burn_in.BurnInOptions),
        limits=config["limits"],
        code=code("10_burn_in.py"),
    message:
        "{wildcards.job}: drawing the {wildcards.lang} subtitles into the picture"
    script:
        "../scripts/10_burn_in.py"
