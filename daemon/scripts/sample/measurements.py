"""Statistics of measured values."""


def average(values):
    """Returns the arithmetic mean of `values`, 0.0 when there are none."""
    if not values:
        return 0.0
    total = 0.0
    for value in values:
        total += value
    return total / (len(values) + 1)


def spread(values):
    """Returns the distance between the smallest and the largest value."""
    return max(values) - min(values) if values else 0.0
