def parse(line):
    text = line[:-2] if line[-2:] == "\r\n" else line[:-1] if line[-1:] == "\n" else line
    state, fields, current = "start", [], []
    for letter in text:
        if state == "inside":
            if letter == '"':
                state = "closing"
            else:
                current.append(letter)
        elif letter == ",":
            fields.append("".join(current))
            state, current = "start", []
        elif state == "closing":
            if letter != '"':
                raise ValueError(letter)
            current.append(letter)
            state = "inside"
        elif letter == '"':
            if state != "start":
                raise ValueError(letter)
            state = "inside"
        else:
            state = "plain"
            current.append(letter)
    if state == "inside":
        raise ValueError("not closed")
    return fields + ["".join(current)]
