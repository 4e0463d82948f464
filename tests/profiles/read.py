"""Reads profiles of one report as their readers do, and prints their totals: looks, nanoseconds, CPU, GIL, stalls, their lengths."""

import gzip
import json
import pstats
import sys


def number(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at


def fields(data):
    """Field numbers and values of a protocol buffer: numbers, and bytes of what is longer."""
    at = 0
    while at < len(data):
        key, at = number(data, at)
        value, at = number(data, at)
        if key & 7 == 2:
            value, at = data[at : at + value], at + value
        else:
            assert key & 7 == 0, key
        yield key >> 3, value


def numbers(data):
    at = 0
    while at < len(data):
        value, at = number(data, at)
        yield value


def pprof(path):
    totals, known, named = [0] * 6, set(), set()
    for field, value in fields(gzip.open(path).read()):
        if field == 2:
            for of, packed in fields(value):
                if of == 2:
                    totals = [one + other for one, other in zip(totals, numbers(packed), strict=True)]
                elif of == 1:
                    named.update(numbers(packed))
        elif field == 4:
            known.add(dict(fields(value))[1])
        elif field == 6:
            text = value.decode()
            assert not text or text.isprintable(), repr(text)
    assert named == known, named ^ known
    return totals


def statistics(path):
    try:
        read = pstats.Stats(path)
    except TypeError:
        return 0  # of no functions, which pstats refuses
    for (file, line, function), (calls, _, own, cumulative, callers) in read.stats.items():
        assert (file + function).isprintable() and line >= 0 and calls >= 1, (file, line, function)
        assert own <= cumulative + 1e-9, function
        assert all(caller in read.stats for caller in callers), function
    return round(read.total_tt * 1e9)


def speedscope(path):
    with open(path, encoding="utf-8") as file:
        read = json.load(file)
    frames = read["shared"]["frames"]
    total = 0
    for profile in read["profiles"]:
        assert len(profile["samples"]) == len(profile["weights"])
        assert all(0 <= frame < len(frames) for stack in profile["samples"] for frame in stack)
        assert sum(profile["weights"]) == profile["endValue"]
        total += profile["endValue"]
    return total


folder = sys.argv[1]
looks, wall, cpu, gil, stalls, delay = pprof(f"{folder}/all.pb.gz")
own, thread = statistics(f"{folder}/all.pstats"), speedscope(f"{folder}/all.speedscope.json")
# Seconds as floating point numbers, added up by pstats.
assert abs(own - wall) <= 10 and thread == wall, (wall, own, thread)
assert cpu <= wall and gil <= wall
print(looks, wall, cpu, gil, stalls, delay)
