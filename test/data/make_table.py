"""Writes a table with Python's csv module, and its numbers.

    python3 test/data/make_table.py > test/data/fixtures/table.json
"""
import csv
import io
import json
import random

random.seed(5)
WORDS = ["", "plain", "with, comma", 'a "quoted" word', "two\nlines", "carriage\r\nreturn", '"', "été", "; \t"]
rows = [[random.choice([random.randint(-9, 9), random.gauss(0, 1), random.gauss(0, 1) * 1e20]) for _ in range(4)] for _ in range(60)]
out = io.StringIO()
writer = csv.writer(out)
writer.writerow(["x", "words", "x 2", "a,b", "y"])
for row in rows:
    writer.writerow([row[0], random.choice(WORDS), *row[1:]])
print(json.dumps({"text": out.getvalue(), "rows": rows}))
