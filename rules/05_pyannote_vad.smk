rule pyannote_vad:
    """Find where somebody speaks."""
    input:
        sound=DIALOGUE_RECORD,
        audio=DIALOGUE,
        model=inventory(config["vad"]["model"]),
    output:
        speech="out/{job}/05_pyannote_vad/speech.json",
    log:
        manifest="out/{job}/05_pyannote_vad/manifest.json",
        text="out/{job}/05_pyannote_vad/stage.log",
    conda:
        "../envs/whisperx.yaml"
    threads: 4
    resources:
        mem_mb=memory("pyannote_vad"),
        runtime=runtime("pyannote_vad"),
        gpu=1 if config["device"] == "cuda" else 0,
    params:
        model=model_files(config["vad"]["model"]),
        options=options("vad", "model"),
        device=config["device"],
        code=code("05_pyannote_vad.py"),
    message:
        "{wildcards.job}: finding speech"
    script:
        "../scripts/05_pyannote_vad.py"
