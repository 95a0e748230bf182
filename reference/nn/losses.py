"""Losses as modules: a function of ``nn.functional`` with its options. Source: ``nn#loss-functions``."""

from __future__ import annotations

from typing import Any

from ..dispatch import ops
from ..losses import chosen
from ..tensor import Tensor
from .module import Module


class Loss(Module):
    """A loss whose options are those of a function."""

    function: str
    options: dict[str, Any]
    tensors: tuple[str, ...] = ()
    flags = True

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__()
        old = {"size_average": None, "reduce": None} if self.flags else {}
        known = {**dict.fromkeys(self.tensors), **old, **self.options, "reduction": "mean"}
        given = {**dict(zip(self.order(), args, strict=False)), **given}
        if given.keys() - known.keys():
            raise TypeError(f"{type(self).__name__}() got an unexpected keyword argument")
        known |= given
        self.reduction = chosen(known["reduction"], known.get("size_average"), known.get("reduce"))
        for name in self.tensors:
            self.register_buffer(name, known[name])
        for name in self.options:
            setattr(self, name, known[name])

    def order(self) -> tuple[str, ...]:
        """Return the names of positional arguments."""
        flags = ("size_average", "reduce", "reduction") if self.flags else ("reduction",)
        return (*self.tensors, *self.options, *flags)

    def forward(self, *inputs: Tensor) -> Tensor:
        options = {name: getattr(self, name) for name in (*self.tensors, *self.options)}
        function = getattr(ops, f"nn.functional.{self.function}")
        return function(*inputs, **options, reduction=self.reduction)  # type: ignore[no-any-return]


_LOSSES: tuple[tuple[str, str, tuple[str, ...], dict[str, Any]], ...] = (
    ("MSELoss", "mse_loss", (), {}),
    ("L1Loss", "l1_loss", (), {}),
    ("NLLLoss", "nll_loss", ("weight",), {"ignore_index": -100}),
    ("CrossEntropyLoss", "cross_entropy", ("weight",), {"ignore_index": -100, "label_smoothing": 0.0}),
    ("KLDivLoss", "kl_div", (), {"log_target": False}),
    ("BCELoss", "binary_cross_entropy", ("weight",), {}),
    ("BCEWithLogitsLoss", "binary_cross_entropy_with_logits", ("weight", "pos_weight"), {}),
    ("HingeEmbeddingLoss", "hinge_embedding_loss", (), {"margin": 1.0}),
    ("SoftMarginLoss", "soft_margin_loss", (), {}),
    ("MarginRankingLoss", "margin_ranking_loss", (), {"margin": 0.0}),
    ("CosineEmbeddingLoss", "cosine_embedding_loss", (), {"margin": 0.0}),
    ("TripletMarginLoss", "triplet_margin_loss", (), {"margin": 1.0, "p": 2.0, "eps": 1e-6, "swap": False}),
    ("PoissonNLLLoss", "poisson_nll_loss", (), {"log_input": True, "full": False, "eps": 1e-8}),
    ("SmoothL1Loss", "smooth_l1_loss", (), {"beta": 1.0}),
    ("HuberLoss", "huber_loss", (), {"delta": 1.0}),
    ("MultiMarginLoss", "multi_margin_loss", (), {"p": 1, "margin": 1.0, "weight": None}),
    ("MultiLabelMarginLoss", "multilabel_margin_loss", (), {}),
    ("MultiLabelSoftMarginLoss", "multilabel_soft_margin_loss", ("weight",), {}),
    ("CTCLoss", "ctc_loss", (), {"blank": 0, "zero_infinity": False}),
    ("GaussianNLLLoss", "gaussian_nll_loss", (), {"full": False, "eps": 1e-6}),
)
CLASSES: dict[str, type[Loss]] = {
    name: type(
        name,
        (Loss,),
        {
            "function": function,
            "tensors": tensors,
            "options": options,
            "flags": name not in ("HuberLoss", "GaussianNLLLoss"),
            "__module__": "torch.nn",
            "__doc__": f"``{function}`` with its options.",
        },
    )
    for name, function, tensors, options in _LOSSES
}
