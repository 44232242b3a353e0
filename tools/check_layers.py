#!/usr/bin/env python3
"""Checks who includes whom: the table of docs/architecture.md, section 2.

usage: check_layers.py SOURCE_DIR

Prints one line per violation, "src/runtime/plan.cc:12: runtime must not include core ("core/graph.h")", and exits with 1
when there is any.
"""

import pathlib
import re
import sys

# What a layer may include besides itself.
ALLOWED = {
    "format": set(),
    "runtime": {"format"},
    "core": {"format"},
    "train": {"format", "core"},
    "train/torch": {"format", "core", "train"},
    "report": {"format", "core"},
    "compress": {"format", "core", "train", "report"},
    "export": {"format", "core"},
    "cli": {"format", "core", "train", "compress", "report", "export", "runtime"},
}
# Headers of packages, by the layers that may see them. LibTorch lives behind the engine's door; format and runtime see
# nothing but the standard library.
TORCH = re.compile(r"^(torch|ATen|c10|caffe2)/")
PACKAGES = re.compile(r"^(fmt|nlohmann|yaml-cpp|CLI|protozero|zlib|jpeglib|spng|gtest|rapidcheck|benchmark)(/|\.h|$)")
STANDARD_ONLY = {"format", "runtime"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
ENCODER = re.compile(r"(_encode|_encoder|encoder_list|/write)\.(h|cc)$|container/write\b")


def layer_of(path):
    parts = path.split("/")
    if parts[:2] == ["train", "torch"]:
        return "train/torch"
    return parts[0]


def is_decoder(path):
    """Files that must build without any encoder: codecs' decoders, the container's reader, the whole runtime."""
    name = path.rsplit("/", 1)[-1]
    return path.startswith("runtime/") or "_decode" in name or name.startswith("decoder") or (
        "container/" in path and name.startswith("read"))


def complaints(path, quote, target):
    """Why the file at `path` (below src/) must not include `target`."""
    layer = layer_of(path)
    if layer not in ALLOWED:
        yield f"folder '{layer}' is not in the table of layers"
        return
    if TORCH.match(target) and layer != "train/torch":
        yield f"only train/torch may include LibTorch ({target})"
    elif PACKAGES.match(target) and layer in STANDARD_ONLY:
        yield f"{layer} uses the standard library only ({target})"
    elif quote == '"':
        other = layer_of(target)
        if other in ALLOWED and other != layer and other not in ALLOWED[layer]:
            yield f"{layer} must not include {other} ({target})"
        elif other not in ALLOWED and "/" in target:
            yield f"'{target}' is no path below src/"
    if is_decoder(path) and ENCODER.search(target):
        yield f"what decodes must not include an encoder ({target})"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    source = pathlib.Path(sys.argv[1]) / "src"
    files = sorted(p for p in source.rglob("*") if p.suffix in {".h", ".hpp", ".cc", ".def"})
    if not files:
        sys.exit(f"{source}: no source files")
    violations = 0
    for file in files:
        path = file.relative_to(source).as_posix()
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            for complaint in complaints(path, match[1], match[2]):
                print(f"src/{path}:{number}: {complaint}")
                violations += 1
    if violations:
        sys.exit(f"{violations} violations of the layers in docs/architecture.md")
    print(f"{len(files)} files keep to their layers")


if __name__ == "__main__":
    main()
