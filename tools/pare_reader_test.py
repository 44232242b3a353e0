#!/usr/bin/env python3
"""Compares the independent reader with files and expectations in tests/golden, with docs/formats.md and with `pare` itself.

usage: pare_reader_test.py PARE GOLDEN_FOLDER
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

import pare_reader

PARE = GOLDEN = ""


def golden_files():
    return sorted(name[:-5] for name in os.listdir(GOLDEN) if name.endswith(".pare"))


def load(name):
    with open(os.path.join(GOLDEN, name), "rb") as file:
        return file.read()


class Reader(unittest.TestCase):
    def test_golden_files_give_what_is_expected(self):
        self.assertTrue(golden_files())
        for name in golden_files():
            with self.subTest(name):
                summary = pare_reader.PareFile(load(name + ".pare")).summary()
                expected = json.loads(load(name + ".expected.json"))
                unnamed = "" in summary["tensors"]  # a stripped file: names are the reader's own affair
                if unnamed:
                    summary = [list(n.values())[0] for n in summary["nodes"]], summary["metadata"]
                    expected = [n["type"] for n in expected["nodes"]], expected["metadata"]
                self.assertEqual(summary, expected)

    def test_stripped_tensors_are_those_of_the_file_with_names(self):
        for version in ("v1", "v2"):
            whole, stripped = (pare_reader.PareFile(load(version + n + ".pare")) for n in ("_kinds", "_stripped"))
            self.assertEqual([whole.tensor(i) for i in range(len(whole.tensors))], [stripped.tensor(i) for i in range(len(stripped.tensors))])

    def test_versions_say_the_same(self):
        for name in ("_kinds", "_masks"):
            first, second = (pare_reader.PareFile(load(version + name + ".pare")) for version in ("v1", "v2"))
            self.assertEqual(first.summary(), second.summary())

    def test_example_of_the_documentation(self):
        with open(os.path.join(GOLDEN, "..", "..", "docs", "formats.md"), encoding="utf-8") as file:
            text = file.read()
        blocks = text.split("## 6. Example")[1].split("```")[1:4:2]
        shown = ["".join(re.findall(r"^[0-9a-f]{4}  ((?:[0-9a-f]{2} ?)+)", block, re.M)).replace(" ", "") for block in blocks]
        data = load("v2_example.pare")
        self.assertEqual(shown, [data.hex(), pare_reader.PareFile(data).structure.hex()])
        sample = text.split("## 7. The sample")[1].split("```")[1]
        self.assertEqual("".join(sample.split()), pare_reader.SAMPLE.hex())

    def test_every_damaged_byte_is_noticed(self):
        for data in (load("example.pare"), load("v2_example.pare")):
            for i in range(len(data)):
                for damaged in (data[:i], data[:i] + bytes([data[i] ^ 0x40]) + data[i + 1:]):
                    with self.assertRaises(pare_reader.FormatError):
                        pare_reader.PareFile(damaged).summary()

    def test_pare_agrees(self):
        """unpack, pack, and read again: the same network."""
        with tempfile.TemporaryDirectory() as folder:
            onnx, again = os.path.join(folder, "a.onnx"), os.path.join(folder, "a.pare")
            subprocess.run([PARE, "unpack", os.path.join(GOLDEN, "example.pare"), "-o", onnx], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            subprocess.run([PARE, "pack", onnx, "-o", again], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            summary = pare_reader.read(again).summary()
        self.assertEqual(summary["inputs"], ["x"])
        self.assertEqual(summary["outputs"], ["y"])


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    PARE, GOLDEN = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main()
