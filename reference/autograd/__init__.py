"""Automatic differentiation: ``torch.autograd``."""

from . import forward_ad, function, functional, graph
from .anomaly import detect_anomaly, is_anomaly_enabled, set_detect_anomaly
from .checking import gradcheck, gradgradcheck
from .engine import backward, grad
from .function import Function
from .modes import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled
from .variables import Variable

__all__ = [
    "Function",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "forward_ad",
    "function",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "is_anomaly_enabled",
    "is_grad_enabled",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
]
