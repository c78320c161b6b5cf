"""From sound to words: recognition, its guards against invented text, names, scripts.

To add a recogniser:
1. a module with a `SPEC`, which `recogniser.RecogniserSpec` describes;
2. a row in `registry.SPECS`;
3. its model in config/models.yaml.
"""
