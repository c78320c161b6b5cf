rule pyannote_vad:
    """Detect speech."""
    input:
        unpack(speech_events),
        sound=DIALOGUE_RECORD,
        audio=DIALOGUE,
        models=[inventory(name) for name in EARS],
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
    params:
        models=[model_files(name) for name in EARS],
        options=options("vad", vad.VadOptions),
        separate=config["demux"]["channels"] == "separate",
        code=code("05_pyannote_vad.py"),
    message:
        "{wildcards.job}: finding speech"
    script:
        "../scripts/05_pyannote_vad.py"
