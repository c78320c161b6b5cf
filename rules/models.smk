rule model:
    """Download a model into the store. Jobs that need the same one share this rule's single run."""
    output:
        inventory="models/{model}/model.json",
    log:
        manifest="models/{model}/manifest.json",
        text="models/{model}/stage.log",
    localrule: True
    conda:
        "../envs/whisperx.yaml"
    params:
        model=lambda wildcards: MODELS[wildcards.model],
        code=code("models.py"),
    message:
        "bringing the model {wildcards.model}"
    script:
        "../scripts/models.py"
