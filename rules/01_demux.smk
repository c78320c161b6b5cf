rule demux:
    """Probe the film and extract the audio track to transcribe."""
    input:
        film=media_of,
        known=rules.tmdb.output.film,
    output:
        media="out/{job}/01_demux/media.json",
        audio="out/{job}/01_demux/audio.flac",
    log:
        manifest="out/{job}/01_demux/manifest.json",
        text="out/{job}/01_demux/stage.log",
    conda:
        "../envs/whisperx.yaml"
    resources:
        mem_mb=memory("demux"),
        runtime=runtime("demux"),
    params:
        film=fingerprint_of,
        audio_track=config["demux"]["audio_track"],
        channels=config["demux"]["channels"],
        language=lambda wildcards: film(wildcards.job).source_language,
        limits=config["limits"],
        code=code("01_demux.py"),
    message:
        "{wildcards.job}: extracting the audio"
    script:
        "../scripts/01_demux.py"
