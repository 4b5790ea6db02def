EVENTS = ["cancel", "deliver", "lose", "pay", "pay", "refund", "return", "ship", "ship"]


def generate(random):
    return [random.choice(EVENTS) for _ in range(8)]


def observe(solution, events):
    order = solution.Order()
    seen = []
    for event in events:
        try:
            order.apply(event)
            seen.append([order.state, order.allowed()])
        except ValueError as error:
            seen.append([type(error).__name__, order.state, order.history])
    order.history.append("x")
    return [seen, order.history]
