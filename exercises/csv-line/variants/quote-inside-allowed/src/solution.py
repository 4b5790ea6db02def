def parse(line):
    if line.endswith("\n"):
        line = line[:-1].removesuffix("\r")
    fields = []
    at = 0
    while True:
        if line[at : at + 1] == '"':
            value, at = quoted(line, at + 1)
        else:
            end = line.find(",", at)
            end = len(line) if end < 0 else end
            value, at = line[at:end], end
        fields.append(value)
        if at == len(line):
            return fields
        if line[at] != ",":
            raise ValueError("something behind a closing quote")
        at += 1


def quoted(line, at):
    value = ""
    while True:
        end = line.find('"', at)
        if end < 0:
            raise ValueError("a quote that is not closed")
        value += line[at:end]
        if line[end + 1 : end + 2] != '"':
            return value, end + 1
        value += '"'
        at = end + 2
