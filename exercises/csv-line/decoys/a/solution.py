import re

FIELD = re.compile(r'"((?:[^"]|"")*)"(?=,|\Z)|([^",]*)(?=,|\Z)')


def parse(line):
    line = re.sub(r"\r?\n\Z", "", line)
    result, place = [], 0
    while place <= len(line):
        found = FIELD.match(line, place)
        if not found:
            raise ValueError(f"column {place}")
        whole, plain = found.groups()
        result.append(plain if whole is None else whole.replace('""', '"'))
        place = found.end() + 1
    return result
