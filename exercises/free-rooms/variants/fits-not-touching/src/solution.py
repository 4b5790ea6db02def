def merge(bookings):
    for start, end in bookings:
        check(start, end)
    merged = []
    for start, end in sorted(bookings):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def free(bookings, start, end):
    check(start, end)
    found = []
    at = start
    for taken, until in merge(bookings):
        if taken >= end:
            break
        if taken > at:
            found.append((at, taken))
        at = max(at, until)
    if at < end:
        found.append((at, end))
    return found


def fits(bookings, start, end):
    check(start, end)
    return all(end < taken or until < start for taken, until in merge(bookings))


def check(start, end):
    if start >= end:
        raise ValueError("a booking begins before it ends")
