from functools import reduce


def _checked(booking):
    first, last = booking
    if last - first <= 0:
        raise ValueError(booking)
    return booking


def merge(bookings):
    def join(done, booking):
        if done and booking[0] <= done[-1][1]:
            *before, (first, last) = done
            return [*before, (first, last if last > booking[1] else booking[1])]
        return [*done, booking]

    return reduce(join, sorted(tuple(_checked(one)) for one in bookings), [])


def free(bookings, start, end):
    rest = [_checked((start, end))]
    for taken, until in merge(bookings):
        rest = [part for a, b in rest for part in ((a, min(b, taken)), (max(a, until), b)) if part[0] < part[1]]
    return rest


def fits(bookings, start, end):
    _checked((start, end))
    overlapping = [one for one in map(_checked, bookings) if max(one[0], start) < min(one[1], end)]
    return not overlapping
