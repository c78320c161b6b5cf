"""Loading of networks from checkpoints that are untrusted."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lineage.problem import Problem
from subtitling.runtime import devices


def load(path: Path, kind: str) -> Any:
    """Load the network of one of pyannote's checkpoints, ready for use, without running code from
    the file. `kind` is the class that the network must have: pyannote's `PyanNet` for segmentation,
    or `WeSpeakerResNet34` for voice embeddings. Raises Problem for a file that holds anything else.
    """
    import collections
    import inspect
    import pickle
    import typing

    import torch
    from omegaconf import base, listconfig, nodes
    from pyannote.audio.core import model as core
    from pyannote.audio.core import task
    from pyannote.audio.models.embedding import WeSpeakerResNet34
    from pyannote.audio.models.segmentation import PyanNet

    harmless = [
        base.ContainerMetadata, base.Metadata, listconfig.ListConfig, nodes.AnyNode,
        task.Resolution, task.Specifications, task.Problem, core.Introspection,
        torch.torch_version.TorchVersion, collections.defaultdict, typing.Any, int, dict, list,
    ]  # fmt: skip
    network_class = {"PyanNet": PyanNet, "WeSpeakerResNet34": WeSpeakerResNet34}[kind]
    takes = inspect.signature(network_class).parameters
    try:
        with torch.serialization.safe_globals(harmless):
            checkpoint = torch.load(path, map_location="cpu", weights_only=True)
        hyperparameters = checkpoint["hyper_parameters"]
        network = network_class(
            **{name: hyperparameters[name] for name in hyperparameters if name in takes}
        )
        network.specifications = checkpoint["pyannote.audio"]["specifications"]
        network.build()
        network.load_state_dict(checkpoint["state_dict"])
    except (pickle.UnpicklingError, EOFError, LookupError, TypeError, RuntimeError) as error:
        if devices.out_of_memory(error):
            raise
        raise Problem(f"{path} holds no {kind} that can be read safely: {error}") from error
    return network.eval()


def without_weights(model: Any, missing: Iterable[str]) -> list[str]:
    """The `missing` parameters that do not share the weights of another one."""
    known = dict(model.named_parameters(remove_duplicate=False))
    loaded = {known[name].data_ptr() for name in known.keys() - set(missing)}
    return sorted(
        name
        for name in missing
        if name not in known or known[name].is_meta or known[name].data_ptr() not in loaded
    )
