#!/usr/bin/env bash
# Chinese numerals of documents, read by three libraries: cn2an 0.5.24, chinese2digits 6.0.2, pycnnum 2.1.1.
# Seen: each reads a part of them as another number, without an error.
#   十万五 (105,000)      pycnnum: 150,000, although it reads 一万五 as 15,000
#   二〇一四 (the year)    pycnnum: 4, the last digit
#   一点五万 (15,000)     pycnnum: 1.5; cn2an: ValueError; chinese2digits: 15,000
#   廿三 (23)             chinese2digits: 3; pycnnum: ValueError; cn2an: 23
#   一千万亿 (10 ** 15)   chinese2digits: 10 ** 11; pycnnum: 10 ** 23; cn2an: 10 ** 15
#   两亿三 (230,000,000)  cn2an: KeyError; the others: 230,000,000
#
# Guess: libraries of this one purpose agree on numerals of a court's papers, or refuse them. They agree on 一万五, 两百五
# and 三千二, where the place after the last digit is left out. A sum of money or a year that is
# read by one of them needs a second reading; the portal refuses the forms that can be read in two ways
# (portal/source_values/numerals.py).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check cn2an==0.5.24 chinese2digits==6.0.2 pycnnum==2.1.1
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import chinese2digits
import cn2an
import pycnnum

READERS = {
    "cn2an": lambda words: cn2an.cn2an(words, "smart"),
    "chinese2digits": lambda words: int(
        chinese2digits.takeNumberFromString(words)["digitsStringList"][0]
    ),
    "pycnnum": pycnnum.cn2num,
}
EXPECTED = {
    "一万五": (15_000, 15_000, 15_000),
    "两百五": (250, 250, 250),
    "三千二": (3_200, 3_200, 3_200),
    "十万五": (105_000, 105_000, 150_000),
    "二〇一四": (2014, 2014, 4),
    "一点五万": ("ValueError", 15_000, 1.5),
    "廿三": (23, 3, "ValueError"),
    "一千万亿": (10**15, 10**11, 10**23),
    "两亿三": ("KeyError", 230_000_000, 230_000_000),
}


def read(reader, words):
    try:
        return reader(words)
    except Exception as error:
        return type(error).__name__


for words, expected in EXPECTED.items():
    found = tuple(read(reader, words) for reader in READERS.values())
    print(words, dict(zip(READERS, found)))
    assert found == expected, (words, found)
PYTHON
echo "The three libraries behave as described."
