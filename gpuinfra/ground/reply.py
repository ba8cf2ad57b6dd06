"""What a host answers is held to a shape before anything is done with it: it may be hostile, or broken.

Pure, and imports nothing: the quick sync looks at its replies by this, too.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MOST = 1 << 62  # no number of ours comes near; longer ones cannot even be printed


def fits(value: object, shape: "Any") -> bool:
    """Tell whether a value that came as JSON has a shape.

    A shape is a type (float: any number), None, a tuple of shapes (one of them), [shape] (a list of such),
    {name: shape} (an object that has these, and perhaps more; what is not there is None) or {str: shape} (an
    object of such values by any name).
    """
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return False
        if str in shape:
            return all(fits(one, shape[str]) for one in value.values())
        return all(fits(value.get(name), part) for name, part in shape.items())
    if isinstance(shape, list):
        return isinstance(value, list) and all(fits(one, shape[0]) for one in value)
    if isinstance(shape, tuple):
        return any(fits(value, one) for one in shape)
    if shape is None:
        return value is None
    if shape in (int, float):  # true is no number, NaN and Infinity are none to count with
        kinds = (int,) if shape is int else (int, float)
        return type(value) in kinds and -MOST < value < MOST  # type: ignore[operator]
    return type(value) is shape


def checked(value: "Any", shape: "Any", what: str) -> "Any":
    """Return an answer.

    Raises:
        HostError: it has another shape.
    """
    if not fits(value, shape):
        from gpuinfra.ground.errors import HostError

        raise HostError(f"the host's answer about {what} is none that gpuinfra knows: {value!r:.200}")
    return value
