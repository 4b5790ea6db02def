def generate(random):
    answers = [random.choice(["temporary", "temporary", 0, 7, 99, "other", "ok"]) for _ in range(10)]
    return answers, random.randrange(0, 6), random.choice([1, 3, 20])


def observe(solution, case):
    answers, attempts, base = case
    left = list(answers)
    waits = []

    def call():
        answer = left.pop(0)
        if answer == "ok":
            return "ok"
        if answer == "other":
            raise KeyError("other")
        raise solution.Temporary(after=None if answer == "temporary" else answer)

    try:
        result = solution.retry(call, attempts=attempts, sleep=waits.append, base=base)
    except Exception as error:
        result = type(error).__name__
    return [result, waits, len(left)]
