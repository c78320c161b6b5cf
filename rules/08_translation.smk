rule translation:
    """Translate the transcript's sentences into one language."""
    input:
        unpack(heard_by_translator),
        transcript="out/{job}/07_alignment/transcript.json",
    output:
        transcript="out/{job}/08_translation/{lang}/transcript.json",
        text="out/{job}/08_translation/{lang}/transcript.txt",
        pairs="out/{job}/08_translation/{lang}/pairs.tsv",
    log:
        manifest="out/{job}/08_translation/{lang}/manifest.json",
        text="out/{job}/08_translation/{lang}/stage.log",
    conda:
        "../envs/whisperx.yaml"
    threads: 4
    resources:
        mem_mb=memory("translation"),
        runtime=runtime("translation"),
        gpu=lambda wildcards: int(
            config["device"] == "cuda" and engine(wildcards) == "whisper"
        ),
    params:
        engine=engine,
        model=model_files(config["asr"]["model"]),
        options=options("asr", "model", "shards"),
        sentences=config["sentences"],
        device=config["device"],
        code=code("08_translation.py"),
    message:
        "{wildcards.job}: translating to {wildcards.lang}"
    script:
        "../scripts/08_translation.py"
