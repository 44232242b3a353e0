#!/usr/bin/env python3
"""Reads .pare files with Python's standard library alone, written from docs/formats.md.

A second opinion on the format, made to be read, not to be fast. `python3 pare_reader.py FILE` prints a summary as JSON.
"""
import json
import struct
import sys

from pare_codecs import Bits, CODECS, Elements, Fields, FormatError, Levels, SIZES, decode_huffman, decoder_of, need, product, unzigzag

MAGIC = b"\x89PARE"
DTYPES = ["none", "f32", "f16", "bf16", "f64", "i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "bool"]
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
GRAPH, TENSORS, PAYLOAD = 1, 2, 3
AFFINE, CODEBOOK, POWER_OF_TWO = 0, 1, 2
CHUNK_ELEMENTS, SECTION_BYTES = 1 << 21, 1 << 16


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


LOGISTIC = [22, 36, 60, 98, 162, 267, 439, 720, 1179, 1921, 3108, 4971, 7812, 11955, 17625, 24743, 32768, 40793, 47911, 53581, 57724, 60565, 62428,
            63615, 64357, 64816, 65097, 65269, 65374, 65438, 65476, 65500, 65514]


def squash(x):
    at = max(-2047, min(2047, x)) + 2048
    low, high = LOGISTIC[at >> 7], LOGISTIC[(at >> 7) + 1]
    return low + (high - low) * (at & 127) // 128


def _stretch_table():
    table, x = [], -2047
    for p in range(4096):
        while x < 2047 and squash(x) < 16 * p:
            x += 1
        table.append(x)
    return table


STRETCH = _stretch_table()


class ByteModel:
    """Section 2.2: how likely the next bit of a structure is 1, in 1/65536."""

    def __init__(self, size):
        self.bits = max(16, min(18, size.bit_length() + 4))
        self.slots = [{} for _ in range(7)]  # hash: [probability, count]
        self.weights = [[[1 << 14] * 8 for _ in range(7)] for _ in range(7)]
        self.history, self.partial = 0, 1
        self._end_byte()
        for byte in SAMPLE:
            for i in range(7, -1, -1):
                self.predict()
                self.update(byte >> i & 1)

    def _end_byte(self):
        self.history = (self.history << 8 | self.partial & 255) & (1 << 64) - 1
        self.partial, self.hashes = 1, []
        for length in (0, 1, 2, 3, 4, 6, 8):
            seen = self.history & ((1 << 8 * length) - 1)
            h = (seen & 0xFFFFFFFF) * 0x85EBCA6B & 0xFFFFFFFF
            h = (h ^ h >> 15 ^ seen >> 32) * 0xC2B2AE35 & 0xFFFFFFFF
            self.hashes.append((h ^ h >> 13) << 8 & 0xFFFFFFFF)

    def predict(self):
        slots = []
        for order in range(7):
            h = (self.hashes[order] + self.partial) * 0x9E3779B1 & 0xFFFFFFFF
            slots.append(self.slots[order].setdefault(h >> (32 - self.bits), [1 << 15, 0]))
        known = sum(slot[1] > 0 for slot in slots[1:])
        self.used, total = [], 0
        for slot, weights in zip(slots, self.weights[known]):
            count = slot[1]
            which = count if count < 4 else min(7, count.bit_length() + 1)
            stretched = STRETCH[slot[0] >> 4]
            self.used.append((slot, weights, which, stretched))
            total += weights[which] * stretched
        self.mixed = squash(max(-2047, min(2047, total >> 16)))
        return max(32, min(65504, self.mixed))

    def update(self, bit):
        error = (65535 if bit else 0) - self.mixed
        for slot, weights, which, stretched in self.used:
            weights[which] = max(-(1 << 20), min(1 << 20, weights[which] + (error * stretched >> 14)))
            miss = 65535 - slot[0] if bit else slot[0]
            step = 2 * miss // (2 * slot[1] + 3)
            slot[0] += step if bit else -step
            slot[1] = min(30, slot[1] + 1)
        self.partial = self.partial << 1 | bit
        if self.partial >= 256:
            self._end_byte()


def decode_structure(data, size):
    """Section 2.1."""
    model = ByteModel(size)
    low, high, read = 0, 0xFFFFFFFF, 4
    word = int.from_bytes(data[:4].ljust(4, b"\0"), "big")
    result = bytearray()
    for _ in range(size):
        byte = 0
        for _ in range(8):
            middle = low + ((high - low) * model.predict() >> 16)
            bit = 1 if word <= middle else 0
            if bit:
                high = middle
            else:
                low = middle + 1
            model.update(bit)
            byte = byte << 1 | bit
            while (low ^ high) >> 24 == 0:
                low, high = low << 8 & 0xFFFFFFFF, (high << 8 | 255) & 0xFFFFFFFF
                word = (word << 8 | (data[read] if read < len(data) else 0)) & 0xFFFFFFFF
                read += 1
        result.append(byte)
        need(read <= len(data) + 4, "structure ends early")
    need(read >= len(data), "bytes left over after the structure")
    return bytes(result)


def cut(shape):
    """Shapes of the chunks of a tensor (section 2.3)."""
    size = product(shape)
    if size <= CHUNK_ELEMENTS:
        return [list(shape)]
    row = size // shape[0]
    if row > CHUNK_ELEMENTS:
        return [[min(CHUNK_ELEMENTS, size - at)] for at in range(0, size, CHUNK_ELEMENTS)]
    rows = CHUNK_ELEMENTS // row
    return [[min(rows, shape[0] - at)] + list(shape[1:]) for at in range(0, shape[0], rows)]


class Tables:
    """The lists of a grid, section 4.1."""

    def __init__(self, data):
        self.bits = Bits(data)

    def _number(self):
        return unzigzag(self.bits.take(self.bits.take(6)))

    def integers(self, count):
        kind, number = self.bits.take(2), self._number()
        if kind == 0:
            return [number] * count
        width = self.bits.take(6)
        need(width <= 32, "numbers of a table are too wide")
        if kind == 1:
            return [number + self.bits.take(width) for _ in range(count)]
        result = [number]
        for _ in range(count - 1):
            step = (self.bits.gamma() - 1 << width) + self.bits.take(width)
            result.append(result[-1] + (step if kind == 3 else unzigzag(step)))
        return result

    def reals(self, count):
        if count == 0:
            return []
        kind = self.bits.take(2)
        need(kind < 3, "unknown kind of table")
        if kind == 0:
            return [struct.unpack("<f", struct.pack("<I", self.bits.take(32)))[0] for _ in range(count)]
        if kind == 1:
            exponent = self.bits.take(9) - 149
            return [number * 2.0 ** exponent for number in self.integers(count)]
        dropped = self.bits.take(5)
        patterns = [abs(n) << dropped | (1 << 31 if n < 0 else 0) for n in self.integers(count)]
        return list(struct.unpack("<%df" % count, struct.pack("<%dI" % count, *patterns)))


# What a ByteModel has seen before the first byte (section 7).
SAMPLE = bytes.fromhex(
    "0010010022047061726500000000077265736e65743800040a706172652e7363616c6513302e30303339323135363836323734353039380970617265"
    "2e6d65616e11302e3438352c302e3435362c302e34303608706172652e73746411302e3232392c302e3232342c302e3232350a706172652e6f726465"
    "72035247420101014e021f0205696e70757401040001000300200101010d0c636f6e76312e7765696768740100000104001003010107b60b0205636f"
    "6e763101040403040101010d0a626e312e77656967687401000001010200400d08626e312e6269617301000001010100400508626e312e6d65616e01"
    "000001010100400507626e312e76617201000001010100400203626e310104030203010101020572656c753101040303030101010d1a737461676531"
    "2e626c6f636b312e636f6e76312e77656967687401000001040102040107bc7802137374616765312e626c6f636b312e636f6e763101040404040101"
    "010d187374616765312e626c6f636b312e626e312e7765696768740100000101020080010d167374616765312e626c6f636b312e626e312e62696173"
    "01000001010100800105167374616765312e626c6f636b312e626e312e6d65616e01000001010100800105157374616765312e626c6f636b312e626e"
    "312e76617201000001010100800102117374616765312e626c6f636b312e626e31010403020301010102137374616765312e626c6f636b312e72656c"
    "753101040303030101010d1a7374616765312e626c6f636b312e636f6e76322e77656967687401000001040201040107daf00102137374616765312e"
    "626c6f636b312e636f6e763201040403040101010d187374616765312e626c6f636b312e626e322e7765696768740100000101020080010d16737461"
    "6765312e626c6f636b312e626e322e6269617301000001010100800105167374616765312e626c6f636b312e626e322e6d65616e0100000101010080"
    "0105157374616765312e626c6f636b312e626e322e76617201000001010100800102117374616765312e626c6f636b312e626e320104030203010101"
    "02117374616765312e626c6f636b312e616464010403030301010102137374616765312e626c6f636b312e72656c753201040303030101010204706f"
    "6f6c01040303020101010207666c617474656e0102010201010d0966632e7765696768740100000102000a0207c5080d0766632e6269617301000001"
    "0102002802066c6f6769747301020302010101010d011005636f6e76310205010101020c6b65726e656c5f7368617065030206060470616473030402"
    "020202040003626e31050501010101010105000572656c7531010501010110137374616765312e626c6f636b312e636f6e76310205010101030c6b65"
    "726e656c5f73686170650302060604706164730304020202020773747269646573030204040400117374616765312e626c6f636b312e626e31050501"
    "01010101010500137374616765312e626c6f636b312e72656c7531010501010110137374616765312e626c6f636b312e636f6e76320205010101020c"
    "6b65726e656c5f73686170650302060604706164730304020202020400117374616765312e626c6f636b312e626e3205050101010101011100117374"
    "616765312e626c6f636b312e61646402052301010500137374616765312e626c6f636b312e72656c753201050101100004706f6f6c010501011a0007"
    "666c617474656e01050101021002666303050101010101067472616e7342000201050000100100220470617265000000000000040a706172652e7363"
    "616c6513302e303033393231353638363237343530393809706172652e6d65616e013008706172652e73746401310a706172652e6f72646572014c01"
    "01014e02150205696e707574010400010100200101010d0001000101040006030005010401060029540d000100010101030601051a04040200010403"
    "02001c010101020001040303000e0101010d000100010104001003060104010600278a0a0d00010001010103060105100509020001040502000a0101"
    "0102000104030304010101020001020300900301010d0001000101020078020401040000be470d000100010101020601050007460200010203020101"
    "02000102020201010d0001000101020054020401040004b6110d00010001010102060105000b33020001020302010102000102020201010d00010001"
    "010207020401050002b6020d0001000101010206010406080702066c6f6769747301020302010101010a011000030501010101010c6b65726e656c5f"
    "736861706503020a0a0e100001050101020c6b65726e656c5f736861706503020404077374726964657303020404011000030501010101010c6b6572"
    "6e656c5f736861706503020a0a0e100001050101020c6b65726e656c5f7368617065030204040773747269646573030204041a000001050101021000"
    "03050101010101067472616e734200020500000105010102100003050101010101067472616e73420002050000010501010210000305010101010106"
    "7472616e73420002010500")

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
    def __init__(self, f, apart=False):
        if apart:
            self._read_apart(f)
            return
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

    def _read_apart(self, f):
        """Without the lists, which are in the payload."""
        head, self.bits = f.uint(), f.uint()
        self.kind, flags = head & 3, head >> 2
        need(self.kind <= 2 and 1 <= self.bits <= 32 and flags < 32, "bad grid")
        self.signed, self.has_zero_points = bool(flags & 1), bool(flags & 8)
        self.axis = f.uint() if flags & 2 else -1
        self.block = f.uint() if flags & 4 else 0
        self.dim = f.uint() if flags & 16 else 1
        self.entries = (1 << self.bits) - f.uint() if self.kind == CODEBOOK else 0
        need(self.dim > 0 and (self.kind != CODEBOOK or self.entries > 0), "bad grid")
        self.codebook, self.scale, self.zero_point = [], [], []

    def scales(self, shape):
        """How many there are."""
        need(self.axis < len(shape), "axis outside of the tensor")
        channels = shape[self.axis] if self.axis >= 0 else 1
        if self.block == 0:
            return channels
        need(self.axis + 1 < len(shape), "axis outside of the tensor")
        return channels * -(-shape[self.axis + 1] // self.block)

    def numbers(self, shape):
        """How many the lists hold together."""
        if self.kind == CODEBOOK:
            return self.entries * self.dim
        return self.scales(shape) * (2 if self.has_zero_points else 1)

    def read_lists(self, data, shape):
        tables = Tables(data)
        if self.kind == CODEBOOK:
            self.codebook = tables.reals(self.entries * self.dim)
        else:
            self.scale = tables.reals(self.scales(shape))
            self.zero_point = [0] * len(self.scale)
            if self.has_zero_points and self.scale:
                self.zero_point = tables.integers(len(self.scale))
        tables.bits.end()

    def range(self):
        if self.kind == CODEBOOK:
            return 0, len(self.codebook) // self.dim - 1
        if self.signed:
            return -(1 << (self.bits - 1)), (1 << (self.bits - 1)) - 1
        return 0, min(1 << self.bits, 1 << 31) - 1

    def zero(self):
        low, high = self.range()
        none = max(low - 1, -(1 << 31))
        if self.kind == POWER_OF_TWO:
            return 0
        if self.kind == CODEBOOK:
            for entry in range(high + 1):
                if not any(self.codebook[entry * self.dim:(entry + 1) * self.dim]):
                    return entry
            return none
        zeros = set(self.zero_point) or {0}
        zero = zeros.pop()
        return zero if not zeros and low <= zero <= high else none

    def levels_of(self, shape):
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
    def __init__(self, f, version, size=None):
        flags, self.dtype = f.uint(), f.uint()
        need(flags < 16 and 0 < self.dtype < len(DTYPES), "bad tensor record")
        self.shape = f.list(size or f.uint)
        self.codec = f.uint()
        self.stored = f.uint() if flags & 2 else self.dtype
        self.wanted_codec = f.uint() if flags & 4 else None
        self.mask_codec = f.uint() if flags & 8 else None
        self.grid = Grid(f, version > 1) if flags & 1 else None
        need(self.codec in CODECS, "unknown codec")
        self.lengths = []  # of the parts
        if version > 1:
            guess = 3 * self.grid.numbers(self.shape) if self.grid else 0
            self.lengths = [f.int() + guess] if self.grid else []
            count = len(self.chunks()) + (len(cut(self.shape)) if self.mask_codec is not None else 0)
            self.lengths += [f.uint() for _ in range(count)]
            need(min(self.lengths) >= 0, "negative length")
        self.parts = []  # sections and places in them, of the payload

    def payload_shape(self):
        shape = list(self.shape)
        if self.grid and self.grid.dim > 1:
            shape[-1] //= self.grid.dim
        return shape

    def chunks(self):
        return cut(self.payload_shape())


class Section:
    def __init__(self, offset, length, checksum):
        self.offset, self.length, self.checksum = offset, length, checksum
        self.kind, self.compressed = PAYLOAD, False


class PareFile:
    def __init__(self, data):
        self.data = data
        need(data[:5] == MAGIC and len(data) > 5, "not a .pare file")
        f = Fields(data)
        f.bytes(5)
        mark = f.u8()
        need(mark in (2, 10), "unsupported version")
        self.version = 2 if mark == 2 else 1
        self.tensors, self.sections = [], []
        self.sizes = []  # of dimensions, the latest first
        if self.version == 1:
            self._open_version1(f)
        else:
            self._open(f)

    def _open(self, f):
        length, size = f.uint(), f.uint()
        data = f.bytes(length)
        need(crc32c(self.data[:f.at]) == f.u32(), "checksum of the structure")
        offset = f.at
        self.structure = data
        if size & 1:
            need(size >> 1 <= 64 * length + 65536, "structure grows too much")
            self.structure = decode_structure(data, size >> 1)
        else:
            need(size >> 1 == length, "structure has another length than it says")
        s = Fields(self.structure)
        others = s.list(lambda: (s.uint(), s.uint()))
        self._graph(s)
        for _ in range(s.uint()):
            self._record(s)
        s.end()
        section = None
        for tensor in self.tensors:
            for length in tensor.lengths:
                if section and section.length + length > SECTION_BYTES:
                    offset += 4
                    section = None
                if not section:
                    section = Section(offset, 0, None)
                    self.sections.append(section)
                tensor.parts.append((section, section.length, length))
                section.length += length
                offset += length
        offset += 4 if section else 0
        for tag, length in others:
            need(tag & 1, "unknown section")
            offset += length
        need(offset == len(self.data), "sections do not fill the file")
        for section in self.sections:
            section.checksum = Fields(self.data[section.offset + section.length:]).u32()

    def _open_version1(self, f):
        need(f.u8() == 1, "unsupported version")
        f.u8()
        contents = Fields(f.bytes(f.uint()))
        need(crc32c(self.data[:f.at]) == f.u32(), "checksum of the contents")
        offset = f.at
        while contents.at < len(contents.data):
            tag = contents.uint()
            section = Section(offset, contents.uint(), contents.u32())
            section.kind, section.compressed = tag >> 2, bool(tag & 2)
            offset += section.length
            need(section.kind in (GRAPH, TENSORS, PAYLOAD) or tag & 1, "unknown section")
            self.sections.append(section)
        need(offset == len(self.data), "sections do not fill the file")
        self.tensors = self._structs(TENSORS, lambda s: s.list(lambda: TensorRecord(s, 1)))
        payloads = [s for s in self.sections if s.kind == PAYLOAD]
        for tensor in self.tensors:
            count = 1 if tensor.mask_codec is None else 2
            need(count <= len(payloads), "payload missing")
            for section in payloads[:count]:
                need(not section.compressed, "a payload is coded by its codec alone")
                tensor.parts.append((section, 0, section.length))
            payloads = payloads[count:]
        need(not payloads, "too many payloads")
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

    def _record(self, f):
        self.tensors.append(TensorRecord(f, 2, lambda: self._size(f)))

    def _size(self, f):
        code = f.uint()
        if code == 0:
            size = f.uint()
            self.sizes = ([size] + self.sizes[:31])
        else:
            need(code <= len(self.sizes), "reference to a size that was not seen")
            size = self.sizes.pop(code - 1)
            self.sizes.insert(0, size)
        return size

    def _tensor_index(self, f):
        index = f.uint()
        if self.version == 1:
            need(index < len(self.tensors), "tensor missing")
            return index
        if index > 0:
            return index - 1
        self._record(f)
        return len(self.tensors) - 1

    def _dims(self, f):
        if self.version == 1:
            return f.list(lambda: (f.int(), f.uint()))
        sizes = f.list(lambda: self._size(f))
        symbols = [f.uint() for _ in range(f.uint())]
        need(len(symbols) <= len(sizes), "more symbols than dimensions")
        return list(zip(sizes, symbols + [0] * (len(sizes) - len(symbols))))

    def _values(self, f):
        """A list of references to values."""
        if self.version == 1:
            return f.list(f.int)

        def reference():
            code = f.uint()
            if code == 0:
                return -1
            while self.low in self.named:
                self.low += 1
            index = self.low if code == 1 else self.top if code == 2 else self.top - unzigzag(code - 3)
            need(0 <= index < len(self.values), "value missing")
            self.named.add(index)
            self.top = max(self.top, index + 1)
            return index

        return f.list(reference)

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
        self.low, self.top, self.named = 0, 0, set()
        if self.version > 1:
            self.inputs = self._values(f)
        self.nodes = f.list(lambda: self._node(f))
        if self.version == 1:
            self.inputs = self._values(f)
        self.outputs = self._values(f)

    def _value(self, f):
        flags = f.uint()
        need(flags < 64, "bad value")
        value = {"name": f.text(), "dtype": f.uint(), "tensor": None, "dims": None, "trainable": bool(flags & 8)}
        if flags & 1:
            value["tensor"] = self._tensor_index(f)
        if flags & 2:
            value["dims"] = self._dims(f)
        value["dims_of_tensor"] = bool(flags & 4)
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
        node["inputs"], node["outputs"] = self._values(f), self._values(f)
        node["captured"] = self._values(f) if flags & 8 else []
        node["attributes"] = f.list(lambda: self._attribute(f)) if flags & 16 else []
        node["version"] = f.uint() if flags & 32 else 0
        return node

    def _attribute(self, f):
        name, kind = f.text(), f.uint()
        need(kind < 8, "unknown kind of attribute")
        read = [f.int, f.f32, f.text, lambda: f.list(f.int), lambda: f.list(f.f32), lambda: f.list(f.text), lambda: self._tensor_index(f), f.text][kind]
        return name, kind, read()

    def part(self, part):
        section, offset, length = part
        return self.section_bytes(section)[offset:offset + length]

    def tensor(self, index):
        """(elements as bytes, levels or None, mask or None) of one tensor; no other one is read."""
        record = self.tensors[index]
        parts = [self.part(p) for p in record.parts]
        decode = decoder_of(record.codec)
        levels = mask = None
        if record.grid and self.version > 1:
            record.grid.read_lists(parts.pop(0), record.shape)
        chunks = record.chunks() if self.version > 1 else [record.payload_shape()]
        coded = list(zip(chunks, parts))
        if record.grid:
            levels = []
            for shape, data in coded:
                levels += decode(record.grid.levels_of(shape), data)
            elements = record.grid.dequantize(levels, record.shape)
        else:
            elements = b"".join(decode(Elements(shape, record.stored), data) for shape, data in coded)
            if record.stored != record.dtype:
                elements = widen(elements, record.stored, record.dtype)
        if record.mask_codec is not None:
            mask = []
            for shape, data in zip(cut(record.shape) if self.version > 1 else [record.shape], parts[len(chunks):]):
                mask += decoder_of(record.mask_codec)(Levels(shape, 0, 1, 0), data)
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
