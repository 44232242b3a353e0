"""Decoders of the codecs of .pare files, section 5 of docs/formats.md, with Python's standard library alone.

Written from that text, to be read, not to be fast: each decode_<name>(info, data) makes a list of levels, or the bytes of plain elements, of a payload.
"""
import bisect
import struct

SIZES = [0, 4, 2, 2, 8, 1, 1, 2, 2, 4, 4, 8, 8, 1]  # bytes of an element of each dtype


class FormatError(Exception):
    """The file breaks a rule of the format."""


def need(condition, message):
    if not condition:
        raise FormatError(message)


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

    def u16(self):
        return struct.unpack("<H", self.bytes(2))[0]

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
        self.data, self.at = data, 0
        self.text = format(int.from_bytes(data, "big"), "0%db" % (8 * len(data))) if data else ""

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

    def rest(self):
        """The bytes after this one, whose other bits are zero."""
        need(self.take(-self.at % 8) == 0, "padding bits must be zero")
        return self.data[self.at // 8:]

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
                    absent = bits.gamma()
                    need(len(lengths) + absent < self.tokens, "the highest token must occur")
                    lengths += [0] * absent
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

    def next_byte(self):
        value = self.next()
        need(value < 256, "byte out of range")
        return value


class Levels:
    """What a codec is told about levels."""

    def __init__(self, shape, low, high, zero):
        self.shape, self.low, self.high, self.zero = shape, low, high, zero
        self.count = product(shape)

    def check(self, level):
        need(self.low <= level <= self.high, "level out of range")
        return level


def nearest_zero(info):
    """zero, moved into [low, high]."""
    return min(max(info.zero, info.low), info.high)


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
        need(not centred or info.high - info.low < 1 << 30, "too wide for centred values")
        code = ValueCode(bits)
        result = []
        for _ in range(info.count):
            value = code.next()
            result.append(info.check(nearest_zero(info) + unzigzag(value) if centred else info.low + value))
    else:
        result = bytearray(info.count * info.size)
        for plane in range(info.size):
            code = ValueCode(bits)
            for i in range(info.count):
                result[i * info.size + plane] = code.next_byte()
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
                    result[index * info.size + k] = code.next_byte()
            position += 1
    bits.end()
    return result if levels else bytes(result)


class AdaptiveNumbers:
    """A sequence of *numbers* of section 5.5."""

    def __init__(self):
        self.sum, self.count = 4, 1

    def next(self, bits):
        k = 0
        while k < 16 and self.count << k < self.sum:
            k += 1
        value = ((bits.gamma() - 1) << k) + bits.take(k)
        self.sum, self.count = self.sum + min(value, 65535), self.count + 1
        if self.count == 16:
            self.sum, self.count = self.sum >> 1, 8
        return unzigzag(value)


class RansContexts:
    """*Contexts* of section 5.5: the matrix that a tensor is, and the class of each element by its neighbours."""

    def __init__(self, info, bits):
        self.rows, self.columns, self.transposed = info.count, 1, 0
        self.taps, self.row_weight, self.column_weight, self.constant, self.missing = [], 0, 0, 0, 0
        self.thresholds, self.limits = [], []
        if bits is not None:
            self._read(info, bits)
        self.scales, self.means = len(self.thresholds) + 1, len(self.limits) + 1

    def _read(self, info, bits):
        axes = bits.gamma()
        need(axes <= max(1, len(info.shape)), "more axes of rows than axes")
        self.rows = product(info.shape[:axes])
        self.columns = info.count // self.rows
        self.transposed = bits.take(1)
        if self.transposed:
            self.rows, self.columns = self.columns, self.rows
        taps = bits.take(4)
        need(taps <= 12, "too many taps")
        for _ in range(taps):
            above = bits.take(1)
            distance = unzigzag(bits.gamma() - 1) if above else bits.gamma()
            need(abs(distance) < self.columns, "tap outside of the row")
            self.taps.append([above, distance, bits.take(6), 0])
        self.row_weight, self.column_weight = bits.take(7), bits.take(7)
        self.constant, self.missing = bits.gamma() - 1, bits.gamma() - 1
        need(self.constant <= 1 << 20 and self.missing <= 4095, "bad constants of contexts")
        count, index = bits.take(4), 0
        for i in range(count):
            index = index + bits.gamma() if i else bits.take(7)
            need(index < 80, "threshold too high")
            self.thresholds.append((4 + index % 4) << (index // 4))
        self.limits = [[], [10], [3, 10], [3, 10, 19]][bits.take(2)]
        if self.limits:
            for tap in self.taps:
                tap[3] = bits.take(7) - 63
                need(tap[3] <= 63, "bad weight of a tap")

    def index(self, row, column):
        """Where an element of the matrix lies in the tensor."""
        return column * self.rows + row if self.transposed else row * self.columns + column

    def classify(self, row, before, column, row_average, column_average):
        """(class, whether its symbols are negated); row and before are the values of this row and of the one above, or None."""
        scale = self.constant + self.row_weight * (row_average >> 8) + self.column_weight * (column_average >> 8)
        mean = 0
        for above, distance, weight, value_weight in self.taps:
            line, at = before if above else row, column - distance
            if line is not None and 0 <= at < self.columns:
                scale += weight * 16 * abs(line[at])
                mean += value_weight * line[at]
            else:
                scale += weight * self.missing
        mean_class = sum(256 * abs(mean) > limit * scale for limit in self.limits)
        return sum(t <= scale for t in self.thresholds) * self.means + mean_class, mean_class > 0 and mean < 0


def _powers():
    """2^30 * 2^(-i / 256)."""
    table = []
    for i in range(256):
        power = 1 << 30
        for b, root in enumerate((1070838486, 1067942999, 1062175491, 1050733751, 1028218693, 984625594, 902905651, 759250125)):
            if i >> b & 1:
                power = power * root >> 30
        table.append(power)
    return table


POWERS = _powers()


def _rans_slots(energies, escapes):
    """4096 slots (symbol, slots of the symbol, first slots before this one); energies: symbol -> energy. The escape is None."""
    least = min(energies.values())
    weights = {s: POWERS[(e - least) % 256] >> ((e - least) // 256) if e - least < 31 * 256 else 0 for s, e in energies.items()}
    total = sum(weights.values())
    if escapes:
        lost = sum(w for w in weights.values() if w * 8192 < total)
        weights = {s: w for s, w in weights.items() if w * 8192 >= total}
        weights[None] = lost
    floor = (total * (4096 + 2 * len(weights)) >> 24) + 1
    weights = {s: max(w, floor) for s, w in weights.items()}
    total, below, slots = sum(weights.values()), 0, []
    for symbol, weight in weights.items():
        below += weight
        slots += [(symbol, (4096 * below) // total - len(slots), i) for i in range((4096 * below) // total - len(slots))]
    return slots


def decode_rans(info, data):
    """Section 5.5."""
    need(isinstance(info, Levels), "rans holds levels only")
    if info.count == 0:
        need(not data, "bytes left over")
        return []
    bits = Bits(data)
    form, zero = bits.take(3), nearest_zero(info)
    if form == 7:
        level = info.check(zero + unzigzag(bits.gamma() - 1))
        bits.end()
        return [level] * info.count
    need(form <= 5, "unknown form")
    lanes, plain, centre = 1 << form, bits.gamma() - 1, bits.gamma() - 1
    need(plain <= 25 and centre < 1 << 34, "bad parameters")
    centre = unzigzag(centre)
    lowest, highest = 1 - bits.gamma(), bits.gamma() - 1
    need(highest - lowest < 255, "too many symbols")
    escapes = bits.take(1)
    contexts = RansContexts(info, bits if bits.take(1) else None)
    need(lanes == 1 or lanes < 2 * contexts.rows, "more lanes than rows")
    unit = bits.take(4)
    need(unit <= 8, "bad unit")
    energies = _rans_histogram(bits, lowest, highest)
    tables = _rans_tables(bits, contexts, energies, unit, escapes)

    fields = Fields(bits.rest())
    escaped_bits = Bits(fields.text()) if escapes else None
    escaped = ValueCode(escaped_bits) if escapes else None
    plain_bits = Bits(fields.bytes((plain * info.count + 7) // 8)) if plain else None
    states = [fields.u32() for _ in range(lanes)]
    need(all(state >= 1 << 16 for state in states), "bad state")

    result = [0] * info.count
    befores, column_averages = [None] * lanes, [256 * contexts.missing] * contexts.columns
    for group, first in enumerate(range(0, contexts.rows, lanes)):
        used = min(lanes, contexts.rows - first)
        lines, row_averages = [[0] * contexts.columns for _ in range(used)], [256 * contexts.missing] * used
        for column in range(contexts.columns):
            magnitudes = 0
            for k in range(used):
                line, average = lines[k], row_averages[k]
                index, negated = contexts.classify(line, befores[k], column, average, column_averages[column])
                state = states[k]
                symbol, slots, offset = tables[index][state & 4095]
                state = slots * (state >> 12) + offset
                if state < 1 << 16:
                    state = state << 16 | fields.u16()
                states[k] = state
                if symbol is None:
                    symbol = unzigzag(escaped.next())
                elif negated:
                    symbol = -symbol
                result[contexts.index(first + k, column)] = symbol
                line[column] = max(-255, min(255, symbol))
                magnitude = 16 * abs(line[column])
                magnitudes += magnitude
                row_averages[k] = average + ((256 * magnitude - average) >> min(5, (column + 1).bit_length()))
            column_averages[column] += (256 * magnitudes // lanes - column_averages[column]) >> min(3, group.bit_length())
        befores = lines
    need(all(state == 1 << 16 for state in states), "bad last state")
    fields.end()
    if escapes:
        escaped_bits.end()
    if plain:
        result = [symbol << plain | plain_bits.take(plain) for symbol in result]
        plain_bits.end()
    return [info.check(zero + centre + symbol) for symbol in result]


def _rans_histogram(bits, lowest, highest):
    """Energies of the symbols present."""
    if not bits.take(1):
        return {symbol: 0 for symbol in range(lowest, highest + 1)}
    precision, gaps = bits.take(2), bits.take(1)
    energies, energy, numbers = {}, 0, AdaptiveNumbers()
    for symbol in range(lowest, highest + 1):
        if gaps and not bits.take(1):
            continue
        energy += numbers.next(bits)
        need(0 <= energy <= 4095, "bad energy")
        energies[symbol] = energy << (8 - precision)
    need(energies, "no symbols")
    return energies


def _rans_tables(bits, contexts, energies, unit, escapes):
    """Slots of each class."""
    tables, sequences = [], [AdaptiveNumbers() for _ in range(5)]
    slopes = [[0] * 5 for _ in range(contexts.means)]
    for _ in range(contexts.scales):
        for mean, slope in enumerate(slopes):
            for k in range(5 if mean else 3):
                slope[k] += sequences[k].next(bits)
                need(abs(slope[k]) <= 4095, "slope too steep")
            z, a, q, l, g = slope
            tables.append(_rans_slots({s: energy + 16 * z * (s == 0) + (16 * a * abs(s) >> unit) + (16 * q * s * s >> 2 * unit) + (16 * l * s >> unit) +
                                       16 * g * ((s > 0) - (s < 0)) for s, energy in energies.items()}, escapes))
    return tables


class RangeDecoder:
    """The range coder of section 5.6."""

    def __init__(self, data):
        self.data, self.read, self.range = data, 4, (1 << 32) - 1
        self.code = int.from_bytes(data[:4].ljust(4, b"\0"), "big")

    def symbol(self, total_bits, ends):
        """Which of the intervals that end at `ends`, the first of them starting at 0, comes next."""
        unit = self.range >> total_bits
        value = min(self.code // unit, (1 << total_bits) - 1)
        found = bisect.bisect_right(ends, value)
        self._narrow(unit, ends[found - 1] if found else 0, ends[found], 1 << total_bits)
        return found

    def plain(self, count):
        value = 0
        while count:
            step = min(count, 16)
            unit = self.range >> step
            part = min(self.code // unit, (1 << step) - 1)
            self._narrow(unit, part, part + 1, 1 << step)
            value, count = value << step | part, count - step
        return value

    def _narrow(self, unit, start, end, total):
        self.code -= unit * start
        self.range = self.range - unit * start if end == total else unit * (end - start)
        while self.range < 1 << 24:
            need(self.read < len(self.data) + 3, "bytes end early")
            self.code = (self.code << 8 | (self.data[self.read] if self.read < len(self.data) else 0)) & 0xFFFFFFFF
            self.range, self.read = self.range << 8, self.read + 1

    def end(self):
        need(self.read - 4 + 1 == len(self.data), "wrong number of range coded bytes")


def _bell(symbol, shape, a):
    f = (a << 30) // (a + 16 * symbol * symbol)
    for _ in range((0, 1, 2, 4)[shape]):
        f = f * f >> 30
    return max(f, 1)


def decode_parametric(info, data):
    """Section 5.6."""
    need(isinstance(info, Levels), "parametric holds levels only")
    bits = Bits(data)
    shape, scale, zeros = bits.take(2), bits.take(6), bits.take(5)
    shift, centre = bits.gamma() - 1, bits.gamma() - 1
    zero = nearest_zero(info)
    need(shift <= 31 and centre <= 1 << 34, "bad parameters")
    centre = info.check(zero + unzigzag(centre))
    lowest, highest = (info.low - centre) >> shift, (info.high - centre) >> shift
    first, last = max(-511, lowest), min(511, highest)
    escape = lowest < -511 or highest > 511
    symbols = list(range(first, last + 1))
    if zeros:
        need(shift == 0 and info.low < info.high and first <= zero - centre <= last, "zeros cannot be told apart")
        symbols.remove(zero - centre)
        zero_share = (zeros << 16) // 26 if zeros <= 24 else (1 << 16) - (1 << (36 - zeros))
    bells = [_bell(u, shape, (2 + scale % 2) << (scale // 2)) for u in symbols]
    room = (1 << 16) - len(symbols) - (128 if escape else 0)
    frequencies = [1 + bell * room // sum(bells) for bell in bells]
    frequencies[bells.index(max(bells))] += (1 << 16) - (128 if escape else 0) - sum(frequencies)
    ends = []
    for frequency in frequencies + [128] * escape:
        ends.append((ends[-1] if ends else 0) + frequency)
    coder, result = RangeDecoder(bits.rest()), []
    for _ in range(info.count):
        if zeros and coder.symbol(16, [zero_share, 1 << 16]) == 0:
            result.append(zero)
            continue
        index = coder.symbol(16, ends)
        if index == len(symbols):
            level = info.low + coder.plain((info.high - info.low).bit_length())
        else:
            level = centre + (symbols[index] << shift) + coder.plain(shift)
        result.append(info.check(level))
    coder.end()
    return result


class SymbolCode:
    """*Symbols* of section 5.7."""

    def __init__(self, bits):
        self.symbols = bits.take(8) + 1
        if self.symbols == 1:
            return
        classes = bits.take(3) + 1
        thresholds = [bits.take(8) for _ in range(classes - 1)]
        need(all(a < b for a, b in zip([0] + thresholds, thresholds)), "thresholds must rise")
        self.class_of = [sum(t <= s for t in thresholds) for s in range(self.symbols)]
        self.slots = [self._read_class(bits) for _ in range(classes)]

    def _read_class(self, bits):
        """4096 slots (symbol, its frequency, slots of the symbol before this one)."""
        fine, steps, last = bits.take(2), [], 0
        while len(steps) < self.symbols:
            value = (bits.gamma() - 1) << fine | bits.take(fine)
            if value == 0:
                absent = bits.gamma()
                need(len(steps) + absent <= self.symbols, "too many symbols")
                steps += [0] * absent
                continue
            last += unzigzag(value - 1)
            need(1 <= last <= 160, "bad step")
            steps.append(last)
        weights = [(4 + (step - 1) % 4) << ((step - 1) // 4) if step else 0 for step in steps]
        need(any(weights), "a class without symbols")
        room = 4096 - sum(w > 0 for w in weights)
        frequencies = [1 + w * room // sum(weights) if w else 0 for w in weights]
        frequencies[weights.index(max(weights))] += 4096 - sum(frequencies)
        return [(s, f, i) for s, f in enumerate(frequencies) for i in range(f)]

    def decode(self, fields, count):
        if self.symbols == 1:
            return [0] * count
        streams = 1 if count < 2048 else 4
        states = [int.from_bytes(fields.bytes(7), "little") for _ in range(streams)]
        need(all(1 << 24 <= state < 1 << 56 for state in states), "bad state")
        each = count // streams // 2 * 2
        at = [s * each for s in range(streams)]
        ends = at[1:] + [count]
        result, classes = [0] * count, [0] * streams
        while at[-1] < count:
            for s in range(streams):
                if at[s] == ends[s]:
                    continue
                state = states[s]
                for i in range(at[s], min(at[s] + 2, ends[s])):
                    result[i], frequency, offset = self.slots[classes[s]][state & 4095]
                    state = frequency * (state >> 12) + offset
                    classes[s] = self.class_of[result[i]]
                if state < 1 << 24:
                    state = state << 32 | fields.u32()
                states[s], at[s] = state, min(at[s] + 2, ends[s])
        need(all(state == 1 << 24 for state in states), "bad last state")
        return result


def _float_plane(fields, mode, count, width):
    """Values of one plane: mode is None, a constant or a SymbolCode."""
    if isinstance(mode, int):
        return [mode] * count
    if mode is not None:
        return mode.decode(fields, count)
    data, result = fields.bytes((count * width + 7) // 8), []
    for start in range(0, len(data), width):
        group = int.from_bytes(data[start:start + width], "little")
        result += [group >> (width * i) & ((1 << width) - 1) for i in range(8)]
    return result[:count]


def decode_float_planes(info, data):
    """Section 5.7."""
    need(isinstance(info, Elements) and info.dtype in (1, 2, 3, 4), "float_planes holds floats only")
    exponent, mantissa = {1: (8, 23), 2: (5, 10), 3: (8, 7), 4: (11, 52)}[info.dtype]
    bits = Bits(data)
    kind = bits.take(2)
    need(kind <= 2, "unknown kind")
    if kind == 0:
        elements = bits.rest()
        need(len(elements) == info.count * info.size, "wrong number of raw bytes")
        return elements
    if kind == 2:
        entries = bits.take(8) + 1
        code = SymbolCode(bits)
        fields = Fields(bits.rest())
        table = [fields.bytes(info.size) for _ in range(entries)]
        numbers = code.decode(fields, info.count)
        need(not numbers or max(numbers) < entries, "entry missing")
        fields.end()
        return b"".join(table[number] for number in numbers)

    top, sparse = bits.take(2), bits.take(1)
    base, escapes = bits.take(exponent + top), bits.gamma() - 1
    head_code = SymbolCode(bits)
    low_bits = mantissa - top
    modes = []
    for _ in range(low_bits // 8 + 1):
        mode = bits.take(2)
        need(mode <= 2, "unknown mode of a plane")
        modes.append(None if mode == 0 else bits.take(8) if mode == 1 else SymbolCode(bits))
    fields = Fields(bits.rest())
    escaped = iter([fields.u16() for _ in range(escapes)])
    heads = []  # None: all bits are zero
    for symbol in head_code.decode(fields, info.count):
        head = next(escaped, -1) if symbol == 0 else None if sparse and symbol == 1 else base + symbol - 1 - sparse
        need(head is None or 0 <= head < 1 << (exponent + top), "bad head")
        heads.append(head)
    need(next(escaped, None) is None, "escapes left over")
    count = sum(head is not None for head in heads)
    rests = [0] * count
    for p, mode in enumerate(modes):
        width = min(8, low_bits + 1 - 8 * p)
        for i, value in enumerate(_float_plane(fields, mode, count, width)):
            need(value < 1 << width, "plane too wide")
            rests[i] |= value << 8 * p
    fields.end()
    result, rests = [], iter(rests)
    for head in heads:
        if head is None:
            result.append(bytes(info.size))
            continue
        rest = next(rests)
        value = (rest >> low_bits) << (exponent + mantissa) | head << low_bits | rest & ((1 << low_bits) - 1)
        result.append(value.to_bytes(info.size, "little"))
    return b"".join(result)


class BinaryDecoder:
    """The range coder of section 5.8."""

    def __init__(self, data):
        self.data, self.read, self.range = data, 8, (1 << 64) - 1
        self.code = int.from_bytes(data[:8].ljust(8, b"\0"), "big")

    def decide(self, probability):
        bound = (self.range >> 16) * probability
        bit = self.code < bound
        if bit:
            self.range = bound
        else:
            self.code, self.range = self.code - bound, self.range - bound
        if self.range < 1 << 32:
            need(self.read < len(self.data) + 8, "bytes end early")
            self.code = self.code << 32 | int.from_bytes(self.data[self.read:self.read + 4].ljust(4, b"\0"), "big")
            self.range, self.read = self.range << 32, self.read + 4
        return int(bit)

    def raw(self, count):
        value = 0
        for _ in range(count):
            value = value << 1 | self.decide(1 << 15)
        return value

    def num(self, k):
        ones = 0
        while ones < 34 and self.decide(1 << 15):
            ones += 1
        return (1 << (ones + k)) + self.raw(ones + k) - (1 << k)

    def sgn(self, k):
        x = self.num(k)
        return -(x + 1) // 2 if x % 2 else x // 2

    def magnitude(self, bits):
        need(bits <= 33, "magnitude too large")
        return 1 << (bits - 1) | self.raw(bits - 1) if bits else 0

    def end(self):
        tail = 2 + (64 - self.range.bit_length()) // 8
        need(self.read - 8 + tail == len(self.data), "wrong number of range coded bytes")
        need(self.code >> (64 - 8 * tail) == 0, "bad last bytes")


def _exponentials():
    table = [1 << 40]
    while len(table) <= 3072:
        table.append((table[-1] * 16711808 + (1 << 23)) >> 24)
    return table


EXP = _exponentials()  # 2^40 e^(-x / 256)
RISING = EXP[::-1]
RATES = [655360 // (10 * n + 16) for n in range(1023)]


def clamp(x, low, high):
    return min(max(x, low), high)


def _squash(x):
    share = min(65535, (1 << 56) // ((1 << 40) + EXP[min(abs(x), 3072)]))
    return share if x >= 0 else 65536 - share


SQUASH = [_squash(x) for x in range(-3072, 3073)]
STRETCH = [min(bisect.bisect_left(SQUASH, 8 * j + 4), 6144) - 3072 for j in range(1 << 13)]


def squash(x):
    return SQUASH[clamp(x, -3072, 3072) + 3072]


def stretch(p):
    return STRETCH[p >> 3]


def nlog(y):
    """The smallest x with EXP[x] <= y."""
    return min(3073 - bisect.bisect_right(RISING, y), 3072)


def plus(x):
    if abs(x) >= 1536:
        return max(x, 0)
    return max(x, 0) + nlog(((1 << 60) // ((1 << 40) + EXP[abs(x)])) << 20)


def gap(x):
    return 0 if x >= 1536 else nlog((1 << 40) - EXP[x])


def power(x):
    return -3072 if x > 3072 else stretch(min(65535, EXP[x] >> 24))


def log_of(x):
    """L: in sixteenths of an octave."""
    t = (x + 16).bit_length() - 1
    return 16 * (t - 4) + (((x + 16) >> (t - 4)) & 15)


def mean_of(code):
    """M."""
    e = code // 16
    return ((16 + code % 16) << e) + ((1 << e) >> 1) - 16


def inverse(mean):
    return (22713 << 16) // max(mean, 16)


def scaled(x, factor):
    return clamp((x * factor) >> 16, -6144, 6144)


def wrap(x):
    """Modulo 2^32, signed."""
    return (x + (1 << 31)) % (1 << 32) - (1 << 31)


def bucket(x, step, count):
    return clamp((x + step * count // 2) // step, 0, count - 1)


class PlainCounter:
    def __init__(self, prior=None, count=14):
        self.p, self.n = (1 << 21, 0) if prior is None else (prior << 6, count)

    def decide(self, coder):
        bit = coder.decide(max(1, self.p >> 6))
        self.p += (((1 << 22) - 1 if bit else 0) - self.p) * RATES[self.n] >> 16
        self.n = min(self.n + 1, 1022)
        return bit


class ValueSymbols:
    """*Symbols* of section 5.8."""

    def __init__(self, below, highest, least):
        first = self._symbol(least)
        negative = range(first, self._symbol(below) + 1) if below >= least else range(0)
        positive = range(first, self._symbol(highest) + 1) if highest >= least else range(0)
        self.zero, self.count = len(negative), len(negative) + 1 + len(positive)
        self.least = self._smallest(first)[0]
        self.shift = max(0, max(below, highest).bit_length() - 11)
        # Sign, smallest magnitude, plain bits.
        self.ranges = [(-1, *self._smallest(s)) for s in reversed(negative)] + [(1, 0, 0)] + [(1, *self._smallest(s)) for s in positive]
        smallest = [m if sign > 0 else -(m + (1 << plain) - 1) for sign, m, plain in self.ranges]
        smallest[self.zero] = 1 - self.least
        self.edges = [(2 * v - 1) * 32 >> self.shift for v in smallest]

    @staticmethod
    def _symbol(magnitude):
        if magnitude < 256:
            return magnitude
        n = magnitude.bit_length() - 1
        return 256 + 8 * (n - 8) + (magnitude >> (n - 3) & 7)

    @staticmethod
    def _smallest(symbol):
        """Smallest magnitude, and how many plain bits are added to it."""
        if symbol < 256:
            return symbol, 0
        n = 8 + (symbol - 256) // 8
        return (8 + symbol % 8) << (n - 3), n - 3


class SearchTree:
    """Nodes by their split: (slot or None if fine, stretched prior, counter of a node without slot); and what each parts."""

    def __init__(self, symbols, fine_width):
        self.symbols, self.fine_width, self.slots, self.nodes, self.ranges = symbols, fine_width, 2, {}, {}

    def build(self, begin, end, centre, mean):
        """Returns the root: a symbol, or (split, the root of the symbols from split on, the root of those below)."""
        edges, v, count = self.symbols.edges, inverse(mean), self.symbols.count

        def mass(i):
            return 0 if i == 0 else count + 65536 if i == count else i + squash(scaled(edges[i] - centre, v))

        def node(begin, end):
            if end - begin <= 1:
                return begin if begin < end else 0
            low, high = mass(begin), mass(end)
            split, half = begin + 1, low + (high - low) // 2
            while split + 1 < end and mass(split) + mass(split + 1) <= 2 * half:
                split += 1
            prior = ((high - mass(split)) << 16) // (high - low)
            fine = (edges[end - 1] - edges[begin] + 64) * v < self.fine_width << 16
            self.ranges[split] = begin, end
            self.nodes[split] = (None if fine else self.slots, stretch(prior), PlainCounter(prior))
            self.slots += not fine
            above = node(split, end)
            return split, above, node(begin, split)

        return node(begin, end)


class Mixer:
    def __init__(self):
        self.weights, self.used = [209715, 209715, 157286, 52428, 419430, 0], 0


class MixedCounter:
    def __init__(self):
        self.p, self.stretched, self.rate = None, 0, 43690

    def update(self, bit, probability):
        p = probability << 14 if self.p is None else self.p
        self.p = p + ((((((1 << 30) - (1 << 15) if bit else 0) - p + (1 << 14)) >> 15) * (self.rate >> 1)) >> 1)
        self.rate -= self.rate * self.rate >> 17
        self.stretched = stretch(self.p >> 14)


class Mix:
    """Mode mix of section 5.8: how one element is predicted from those before it."""

    def __init__(self, coder, info, columns, mean):
        self.coder, self.columns, self.mean_code = coder, columns, mean
        self.taps = product(info.shape[2:])
        self.farthest, self.unit = min(info.count, 65535, 8 * columns + 64), coder.raw(2)
        self.value_taps, self.magnitude_taps, self.coefficients = self._list(), [], [4, 14, 12, 8, 8, 18]
        if coder.raw(1):
            self.magnitude_taps = self._list()
            self.coefficients = [c + self._coefficient(1) for c in self.coefficients]
        self.whole = self.recent = self.row = mean_of(mean)
        self.column_means = [self.whole] * columns
        self.channel_means = [self.whole] * (columns // self.taps + 1)
        self.values, self.counters, self.mixers = [], {}, {}
        self.extra_weights = [[0] * 6 for _ in range(24)]

    def _coefficient(self, k):
        return clamp(self.coder.sgn(k) << self.unit, -254, 254)

    def _list(self):
        count, result = self.coder.num(1), []
        need(count <= 12, "too many taps")
        for _ in range(count):
            rows = self.coder.num(0)
            more = self.coder.sgn(2) if rows else 1 + self.coder.num(2)
            distance = rows * self.columns + more
            need(1 <= distance <= self.farthest and rows <= self.farthest, "bad tap")
            result.append((distance, self._coefficient(2)))
        return result

    def begin(self):
        at = len(self.values)
        self.column = at % self.columns
        if self.column == 0:
            self.row = self.whole
        column, channel = self.column_means[self.column], self.channel_means[self.column // self.taps]
        pair = min((1 << 31) - 1, (self.row * ((1 << 40) // max(self.whole, 16)) >> 24) * column >> 16)
        self.expected = sum(c * self.values[at - d] for d, c in self.value_taps if d <= at)
        scale = sum(c * abs(self.values[at - d]) << 12 for d, c in self.magnitude_taps if d <= at)
        scale += sum(c * m for c, m in zip(self.coefficients, (self.whole, self.recent, self.row, column, channel, pair)))
        scale = max(self.whole >> 5, scale >> 6)
        self.inverse, self.size = inverse(scale), scale
        a = bucket(log_of(scale) - self.mean_code, 4, 24)
        b = 8 * bucket(log_of(self.row) - self.mean_code, 6, 8) + bucket(log_of(column) - self.mean_code, 6, 8)
        x = clamp(self.expected * self.inverse >> 18, -127, 127)
        d = sum(abs(x) >= limit for limit in (6, 16, 32, 64))
        self.rows = (("A", a), ("B", b), ("C", 6 * (4 - d if x < 0 else 4 + d) + a // 4), ("D", 0))
        self.scale, self.group = a, 0 if a < 10 else 1 if a < 14 else 2

    def z(self, edge):
        return scaled(edge - self.expected, self.inverse)

    def decide(self, slot, known, prior, depth):
        known = clamp(known, -3072, 3072)
        counters = [self.counters.setdefault((row, slot), MixedCounter()) for row in self.rows]
        inputs = [known if c.p is None else c.stretched for c in counters] + [known, prior]
        mixer = self.mixers.setdefault((depth, self.group), Mixer())
        weights, extra = mixer.weights, self.extra_weights[self.scale]
        probability = squash(sum(clamp(wrap(w + e) >> 8, -32768, 32767) * x for w, e, x in zip(weights, extra, inputs)) >> 12)
        bit = self.coder.decide(probability)
        g = (((65535 if bit else 0) - probability) >> 1) * max(3146, 4194304 // (mixer.used + 100)) >> 16
        mixer.used = min(mixer.used + 1, 1299)
        changes = [(g * x + 128) >> 8 for x in inputs]
        mixer.weights = [wrap(w + c) for w, c in zip(weights, changes)]
        self.extra_weights[self.scale] = [wrap(e + (c >> 1)) for e, c in zip(extra, changes)]
        for counter in counters:
            counter.update(bit, probability)
        return bit

    def symbol(self, tree, roots, symbols, zero_first):
        """Sets out from roots: that of the whole tree, or those of negative and positive values."""
        edges = symbols.edges
        lo, hi, lo_plus, hi_plus, depth = -6144, 6144, 0, 6144, 0
        if zero_first:
            if symbols.zero > 0:
                lo = self.z(edges[symbols.zero])
                lo_plus = plus(lo)
            if symbols.zero + 1 < symbols.count:
                hi = self.z(edges[symbols.zero + 1])
                hi_plus = plus(hi)
            if not self.decide(0, -power(max(20, lo_plus + hi_plus - hi + gap(max(1, hi - lo)))), 0, 0):
                return symbols.zero
            positive = self.decide(1, lo_plus - lo - hi_plus, 0, 1)
            if positive:
                lo, lo_plus, hi, hi_plus = hi, hi_plus, 6144, 6144
            else:
                hi, hi_plus, lo, lo_plus = lo, lo_plus, -6144, 0
            depth, root = 2, roots[positive]
        else:
            root = roots[0]
        while isinstance(root, tuple):
            split, above, below = root
            slot, prior, counter = tree.nodes[split]
            if slot is None:
                bit = counter.decide(self.coder)
            else:
                middle = self.z(edges[split])
                up, down = max(1, hi - middle), max(1, middle - lo)
                bit = self.decide(slot, up - gap(up) + gap(down) + lo_plus - hi_plus, prior, depth)
                if bit:
                    lo, lo_plus = middle, plus(middle)
                else:
                    hi, hi_plus = middle, plus(middle)
                depth = min(depth + 1, 4)
            root = above if bit else below
        return root

    def learn(self, magnitude, negative):
        def moved(x, rate):
            return x + (((magnitude << 12) - x) * rate + (1 << 15) >> 16)

        row, column = len(self.values) // self.columns, self.column
        self.recent, self.row = moved(self.recent, 5461), moved(self.row, RATES[min(column + 8, 1022)])
        self.column_means[column] = moved(self.column_means[column], RATES[min(row + 1, 126)])
        self.channel_means[column // self.taps] = moved(self.channel_means[column // self.taps], 512)
        self.values.append(-magnitude if negative else magnitude)


class Select(Mix):
    """Mode select of section 5.8: neighbours and means as in mode mix, but one plain counter for each decision."""

    def begin(self):
        super().begin()
        d = sum(5678 * abs(self.expected) >= t * self.size for t in (6, 16, 32, 64))
        self.context = 9 * bucket(log_of(self.size) - self.mean_code, 8, 12) + (4 - d if self.expected < 0 else 4 + d)

    def decide_selected(self, slot, known):
        if (self.context, slot) not in self.counters:
            self.counters[self.context, slot] = PlainCounter(squash(known()), 8)
        return self.counters[self.context, slot].decide(self.coder)

    def symbol(self, tree, roots, symbols, zero_first):
        root = roots[0]

        def bounds(begin, end):
            lo = self.z(symbols.edges[begin]) if begin > 0 else -6144
            hi = self.z(symbols.edges[end]) if end < symbols.count else 6144
            return lo, hi, plus(lo), plus(hi)

        if zero_first:
            lo, hi, lo_plus, hi_plus = bounds(symbols.zero, symbols.zero + 1)
            if not self.decide_selected(0, lambda: -power(max(20, lo_plus + hi_plus - hi + gap(max(1, hi - lo))))):
                return symbols.zero
            root = roots[self.decide_selected(1, lambda: lo_plus - lo - hi_plus)]
        while isinstance(root, tuple):
            split, above, below = root
            slot, _, counter = tree.nodes[split]

            def known():
                lo, hi, lo_plus, hi_plus = bounds(*tree.ranges[split])
                middle = self.z(symbols.edges[split])
                up, down = max(1, hi - middle), max(1, middle - lo)
                return up - gap(up) + gap(down) + lo_plus - hi_plus

            root = above if (counter.decide(self.coder) if slot is None else self.decide_selected(slot, known)) else below
        return root


class Direct:
    """Mode direct of section 5.8."""

    def __init__(self, coder, columns):
        self.coder, self.nonzero, self.columns = coder, [], columns
        self.significance, self.sign = [PlainCounter() for _ in range(4)], PlainCounter()

    def begin(self):
        pass

    def symbol(self, tree, roots, symbols, zero_first):
        root = roots[0]
        if zero_first:
            a, b = (self.nonzero[-d] if d <= len(self.nonzero) else 0 for d in (1, self.columns))
            if not self.significance[a + 2 * b].decide(self.coder):
                return symbols.zero
            root = roots[self.sign.decide(self.coder)]
        while isinstance(root, tuple):
            root = root[1] if tree.nodes[root[0]][2].decide(self.coder) else root[2]
        return root

    def learn(self, magnitude, negative):
        self.nonzero.append(int(magnitude > 0))


def decode_context(info, data):
    """Section 5.8."""
    need(isinstance(info, Levels), "context holds levels only")
    if info.count == 0:
        need(not data, "bytes left over")
        return []
    coder = BinaryDecoder(data)
    mode = coder.raw(2)
    if mode == 0:
        coder.end()
        return [info.check(info.zero)] * info.count
    below = coder.magnitude(coder.raw(6))
    highest = coder.magnitude(max(0, below.bit_length() + coder.sgn(0)))
    least = 1 + coder.num(0)
    need(least <= max(below, highest), "bad range of values")
    zero_first, mean = coder.raw(1), coder.raw(9)
    nonzero_mean = mean + coder.num(4) if zero_first else mean
    need(nonzero_mean <= 303, "mean too high")
    symbols = ValueSymbols(below, highest, least)
    columns = info.count // info.shape[0] if len(info.shape) > 1 else info.count
    model = Direct(coder, columns) if mode == 1 else (Mix if mode == 2 else Select)(coder, info, columns, mean)
    tree = SearchTree(symbols, 128 if mode == 3 else 48)
    if zero_first:
        centre = (2 * symbols.least - 1) * 32 >> symbols.shift
        inner = mean_of(nonzero_mean) - 64 * centre
        roots = [tree.build(0, symbols.zero, -centre, inner), tree.build(symbols.zero + 1, symbols.count, centre, inner)]
    else:
        roots = [tree.build(0, symbols.count, 0, mean_of(mean))]
    result = []
    for _ in range(info.count):
        model.begin()
        sign, magnitude, plain = symbols.ranges[model.symbol(tree, roots, symbols, zero_first)]
        magnitude += coder.raw(plain)
        result.append(info.check(info.zero + sign * magnitude))
        model.learn(magnitude >> symbols.shift if mode > 1 else magnitude, sign < 0)
    coder.end()
    return result


CODECS = {0: "raw", 1: "bitpack", 2: "huffman", 3: "huffman_runs", 4: "context", 5: "rans", 6: "parametric", 7: "float_planes"}
DECODERS = {0: decode_raw, 1: decode_bitpack, 2: decode_huffman, 3: decode_huffman_runs, 4: decode_context, 5: decode_rans,
            6: decode_parametric, 7: decode_float_planes}


def decoder_of(codec):
    need(codec in DECODERS, "this reader does not know codec %d" % codec)
    return DECODERS[codec]
