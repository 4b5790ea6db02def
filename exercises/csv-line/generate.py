def generate(random):
    text = "".join(random.choice(['a', '"', '"', ",", " ", "\n"]) for _ in range(random.randrange(0, 7)))
    if random.random() < 0.5:
        fields = [random.choice(["", "a", "a,b", 'x"y', " z "]) for _ in range(3)]
        text = ",".join('"' + field.replace('"', '""') + '"' if random.random() < 0.7 else field for field in fields)
    return text + random.choice(["", "\n", "\r\n"])


def observe(solution, line):
    try:
        return solution.parse(line)
    except ValueError:
        return "refused"
