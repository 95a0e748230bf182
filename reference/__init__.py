"""One way to make it true, in NumPy, under the names of torch.

``import tensorcanon.reference as torch`` gives the namespace; operations are looked up at each use.
"""

# The names below shadow builtins on purpose: torch.float, torch.int, torch.bool.
from typing import Any

from . import (
    activations,
    alignment,
    aten,
    attention,
    autograd,
    backends,
    broadcasting,
    buffers,
    comparisons,
    complexes,
    contractions,
    conversion,
    convolution,
    copying,
    counts,
    creation,
    cuda,
    cumulative,
    dispatch,
    draws,
    dropping,
    dtypes,
    elementwise,
    func,
    functions,
    gamma,
    grids,
    hashing,
    histograms,
    history,
    indexing,
    inplace,
    interop,
    interpolation,
    likelihoods,
    lookup,
    losses,
    margins,
    masking,
    native_norms,
    nn,
    normalization,
    norms,
    operators,
    optim,
    parameters,
    pooling,
    printing,
    products,
    random,
    rearranging,
    reductions,
    return_types,
    sampling,
    scattering,
    scattering_slices,
    sequences,
    serialization,
    shape,
    slopes,
    sorting,
    statistics,
    unpooling,
    utils,
    views,
    warping,
)
from . import linalg as _linalg
from .autograd import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from .autograd.formulas import CHAPTERS as _DERIVATIVES
from .autograd.modes import is_inference_mode_enabled
from .cautions import is_warn_always_enabled, set_warn_always
from .compiling import compile
from .determinism import (
    are_deterministic_algorithms_enabled,
    is_deterministic_algorithms_warn_only_enabled,
    use_deterministic_algorithms,
)
from .devices import device, get_default_device, set_default_device
from .dispatch import FUNCTIONS, Namespace
from .dtypes import dtype, finfo, get_default_dtype, iinfo, set_default_dtype
from .errors import LinAlgError, OutOfMemoryError
from .formats import (
    channels_last,
    channels_last_3d,
    contiguous_format,
    layout,
    memory_format,
    preserve_format,
    strided,
)
from .generator import Generator
from .inspection import (
    is_complex,
    is_conj,
    is_floating_point,
    is_inference,
    is_neg,
    is_signed,
    is_storage,
    is_tensor,
    numel,
)
from .legacy import TYPES as _TYPES
from .printing import set_printoptions
from .processor import (
    get_float32_matmul_precision,
    get_num_threads,
    set_float32_matmul_precision,
    set_flush_denormal,
    set_num_threads,
)
from .random import default_generator, get_rng_state, initial_seed, manual_seed, seed, set_rng_state
from .serialization import load, save
from .size import Size
from .storage import Storage as UntypedStorage
from .tensor import Tensor
from .vmapping import vmap

__all__ = [
    "Generator",
    "OutOfMemoryError",
    "Size",
    "Tensor",
    "UntypedStorage",
    "are_deterministic_algorithms_enabled",
    "autograd",
    "backends",
    "channels_last",
    "channels_last_3d",
    "compile",
    "contiguous_format",
    "cuda",
    "default_generator",
    "device",
    "dtype",
    "enable_grad",
    "finfo",
    "func",
    "get_default_device",
    "get_default_dtype",
    "get_float32_matmul_precision",
    "get_num_threads",
    "get_rng_state",
    "iinfo",
    "inference_mode",
    "initial_seed",
    "is_complex",
    "is_conj",
    "is_deterministic_algorithms_warn_only_enabled",
    "is_floating_point",
    "is_grad_enabled",
    "is_inference",
    "is_inference_mode_enabled",
    "is_neg",
    "is_signed",
    "is_storage",
    "is_tensor",
    "is_warn_always_enabled",
    "layout",
    "load",
    "manual_seed",
    "memory_format",
    "nn",
    "no_grad",
    "numel",
    "optim",
    "preserve_format",
    "random",
    "return_types",
    "save",
    "seed",
    "serialization",
    "set_default_device",
    "set_default_dtype",
    "set_float32_matmul_precision",
    "set_flush_denormal",
    "set_grad_enabled",
    "set_num_threads",
    "set_printoptions",
    "set_rng_state",
    "set_warn_always",
    "strided",
    "use_deterministic_algorithms",
    "utils",
    "vmap",
]

linalg = Namespace("linalg.", LinAlgError=LinAlgError)
special = Namespace("special.")
ops = Namespace("ops.")
tensor = FUNCTIONS["tensor"]
inf = float("inf")
nan = float("nan")
pi = 3.141592653589793
e = 2.718281828459045
newaxis = None
__version__ = "2.13.0+canon"
_CHAPTERS = (
    activations,
    alignment,
    aten,
    attention,
    broadcasting,
    buffers,
    comparisons,
    complexes,
    contractions,
    conversion,
    convolution,
    copying,
    counts,
    creation,
    cumulative,
    dispatch,
    draws,
    dropping,
    elementwise,
    functions,
    gamma,
    grids,
    hashing,
    histograms,
    history,
    indexing,
    inplace,
    interop,
    interpolation,
    likelihoods,
    lookup,
    losses,
    margins,
    masking,
    native_norms,
    normalization,
    norms,
    operators,
    parameters,
    pooling,
    printing,
    products,
    random,
    rearranging,
    reductions,
    return_types,
    sampling,
    scattering,
    scattering_slices,
    sequences,
    shape,
    slopes,
    sorting,
    statistics,
    unpooling,
    views,
    warping,
    _linalg,
    _DERIVATIVES,
)


def __getattr__(name: str) -> Any:
    if name in FUNCTIONS:
        return FUNCTIONS[name]
    if name in dtypes.NAMES:
        return dtypes.NAMES[name]
    if name in _TYPES:
        return _TYPES[name]
    raise AttributeError(f"module 'torch' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *(n for n in FUNCTIONS if "." not in n), *dtypes.NAMES})
