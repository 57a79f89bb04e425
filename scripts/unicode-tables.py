#!/usr/bin/env python3
"""Writes native/expressions/unicode_tables.inc: the case mappings and classes that the string functions use.

    python3 scripts/unicode-tables.py > native/expressions/unicode_tables.inc

Java's full case mapping (SpecialCasing without conditions, save the final sigma, which unicode.cc knows).
"""
import sys
import unicodedata

MAX = 0x110000


def runs(pairs):
    """(code point, delta) pairs as runs of one delta and a stride of 1 or 2."""
    out = []
    for code, delta in pairs:
        if out:
            first, last, stride, d = out[-1]
            if d == delta and (code - last == stride or (first == last and code - last <= 2)):
                out[-1] = (first, code, code - last, d)
                continue
        out.append((code, code, 1, delta))
    return out


def ranges(predicate, limit=MAX):
    out = []
    for code in range(limit):
        if predicate(chr(code)):
            if out and out[-1][1] == code - 1:
                out[-1][1] = code
            else:
                out.append([code, code])
    return out


def table(name, kind, rows):
    print(f"constexpr {kind} {name}[] = {{")
    line = "   "
    for row in rows:
        cell = " {" + ", ".join(row) + "},"
        if len(line) + len(cell) > 100:
            print(line)
            line = "   "
        line += cell
    print(line)
    print("};\n")


upper, lower, upper_full, lower_full = [], [], [], []
for code in range(0x80, MAX):
    c = chr(code)
    for mapped, simple, full in ((c.upper(), upper, upper_full), (c.lower(), lower, lower_full)):
        if mapped == c:
            continue
        if len(mapped) == 1:
            simple.append((code, ord(mapped) - code))
        else:
            full.append((code, mapped))

print(f"// Made by scripts/unicode-tables.py from Unicode {unicodedata.unidata_version}; do not edit.")
print("// clang-format off")
for name, pairs in (("kUpper", upper), ("kLower", lower)):
    table(name, "CaseRun", [(hex(a), hex(b), str(s), str(d)) for a, b, s, d in runs(pairs)])
for name, pairs in (("kUpperFull", upper_full), ("kLowerFull", lower_full)):
    table(name, "CaseText", [(hex(a), '"' + "".join(f"\\x{b:02x}" for b in m.encode()) + '"') for a, m in pairs])
table("kLetters", "CodeRange", [(hex(a), hex(b)) for a, b in ranges(lambda c: unicodedata.category(c)[0] == "L", 0x10000)])
table("kDigits", "CodeRange", [(hex(a), hex(b)) for a, b in ranges(lambda c: unicodedata.category(c) == "Nd", 0x10000)])
table("kCased", "CodeRange", [(hex(a), hex(b)) for a, b in ranges(
    lambda c: unicodedata.category(c) in ("Lu", "Ll", "Lt") or c.upper() != c or c.lower() != c)])
table("kCaseIgnorable", "CodeRange", [(hex(a), hex(b)) for a, b in ranges(
    lambda c: unicodedata.category(c) in ("Mn", "Me", "Cf", "Lm", "Sk") or c in "'.:\u00b7\u2018\u2019\u2024\u2027")])
print("// clang-format on")
