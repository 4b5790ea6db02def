def generate(random):
    steps = [(random.choice(["put", "get", "put", "get", "wait", "wait", "len"]), random.choice("abcd"), random.choice([None, 1, 2, 3])) for _ in range(60)]
    return random.choice([0, 1, 2, 3, 3]), steps


def observe(solution, case):
    size, steps = case
    now = [0]
    try:
        cache = solution.Cache(size, 9, lambda: now[0])
    except ValueError:
        return "refused"
    seen = []
    for what, key, value in steps:
        if what == "put":
            cache.put(key, value)
        elif what == "get":
            seen.append(cache.get(key, "missing"))
        elif what == "len":
            seen.append(len(cache))
        else:
            now[0] += 3
    return seen
