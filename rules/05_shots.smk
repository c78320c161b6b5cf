rule shots:
    """Detect cuts in the picture."""
    input:
        film=media_of,
        media=rules.demux.output.media,
    output:
        shots="out/{job}/05_shots/shots.json",
    log:
        manifest="out/{job}/05_shots/manifest.json",
        text="out/{job}/05_shots/stage.log",
    conda:
        "../envs/whisperx.yaml"
    resources:
        mem_mb=memory("shots"),
        runtime=runtime("shots"),
    params:
        film=fingerprint_of,
        threshold=config["shots"]["threshold"],
        limits=config["limits"],
        code=code("05_shots.py"),
    message:
        "{wildcards.job}: finding cuts"
    script:
        "../scripts/05_shots.py"
