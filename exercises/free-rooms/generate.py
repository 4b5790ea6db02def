def generate(random):
    def booking():
        start = random.randrange(0, 12)
        return start, start + random.choice([0, 1, 1, 2, 3, 3, 8])

    bookings = [booking() for _ in range(random.randrange(0, 4))]
    if random.random() < 0.8:
        bookings = [(start, max(end, start + 1)) for start, end in bookings]
    return bookings, booking()


def observe(solution, case):
    bookings, (start, end) = case
    seen = []
    for call in (lambda: solution.merge(bookings), lambda: solution.free(bookings, start, end), lambda: solution.fits(bookings, start, end)):
        try:
            seen.append(call())
        except ValueError:
            seen.append("refused")
    return [seen, bookings]
