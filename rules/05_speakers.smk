rule speakers:
    """Detect who speaks when, by voice. In the graph only where `speakers.model` names one."""
    input:
        sound=DIALOGUE_RECORD,
        audio=DIALOGUE,
        models=lambda wildcards: [inventory(name) for name in voice_models()],
    output:
        speakers="out/{job}/05_speakers/speakers.json",
    log:
        manifest="out/{job}/05_speakers/manifest.json",
        text="out/{job}/05_speakers/stage.log",
    conda:
        "../envs/whisperx.yaml"
    threads: 4
    resources:
        mem_mb=memory("speakers"),
        runtime=runtime("speakers"),
        gpu=1 if config["device"] == "cuda" else 0,
    params:
        models=lambda wildcards: [model_files(name) for name in voice_models()],
        options=options("speakers", clustering.ClusteringOptions),
        device=config["device"],
        code=code("05_speakers.py"),
    message:
        "{wildcards.job}: distinguishing speakers"
    script:
        "../scripts/05_speakers.py"
