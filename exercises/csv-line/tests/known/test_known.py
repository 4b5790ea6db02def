import pytest
from solution import parse


def refused(line):
    try:
        parse(line)
    except ValueError:
        return True
    return False


def test_plain():
    assert parse("a,b,c") == ["a", "b", "c"]


def test_nothing_between():
    assert parse(",a,,") == ["", "a", "", ""]


def test_empty_line():
    assert parse("") == [""]


def test_comma_between_quotes():
    assert parse('"a, b",c') == ["a, b", "c"]


def test_line_break_between_quotes():
    assert parse('"a\nb"') == ["a\nb"]


def test_doubled_quotes():
    assert parse('"say ""hi"""') == ['say "hi"']


def test_only_a_quote():
    assert len(parse('""""')[0]) == 1


def test_no_quote_is_lost():
    assert '"' in parse('"a""b"')[0]


def test_blanks():
    assert parse(" a ,b ") == [" a ", "b "]


def test_quote_inside():
    assert refused('a"b')


def test_not_closed():
    assert refused('"a')


def test_behind_the_quote():
    assert refused('"a"b,c')


def test_line_endings():
    assert parse("a,b\r\n") == ["a", "b"]
    assert parse("a,b\n") == ["a", "b"]
