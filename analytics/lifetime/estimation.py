"""Maximum likelihood of positive parameters: on their logarithms, with their standard errors."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.optimize import minimize

Array = np.ndarray[Any, np.dtype[np.float64]]

LARGEST: Final = 1e4
"""Parameters lie between this and its inverse; one that wants to go on says that the model does not fit."""
_REACH: Final = float(np.log(LARGEST))
_STEP: Final = 1e-4
_LEVEL: Final = 1e-5


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Parameters where the likelihood is greatest, by name and in order.

    `errors` are standard errors from the curvature there; none where it does not curve down every way.
    """

    parameters: Mapping[str, float]
    errors: Mapping[str, float | None]
    log_likelihood: float
    is_converged: bool
    at_bounds: tuple[str, ...]

    @property
    def values(self) -> tuple[float, ...]:
        """The parameters in their order."""
        return tuple(self.parameters.values())


def maximise(
    likelihood: Callable[[Array], tuple[float, Array]],
    *,
    names: Sequence[str],
    start: Sequence[float],
    observations: float,
) -> Fit:
    """Where a likelihood is greatest.

    `likelihood` answers the log likelihood of all observations for given parameters, and its gradient by
    them.
    """

    def descend(logs: Array) -> tuple[float, Array]:
        parameters = np.exp(logs)
        value, gradient = likelihood(parameters)
        return -value / observations, -gradient * parameters / observations

    found = minimize(
        descend,
        np.log(np.asarray(start, dtype=np.float64)),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-_REACH, _REACH)] * len(names),
        options={"maxiter": 500, "ftol": 1e-15, "gtol": 1e-9, "maxcor": 20},
    )
    logs: Array = np.asarray(found.x)
    is_at_bound = np.abs(np.abs(logs) - _REACH) < 1e-6
    slope = descend(logs)[1][~is_at_bound]
    parameters = np.exp(logs)
    return Fit(
        parameters=dict(zip(names, parameters.tolist(), strict=True)),
        errors=dict(zip(names, _errors(descend, logs, observations), strict=True)),
        log_likelihood=-float(found.fun) * observations,
        # The search may also end where its steps are lost in rounding: what counts is that it is level there.
        is_converged=bool(np.isfinite(found.fun)) and bool(np.all(np.abs(slope) < _LEVEL)),
        at_bounds=tuple(name for name, is_at in zip(names, is_at_bound, strict=True) if is_at),
    )


def _errors(
    descend: Callable[[Array], tuple[float, Array]], logs: Array, observations: float
) -> list[float | None]:
    """Of the parameters themselves: those of their logarithms times the parameters."""
    steps = np.eye(len(logs)) * _STEP
    curvature = np.array(
        [(descend(logs + step)[1] - descend(logs - step)[1]) / (2 * _STEP) for step in steps]
    )
    curvature = (curvature + curvature.T) / 2 * observations
    try:
        variances = np.diag(cho_solve(cho_factor(curvature), np.eye(len(logs))))
    except (LinAlgError, ValueError):
        return [None] * len(logs)
    return [float(error) for error in np.sqrt(variances) * np.exp(logs)]
