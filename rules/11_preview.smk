rule preview:
    """Compress the film's sound for playback in its page."""
    input:
        media=rules.demux.output.media,
        audio=ancient(rules.demux.output.audio),
    output:
        sound="out/{job}/11_preview/sound.webm",
    log:
        manifest="out/{job}/11_preview/manifest.json",
        text="out/{job}/11_preview/stage.log",
    conda:
        "../envs/whisperx.yaml"
    resources:
        mem_mb=memory("preview"),
        runtime=runtime("preview"),
    params:
        options=options("audit", preview.PreviewOptions),
        code=code("11_preview.py"),
    message:
        "{wildcards.job}: compressing the preview"
    script:
        "../scripts/11_preview.py"
