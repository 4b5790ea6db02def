def generate(random):
    calls = [(random.choice(["", "a", "b", "a"]), random.choice(["kim", "lee"]), random.choice([-1, 0, 100, 100, 200])) for _ in range(8)]
    return calls, [random.choice(["ok", None, 0, "fail", "ok"]) for _ in range(8)]


def observe(solution, case):
    calls, results = case
    made = []

    def charge(account, amount):
        made.append([account, amount])
        result = results[len(made) - 1]
        if result == "fail":
            raise OSError("down")
        return result if result is None or result == 0 else f"{result} {len(made)}"

    payments = solution.Payments(charge)
    seen = []
    for call in calls:
        try:
            seen.append(payments.pay(*call))
        except (OSError, ValueError) as error:
            seen.append(type(error).__name__)
    return [seen, made]
