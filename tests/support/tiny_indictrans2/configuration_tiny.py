"""Configuration of the stand-in model; see modeling_tiny.py."""

from transformers import M2M100Config


class TinyConfig(M2M100Config):
    """`copies` makes the model repeat its source, so that a test knows what must come out."""

    model_type = "tiny_indictrans"

    def __init__(self, copies: bool = False, **settings: object):
        self.copies = copies
        super().__init__(**settings)
