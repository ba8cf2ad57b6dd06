"""Tables, durations, sizes and counts as people read them. Pure; imports nothing: quick commands read it."""


def table(rows: "list[tuple[str, ...]]") -> str:
    """Return rows of cells in columns, the first row being the head; the last column is as wide as it is."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def pairs(rows: "list[tuple[str, object]]") -> str:
    """Return lines of "name  value", the values below each other."""
    return "\n".join(f"{name:<10} {value}" for name, value in rows)


def duration(seconds: int) -> str:
    """Return seconds as days, hours and minutes, the two largest of them."""
    minutes = seconds // 60
    parts = [(minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min")]
    return " ".join([f"{number} {unit}" for number, unit in parts if number][:2]) or f"{seconds} s"


def seconds(text: str) -> "float | None":
    """Return a time such as 90s, 30m, 2h or 1d in seconds, None for what is none."""
    number, unit = text[:-1], {"s": 1, "m": 60, "h": 3600, "d": 86400}.get(text[-1:])
    is_number = number.replace(".", "", 1).isdecimal() and number.isascii()
    return (float(number) * unit or None) if unit and is_number else None


def size(count: int) -> str:
    """Return a number of bytes for people."""
    value = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if value < 1024 or unit == "GiB":
            break
        value /= 1024
    return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"


def count(number: int, noun: str) -> str:
    """Return a number of things: 1 error, 2 errors."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def shorten(text: str, most: int = 60) -> str:
    """Return a text in one line of at most so many characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[: most - 3] + "..."
