rule tmdb:
    """Look up the film's data: titles, original language, people."""
    input:
        unpack(sidecar_of),
    output:
        film="out/{job}/02_tmdb/film.json",
    log:
        manifest="out/{job}/02_tmdb/manifest.json",
        text="out/{job}/02_tmdb/stage.log",
    localrule: True
    conda:
        "../envs/whisperx.yaml"
    params:
        film=film_row,
        sidecar=checksum_of_sidecar,
        options=config["tmdb"],
        code=code("02_tmdb.py"),
    message:
        "{wildcards.job}: looking up the film"
    script:
        "../scripts/02_tmdb.py"
