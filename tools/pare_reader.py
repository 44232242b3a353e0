#!/usr/bin/env python3
"""Reads .pare files with Python's standard library alone, written from docs/formats.md.

A second opinion on the format, made to be read, not to be fast. `python3 pare_reader.py FILE` prints a summary as JSON.
"""
import json
import struct
import sys

MAGIC = b"\x89PARE\n"
DTYPES = ["none", "f32", "f16", "bf16", "f64", "i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "bool"]
SIZES = [0, 4, 2, 2, 8, 1, 1, 2, 2, 4, 4, 8, 8, 1]
OPS = ["", "Conv", "Gemm", "MatMul", "BatchNormalization", "Relu", "LeakyRelu", "Sigmoid", "Tanh", "Clip", "HardSwish",
       "HardSigmoid", "Softmax", "LogSoftmax", "MaxPool", "AveragePool", "GlobalAveragePool", "Add", "Sub", "Mul", "Div",
       "ReduceMean", "Concat", "Split", "Slice", "Gather", "Flatten", "Reshape", "Transpose", "Squeeze", "Unsqueeze",
       "Shape", "Constant", "Cast", "Pad", "Dropout", "Identity", "QuantizeLinear", "DequantizeLinear", "Elu", "Selu",
       "Softplus", "Softsign", "Erf", "Sqrt", "Exp", "Log", "Neg", "Abs", "Reciprocal", "Sign", "Floor", "Ceil", "Round",
       "Not", "Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual", "And", "Or", "Xor", "Min", "Max", "Sum", "Mean",
       "Pow", "Mod", "Where", "PRelu", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare",
       "ReduceLogSum", "ReduceLogSumExp", "ReduceSum", "ArgMax", "ArgMin", "CumSum", "TopK", "Expand", "Tile",
       "ConstantOfShape", "Range", "EyeLike", "OneHot", "GatherElements", "GatherND", "ScatterElements", "ScatterND",
       "Trilu", "NonZero", "DepthToSpace", "SpaceToDepth", "GlobalMaxPool", "LRN", "InstanceNormalization",
       "LayerNormalization", "ConvTranspose", "Einsum", "RNN", "LSTM", "GRU", "Resize", "Upsample", "GroupNormalization",
       "Mish", "Gelu", "DynamicQuantizeLinear", "ConvInteger", "MatMulInteger", "QLinearConv", "QLinearMatMul", "IsNaN",
       "IsInf", "Size", "Sin", "Cos", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Acosh", "Atanh", "Celu",
       "ThresholdedRelu", "Hardmax", "Shrink", "LpNormalization", "LpPool", "GlobalLpPool", "MeanVarianceNormalization",
       "ReverseSequence", "Compress", "BitShift", "CastLike", "Unique", "Scatter",
       "NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss"]
CODECS = ["raw", "bitpack", "huffman", "huffman_runs"]
GRAPH, TENSORS, PAYLOAD = 1, 2, 3
AFFINE, CODEBOOK, POWER_OF_TWO = 0, 1, 2


class FormatError(Exception):
    """The file breaks a rule of the format."""


def need(condition, message):
    if not condition:
        raise FormatError(message)


def _crc_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


_CRC = _crc_table()


def crc32c(data):
    rest = 0xFFFFFFFF
    for byte in data:
        rest = (rest >> 8) ^ _CRC[(rest ^ byte) & 255]
    return rest ^ 0xFFFFFFFF


def unzigzag(value):
    return (value >> 1) ^ -(value & 1)


def product(shape):
    result = 1
    for size in shape:
        result *= size
    return result


class Fields:
    """Primitive fields of section 1."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def bytes(self, count):
        need(count <= len(self.data) - self.at, "bytes end early")
        self.at += count
        return self.data[self.at - count:self.at]

    def u8(self):
        return self.bytes(1)[0]

    def u32(self):
        return struct.unpack("<I", self.bytes(4))[0]

    def f32(self):
        return struct.unpack("<f", self.bytes(4))[0]

    def uint(self):
        value = 0
        for i in range(10):
            byte = self.u8()
            value |= (byte & 127) << (7 * i)
            if byte < 128:
                need(value < 1 << 64, "uint too long")
                return value
        raise FormatError("uint too long")

    def int(self):
        return unzigzag(self.uint())

    def text(self):
        return self.bytes(self.uint())

    def list(self, item):
        return [item() for _ in range(self.uint())]

    def rest(self):
        return self.bytes(len(self.data) - self.at)

    def end(self):
        need(self.at == len(self.data), "bytes left over")


class Bits:
    """A bit string."""

    def __init__(self, data):
        self.value, self.left = int.from_bytes(data, "big"), 8 * len(data)
        self.text = bin(self.value)[2:].zfill(self.left) if self.left else ""
        self.at = 0

    def take(self, count):
        need(count <= len(self.text) - self.at, "bits end early")
        self.at += count
        return int(self.text[self.at - count:self.at] or "0", 2)

    def gamma(self):
        zeros = 0
        while self.take(1) == 0:
            zeros += 1
        need(zeros < 64, "gamma code too long")
        return (1 << zeros) | self.take(zeros)

    def end(self):
        rest = self.text[self.at:]
        need(len(rest) < 8 and "1" not in rest, "bits left over")


class ValueCode:
    """Section 5.2."""

    def __init__(self, bits):
        self.bits = bits
        self.tokens = bits.gamma() - 1
        self.codes = {}
        if self.tokens == 0:
            return
        self.split, self.top = bits.take(4), bits.take(3)
        need(self.top <= self.split, "bad token shape")
        need(self.tokens <= (1 << self.split) + ((32 - self.split) << self.top), "too many tokens")
        self.single = bits.take(1) == 1
        if not self.single:
            self._read_lengths()

    def _read_lengths(self):
        bits, lengths = self.bits, []
        last = min(15, self.tokens.bit_length())
        while len(lengths) < self.tokens:
            if bits.take(1) == 1:
                if bits.take(1) == 0:
                    last += -1 if bits.take(1) else 1
                elif bits.take(1) == 0:
                    lengths += [0] * bits.gamma()
                    need(len(lengths) < self.tokens, "the highest token must occur")
                    continue
                else:
                    last = bits.take(4)
            need(1 <= last <= 15, "bad code length")
            lengths.append(last)
        need(sum(1 << (15 - n) for n in lengths if n) == 1 << 15, "code is not complete")
        code, before = 0, 0
        for length, token in sorted((n, t) for t, n in enumerate(lengths) if n):
            code <<= length - before
            self.codes[format(code, "0%db" % length)] = token
            code, before = code + 1, length

    def next(self):
        need(self.tokens > 0, "values missing")
        token = self.tokens - 1
        if not self.single:
            text, start, length = self.bits.text, self.bits.at, 1
            while text[start:start + length] not in self.codes:
                need(length <= 15 and start + length <= len(text), "bits end early")
                length += 1
            token = self.codes[text[start:start + length]]
            self.bits.at = start + length
        if token < 1 << self.split:
            return token
        above = token - (1 << self.split)
        plain = self.split + (above >> self.top) - self.top
        lead = (1 << self.top) | (above & ((1 << self.top) - 1))
        return (lead << plain) | self.bits.take(plain)


class Levels:
    """What a codec is told about levels."""

    def __init__(self, shape, low, high, zero):
        self.shape, self.low, self.high, self.zero = shape, low, high, zero
        self.count = product(shape)

    def check(self, level):
        need(self.low <= level <= self.high, "level out of range")
        return level


class Elements:
    """What a codec is told about plain elements."""

    def __init__(self, shape, dtype):
        self.shape, self.dtype, self.size = shape, dtype, SIZES[dtype]
        self.count = product(shape)


def decode_raw(info, data):
    if isinstance(info, Elements):
        need(len(data) == info.count * info.size, "wrong number of raw bytes")
        return data
    span = info.high - info.low
    size = 1 if span < 1 << 8 else 2 if span < 1 << 16 else 4
    need(len(data) == info.count * size, "wrong number of raw bytes")
    return [info.check(info.low + int.from_bytes(data[i:i + size], "little")) for i in range(0, len(data), size)]


def decode_bitpack(info, data):
    fields = Fields(data)
    base, width = fields.int(), fields.u8()
    need(width <= 64, "width above 64 bits")
    bits = Bits(fields.rest())
    values = [base + bits.take(width) for _ in range(info.count)]
    bits.end()
    if isinstance(info, Levels):
        return [info.check(v) for v in values]
    mask = (1 << (8 * info.size)) - 1
    return b"".join((v & mask).to_bytes(info.size, "little") for v in values)


def decode_huffman(info, data):
    bits = Bits(data)
    if isinstance(info, Levels):
        centred = bits.take(1)
        code = ValueCode(bits)
        result = []
        for _ in range(info.count):
            value = code.next()
            result.append(info.check(info.zero + unzigzag(value) if centred else info.low + value))
    else:
        result = bytearray(info.count * info.size)
        for plane in range(info.size):
            code = ValueCode(bits)
            for i in range(info.count):
                result[i * info.size + plane] = code.next()
        result = bytes(result)
    bits.end()
    return result


def decode_huffman_runs(info, data):
    bits = Bits(data)
    pairs = bits.gamma() - 1
    levels = isinstance(info, Levels)
    if levels:
        result = [info.check(info.low + bits.gamma() - 1)] * info.count
    else:
        result = bytearray(info.count * info.size)
    if pairs:
        transposed = bits.take(1)
        contexts = bits.take(2) + 1
        thresholds = [bits.take(5) for _ in range(contexts - 1)]
        runs = [ValueCode(bits) for _ in range(contexts)]
        elements = [ValueCode(bits) for _ in range(1 if levels else info.size)]
        rows = info.shape[0] if transposed and len(info.shape) > 1 else 1
        columns = info.count // rows
        average = position = 0
        for _ in range(pairs):
            run = runs[sum(t <= average.bit_length() for t in thresholds)].next()
            average = (3 * average + 16 * min(run, (1 << 26) - 1)) // 4
            position += run
            need(position < info.count, "run leaves the tensor")
            index = position % rows * columns + position // rows
            for k, code in enumerate(elements):
                if levels:
                    result[index] = info.check(info.low + code.next())
                else:
                    result[index * info.size + k] = code.next()
            position += 1
    bits.end()
    return result if levels else bytes(result)


DECODERS = [decode_raw, decode_bitpack, decode_huffman, decode_huffman_runs]


def to_f32(value):
    """Rounds a Python float (a double) to the nearest float32; overflow gives infinity, as float32 arithmetic does."""
    try:
        return struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def integer_to_f32(value):
    """Exactly rounded: what has more than 53 bits would be rounded twice otherwise, but levels never have."""
    return to_f32(float(value))


class Grid:
    def __init__(self, f):
        self.kind, self.bits, flags = f.uint(), f.uint(), f.uint()
        need(self.kind <= 2 and 1 <= self.bits <= 32 and flags < 16, "bad grid")
        self.signed = bool(flags & 1)
        self.axis = f.int() if flags & 2 else -1
        self.block = f.int() if flags & 4 else 0
        self.dim, self.codebook, self.scale, self.zero_point = 1, [], [], []
        if self.kind == CODEBOOK:
            self.dim = f.uint()
            self.codebook = f.list(f.f32)
            need(self.dim > 0 and self.codebook and len(self.codebook) % self.dim == 0, "bad codebook")
        else:
            self.scale = f.list(f.f32)
            self.zero_point = f.list(f.int) if flags & 8 else [0] * len(self.scale)
            need(len(self.scale) == len(self.zero_point), "wrong number of zero points")

    def range(self):
        if self.kind == CODEBOOK:
            return 0, len(self.codebook) // self.dim - 1
        if self.signed:
            return -(1 << (self.bits - 1)), (1 << (self.bits - 1)) - 1
        return 0, min(1 << self.bits, 1 << 31) - 1

    def zero(self):
        low, high = self.range()
        if self.kind == POWER_OF_TWO:
            return 0
        if self.kind == CODEBOOK:
            for entry in range(high + 1):
                if not any(self.codebook[entry * self.dim:(entry + 1) * self.dim]):
                    return entry
            return low
        zeros = set(self.zero_point) or {0}
        zero = zeros.pop()
        return zero if not zeros and low <= zero <= high else low

    def levels_of(self, shape):
        shape = list(shape)
        if self.dim > 1:
            shape[-1] //= self.dim
        return Levels(shape, *self.range(), self.zero())

    def dequantize(self, levels, shape):
        """Elements as float32 bytes."""
        if self.kind == CODEBOOK:
            entries = [struct.pack("<%df" % self.dim, *self.codebook[i:i + self.dim]) for i in range(0, len(self.codebook), self.dim)]
            return b"".join(entries[level] for level in levels)
        stride = product(shape[self.axis + 1:]) if self.axis >= 0 else 1
        channels = shape[self.axis] if self.axis >= 0 else 1
        blocks, extent, block_stride = 1, 1, 1
        if self.block > 0:
            extent = shape[self.axis + 1]
            block_stride = product(shape[self.axis + 2:])
            blocks = -(-extent // self.block)
        need(len(self.scale) == channels * blocks, "wrong number of scales")
        out = []
        for i, level in enumerate(levels):
            s = i // stride % channels if self.axis >= 0 else 0
            if self.block > 0:
                s = s * blocks + i // block_stride % extent // self.block
            if self.kind == AFFINE:
                out.append(to_f32(integer_to_f32(level - self.zero_point[s]) * self.scale[s]))
            elif level == 0:
                out.append(0.0)
            else:
                value = to_f32(self.scale[s] * 2.0 ** max(1 - abs(level), -1000))
                out.append(-value if level < 0 else value)
        return struct.pack("<%df" % len(out), *out)


def widen(data, stored, dtype):
    """Converts elements of a narrower float type."""
    floats = {1: "<%df", 2: "<%de", 4: "<%dd"}
    count = len(data) // SIZES[stored]
    if stored == 3:  # bf16: the upper half of an f32
        data, stored = b"".join(b"\0\0" + data[i:i + 2] for i in range(0, len(data), 2)), 1
        if dtype == 1:
            return data
    return struct.pack(floats[dtype] % count, *struct.unpack(floats[stored] % count, data))


class TensorRecord:
    def __init__(self, f):
        flags, self.dtype = f.uint(), f.uint()
        need(flags < 16 and 0 < self.dtype < len(DTYPES), "bad tensor record")
        self.shape = f.list(f.uint)
        self.codec = f.uint()
        self.stored = f.uint() if flags & 2 else self.dtype
        self.wanted_codec = f.uint() if flags & 4 else None
        self.mask_codec = f.uint() if flags & 8 else None
        self.grid = Grid(f) if flags & 1 else None
        need(self.codec < len(DECODERS), "unknown codec")
        self.payload = self.mask_payload = None  # sections


class Section:
    def __init__(self, tag, length, checksum):
        self.kind, self.compressed, self.may_skip = tag >> 2, bool(tag & 2), bool(tag & 1)
        self.length, self.checksum, self.offset = length, checksum, 0


class PareFile:
    def __init__(self, data):
        self.data = data
        need(data[:6] == MAGIC, "not a .pare file")
        f = Fields(data)
        f.bytes(6)
        need(f.u8() == 1, "unsupported version")
        f.u8()
        contents = Fields(f.bytes(f.uint()))
        need(crc32c(data[:f.at]) == f.u32(), "checksum of the contents")
        self.sections = []
        offset = f.at
        while contents.at < len(contents.data):
            section = Section(contents.uint(), contents.uint(), contents.u32())
            section.offset = offset
            offset += section.length
            need(section.kind in (GRAPH, TENSORS, PAYLOAD) or section.may_skip, "unknown section")
            self.sections.append(section)
        need(offset == len(data), "sections do not fill the file")
        self.tensors = self._structs(TENSORS, lambda s: s.list(lambda: TensorRecord(s)))
        payloads = iter(s for s in self.sections if s.kind == PAYLOAD)
        for tensor in self.tensors:
            tensor.payload = next(payloads, None)
            need(tensor.payload is not None, "payload missing")
            if tensor.mask_codec is not None:
                tensor.mask_payload = next(payloads, None)
                need(tensor.mask_payload is not None, "payload missing")
        need(next(payloads, None) is None, "too many payloads")
        self._structs(GRAPH, self._graph)

    def section_bytes(self, section):
        """Checked, and inflated if compressed."""
        data = self.data[section.offset:section.offset + section.length]
        need(crc32c(data) == section.checksum, "checksum of a section")
        if section.compressed:
            header = Fields(data)
            size = header.uint()
            need(size <= 16 * len(data), "section grows too much")
            data = decode_huffman(Elements([size], 6), header.rest())
        return data

    def _structs(self, kind, read):
        found = [s for s in self.sections if s.kind == kind]
        need(len(found) == 1, "section missing or doubled")
        data = self.section_bytes(found[0])
        f = Fields(data)
        result = read(f)
        f.end()
        return result

    def _graph(self, f):
        self.ir_version = f.int()
        self.opsets = f.list(lambda: (f.text(), f.int()))
        self.producer_name, self.producer_version, self.domain = f.text(), f.text(), f.text()
        self.model_version = f.int()
        self.doc, self.graph_name, self.graph_doc = f.text(), f.text(), f.text()
        self.metadata = f.list(lambda: (f.text(), f.text()))
        self.symbols = f.list(lambda: (f.uint(), f.text()))
        self.next_symbol = f.uint()
        self.values = f.list(lambda: self._value(f))
        self.nodes = f.list(lambda: self._node(f))
        self.inputs, self.outputs = f.list(f.int), f.list(f.int)

    def _value(self, f):
        flags = f.uint()
        need(flags < 64, "bad value")
        value = {"name": f.text(), "dtype": f.uint(), "tensor": None, "dims": None, "trainable": bool(flags & 8)}
        if flags & 1:
            value["tensor"] = f.uint()
            need(value["tensor"] < len(self.tensors), "tensor missing")
        if flags & 2:
            value["dims"] = f.list(lambda: (f.int(), f.uint()))
        if flags & 4:
            value["dims"] = [(size, 0) for size in self.tensors[value["tensor"]].shape]
        value["source_dtype"] = f.uint() if flags & 16 else 0
        value["activation_grid"] = Grid(f) if flags & 32 else None
        return value

    def _node(self, f):
        op, flags = f.uint(), f.uint()
        need(flags < 64, "bad node")
        node = {"name": f.text()}
        if flags & 1:
            node["type"] = f.text()
        else:
            need(0 < op < len(OPS), "unknown op")
            node["type"] = OPS[op].encode()
        node["domain"] = f.text() if flags & 2 else b""
        node["doc"] = f.text() if flags & 4 else b""
        node["inputs"], node["outputs"] = f.list(f.int), f.list(f.int)
        node["captured"] = f.list(f.int) if flags & 8 else []
        node["attributes"] = f.list(lambda: self._attribute(f)) if flags & 16 else []
        node["version"] = f.uint() if flags & 32 else 0
        return node

    @staticmethod
    def _attribute(f):
        name, kind = f.text(), f.uint()
        need(kind < 8, "unknown kind of attribute")
        read = [f.int, f.f32, f.text, lambda: f.list(f.int), lambda: f.list(f.f32), lambda: f.list(f.text), f.uint, f.text][kind]
        return name, kind, read()

    def tensor(self, index):
        """(elements as bytes, levels or None, mask or None) of one tensor; no other one is read."""
        record = self.tensors[index]
        need(not record.payload.compressed, "a payload is coded by its codec alone")
        data = self.section_bytes(record.payload)
        decode = DECODERS[record.codec]
        levels = mask = None
        if record.grid:
            levels = decode(record.grid.levels_of(record.shape), data)
            elements = record.grid.dequantize(levels, record.shape)
        else:
            elements = decode(Elements(record.shape, record.stored), data)
            if record.stored != record.dtype:
                elements = widen(elements, record.stored, record.dtype)
        if record.mask_codec is not None:
            mask = DECODERS[record.mask_codec](Levels(record.shape, 0, 1, 0), self.section_bytes(record.mask_payload))
        return elements, levels, mask

    def summary(self):
        """What tests/golden/*.expected.json hold: structure by names, tensors by checksums."""
        def name(index):
            return self.values[index]["name"].decode("utf-8", "replace") if index >= 0 else ""

        def describe(index):
            record = self.tensors[index]
            elements, levels, mask = self.tensor(index)
            entry = {"dtype": DTYPES[record.dtype], "shape": record.shape, "codec": CODECS[record.codec], "crc": crc32c(elements)}
            if levels is not None:
                entry["levels_crc"] = crc32c(struct.pack("<%di" % len(levels), *levels))
            if mask is not None:
                entry["kept"] = sum(mask)
            return entry

        return {
            "ir_version": self.ir_version,
            "opsets": [[domain.decode(), version] for domain, version in self.opsets],
            "metadata": {key.decode(): value.decode("utf-8", "replace") for key, value in self.metadata},
            "inputs": [name(i) for i in self.inputs],
            "outputs": [name(i) for i in self.outputs],
            "nodes": [{"type": n["type"].decode(), "name": n["name"].decode(), "inputs": [name(i) for i in n["inputs"]],
                       "outputs": [name(i) for i in n["outputs"]], "attributes": [a[0].decode() for a in n["attributes"]]} for n in self.nodes],
            "tensors": {name(i): describe(v["tensor"]) for i, v in enumerate(self.values) if v["tensor"] is not None},
        }


def read(path):
    with open(path, "rb") as file:
        return PareFile(file.read())


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: pare_reader.py FILE")
    try:
        json.dump(read(sys.argv[1]).summary(), sys.stdout, indent=1)
        print()
    except (OSError, FormatError) as error:
        sys.exit("%s: %s" % (sys.argv[1], error))
