"""The model's truth: arrays, configuration and circuit; how to run, save and load them."""

from rasplab.weights.architecture import EMBED, Architecture, Site, Step
from rasplab.weights.artefact import (
    Component,
    Manifest,
    ModelWeights,
    NamedDirection,
    VariablePlace,
)
from rasplab.weights.codec import decode, encode
from rasplab.weights.config import BOS_ID, FIRST_TOKEN_ID, PAD_ID, Config
from rasplab.weights.forward import forward
from rasplab.weights.frames import Basis, Disguise, Frame, Nominal

__all__ = [
    "BOS_ID",
    "EMBED",
    "FIRST_TOKEN_ID",
    "PAD_ID",
    "Architecture",
    "Basis",
    "Component",
    "Config",
    "Disguise",
    "Frame",
    "Manifest",
    "ModelWeights",
    "NamedDirection",
    "Nominal",
    "Site",
    "Step",
    "VariablePlace",
    "decode",
    "encode",
    "forward",
]
