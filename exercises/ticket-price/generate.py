VALUES = [-2, -1, 0, 1, 5, 6, 7, 8, 11, 12, 13, 14, 17, 18, 19, 20, 63, 64, 65, 66, 129, 130, 131, True, False, 7.0]


def generate(random):
    return (random.choice(VALUES), random.random() < 0.5)


def observe(solution, case):
    age, weekend = case
    return solution.price(age, weekend=weekend)
