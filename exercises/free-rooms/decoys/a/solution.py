def _points(bookings):
    taken = set()
    for start, end in bookings:
        if not start < end:
            raise ValueError((start, end))
        taken.update(range(start, end))
    return taken


def _runs(points):
    runs = []
    for point in sorted(points):
        if runs and runs[-1][1] == point:
            runs[-1][1] = point + 1
        else:
            runs.append([point, point + 1])
    return [tuple(run) for run in runs]


def merge(bookings):
    return _runs(_points(bookings))


def free(bookings, start, end):
    return _runs(_points([(start, end)]) - _points(bookings))


def fits(bookings, start, end):
    return _points([(start, end)]).isdisjoint(_points(bookings))
