"""pyannote's network that hears who speaks, small and with random weights."""

from pathlib import Path

import torch
from pyannote.audio.core.task import Problem, Resolution, Specifications
from pyannote.audio.models.segmentation import PyanNet

# As published checkpoints have them. Python before 3.11.4 pickles a member by its name, through
# getattr, which torch does not read safely.
for kind in (Problem, Resolution):
    kind.__reduce_ex__ = lambda self, _protocol: (type(self), (self._value_,))


def segmentation(file: Path, certainty: float | None = None) -> None:
    """Write its checkpoint. With `certainty`, the deviation of its last weights, it is not of one
    mind about everything, as after training."""
    file.parent.mkdir(parents=True, exist_ok=True)
    size = {"lstm": {"hidden_size": 8, "num_layers": 1, "bidirectional": True}}
    network = PyanNet(**size)
    network.specifications = Specifications(
        problem=Problem.MONO_LABEL_CLASSIFICATION,
        resolution=Resolution.FRAME,
        duration=10.0,
        classes=["a", "b", "c"],
        powerset_max_classes=2,
        permutation_invariant=True,
    )
    network.build()
    if certainty:
        torch.nn.init.normal_(network.classifier.weight, std=certainty)
    save(file, network, size)


def save(file: Path, network: torch.nn.Module, parameters: dict[str, object]) -> None:
    """A checkpoint as pyannote saves them."""
    torch.save({
        "hyper_parameters": parameters,
        "pyannote.audio": {"specifications": network.specifications},
        "state_dict": network.state_dict(),
    }, file)  # fmt: skip
