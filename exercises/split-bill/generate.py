def generate(random):
    weights = [random.choice([0, 1, 1, 2, 3, 5, 7]) for _ in range(random.randrange(0, 6))]
    if random.random() < 0.1:
        weights.append(-1)
    total = random.choice([-1, 0, 1, 7, 10, 99, 100, 1001, 9_007_199_254_740_993])
    return total, weights


def observe(solution, case):
    total, weights = case
    given = list(weights)
    return [solution.split(total, given), given]
