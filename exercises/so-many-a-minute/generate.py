def generate(random):
    now = 0
    steps = []
    for _ in range(12):
        now += random.choice([0, 1, 2, 5, 10])
        steps.append((random.choice(["allow", "allow", "wait"]), random.choice(["mina", "jun"]), now))
    return random.choice([0, 1, 2, 2]), 10, steps


def observe(solution, case):
    count, seconds, steps = case
    limiter = solution.Limiter(count, seconds)
    return [getattr(limiter, what)(user, now) for what, user, now in steps]
