"""What a program says about itself."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from operators.spec import Layout

_SUBJECT = {
    Layout.VECTOR: ("feature vectors", "tabular rows", "embeddings"),
    Layout.SEQUENCE: ("token sequences", "time steps", "short sequences"),
    Layout.SIGNAL: ("1D signals", "waveforms", "sensor series"),
    Layout.IMAGE: ("images", "feature maps", "2D grids"),
    Layout.VOLUME: ("volumes", "clips", "3D scans"),
}
_KIND = ("Network", "Model", "Encoder", "Feature extractor", "Small network", "Module", "Pipeline")
_QUALITY = ("compact", "layered", "gated", "multi-stage", "lightweight", "mixed", "experimental")


def class_doc(pattern: Sequence[str], layouts: list[Layout], many_inputs: bool, rng: Random) -> list[str]:
    """Lines of a class docstring."""
    subject = rng.choice(_SUBJECT[layouts[0]])
    other = " with side inputs" if many_inputs and rng.random() < 0.5 else ""
    first = f"{rng.choice(_KIND)} for {subject}{other}."
    if rng.random() < 0.4:
        quality = rng.choice(_QUALITY)
        article = "An" if quality[0] in "aeiou" else "A"
        first = f"{article} {quality} {rng.choice(_KIND).lower()} over {subject}."
    lines = [first]
    if rng.random() < 0.5:
        shown = list(dict.fromkeys(pattern))[:4]
        lines += ["", f"Built around {', '.join(shown)}."]
    return lines
