rule glossary_load:
    """Merge the user's glossaries, the film's names and the project's glossary."""
    input:
        film=rules.tmdb.output.film,
        files=[ancient(path) for path in glossaries()],
    output:
        glossary="out/{job}/03_glossary_load/glossary.json",
    log:
        manifest="out/{job}/03_glossary_load/manifest.json",
        text="out/{job}/03_glossary_load/stage.log",
    localrule: True
    conda:
        "../envs/whisperx.yaml"
    params:
        files=config["glossary"]["files"],
        own=own_glossaries(),
        says=terms_of,
        checksums=checksums(own_glossaries()),
        code=code("03_glossary_load.py"),
    message:
        "{wildcards.job}: gathering names and terms"
    script:
        "../scripts/03_glossary_load.py"
