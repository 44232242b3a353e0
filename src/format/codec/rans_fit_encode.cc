#include "format/codec/rans_fit_encode.h"

#include <cmath>
#include <limits>

#include "format/codec/rans_prediction_encode.h"
#include "format/codec/rans_tables_encode.h"

namespace pare {

namespace {

constexpr unsigned kMeanStates = 4;  // how many of the thresholds 3, 10, 19 (sixteenths) the mean exceeds
// The first state of the classes 1, 2, ... of means, by their number.
constexpr std::array<std::array<unsigned, kRansMostMeans>, kRansMostMeans> kStateClass = {
    {{0, 0, 0, 0}, {0, 0, 1, 1}, {0, 1, 2, 2}, {0, 1, 2, 3}}};

// Counts by scale (thresholds that are passed), state and sign of the mean, and symbol - lowest; symbols outside of
// the window come last.
struct Survey {
  explicit Survey(uint32_t symbols)
      : width(symbols + 1), counts(size_t{kRansLevelThresholds} * kMeanStates * 2 * width) {}
  uint32_t* at(size_t level, size_t state, size_t negative) {
    return counts.data() + ((level * kMeanStates + state) * 2 + negative) * width;
  }
  size_t width;
  std::vector<uint32_t> counts;
};

unsigned scale_level(int32_t scale) {  // the highest threshold that is not above
  if (scale < 4) return 0;
  const auto width = static_cast<unsigned>(std::bit_width(static_cast<uint32_t>(scale)));
  const unsigned octave = width - 3;
  return std::min(kRansLevelThresholds - 1, 4 * octave + ((static_cast<uint32_t>(scale) >> octave) & 3));
}

void survey(const RansRecipe& r, const RansView& view, Survey& s) {
  std::array<int32_t, kRansMostLanes> scale{}, mean{};
  rans_walk(r, view, [&](const RansNeighbours& n, uint64_t column, uint32_t active, const auto& values) {
    n.predict(column, scale.data(), mean.data());
    for (uint32_t l = 0; l < active; ++l) {
      const uint32_t i = std::min(static_cast<uint32_t>(values[l] - r.lowest), r.symbols());
      ++s.at(scale_level(scale[l]), rans_mean_class(kMeanStates, scale[l], mean[l]), mean[l] < 0)[i];
    }
  });
}

double xlogx(double x) { return x > 0 ? x * std::log2(x) : 0.0; }

// Neighbouring scales that may become a class, and what their elements take by a model of two parameters: zero or not,
// and geometric magnitudes.
struct Segment {
  unsigned first = 0;  // level
  double count = 0, sum = 0, zeros = 0, bits = 0;

  void set_bits() {
    const double others = count - zeros, excess = std::max(0.0, sum - others);
    bits = xlogx(count) - xlogx(zeros) - xlogx(others) + xlogx(others + excess) - xlogx(others) - xlogx(excess);
  }
  Segment with(const Segment& o) const {
    Segment both{first, count + o.count, sum + o.sum, zeros + o.zeros};
    both.set_bits();
    return both;
  }
};

// One for each level that occurs.
std::vector<Segment> segments_of(const RansRecipe& r, Survey& s) {
  std::vector<Segment> segments;
  for (unsigned level = 0; level < kRansLevelThresholds; ++level) {
    uint64_t count = 0, sum = 0, zeros = 0;
    for (size_t state = 0; state < kMeanStates; ++state)
      for (size_t negative = 0; negative < 2; ++negative) {
        const uint32_t* const counts = s.at(level, state, negative);
        for (uint32_t i = 0; i < r.symbols(); ++i) {
          count += counts[i];
          sum += uint64_t{counts[i]} * static_cast<uint32_t>(std::abs(r.lowest + static_cast<int32_t>(i)));
        }
        zeros += counts[-r.lowest];
        count += counts[r.symbols()];
        sum += uint64_t{counts[r.symbols()]} * kRansFarthest;
      }
    if (count == 0) continue;
    Segment g{level, static_cast<double>(count), static_cast<double>(sum), static_cast<double>(zeros)};
    g.set_bits();
    segments.push_back(g);
  }
  return segments;
}

// Where classes of scale begin: neighbouring segments are merged as long as that loses less than a class costs.
std::vector<uint8_t> scale_thresholds(std::vector<Segment> segments, unsigned means) {
  const double price = 20 + 10 * means;
  const auto loss_of = [&](size_t i) {  // of merging i and i + 1
    return segments[i].with(segments[i + 1]).bits - segments[i].bits - segments[i + 1].bits;
  };
  std::vector<double> losses;
  for (size_t i = 0; i + 1 < segments.size(); ++i) losses.push_back(loss_of(i));
  while (!losses.empty()) {
    const auto least = std::min_element(losses.begin(), losses.end());
    if (segments.size() <= 12 && *least > price) break;
    const auto i = static_cast<size_t>(least - losses.begin());
    segments[i] = segments[i].with(segments[i + 1]);
    segments.erase(segments.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    losses.erase(least);
    if (i < losses.size()) losses[i] = loss_of(i);
    if (i > 0) losses[i - 1] = loss_of(i - 1);
  }
  std::vector<uint8_t> thresholds;
  for (size_t i = 1; i < segments.size(); ++i) thresholds.push_back(static_cast<uint8_t>(segments[i].first));
  return thresholds;
}

// Bits that signs save if they are coded by the state of the mean: what classes of means may be worth.
double sign_gain(const RansRecipe& r, Survey& s, const std::vector<Segment>& levels) {
  double gain = 0;
  for (size_t state = 1; state < kMeanStates; ++state) {
    uint64_t agree = 0, differ = 0;
    for (const Segment& level : levels) {
      const uint32_t *const positive = s.at(level.first, state, 0), *const negative = s.at(level.first, state, 1);
      const auto zero = static_cast<uint32_t>(-r.lowest);
      for (uint32_t i = 0; i < zero; ++i) {
        differ += positive[i];
        agree += negative[i];
      }
      for (uint32_t i = zero + 1; i < r.symbols(); ++i) {
        agree += positive[i];
        differ += negative[i];
      }
    }
    const auto a = static_cast<double>(agree), d = static_cast<double>(differ);
    gain += a + d - xlogx(a + d) + xlogx(a) + xlogx(d);
  }
  return gain;
}

// `levels`: the segments before any are merged.
RansFitted fit_classes(RansRecipe r, Survey& s, const std::vector<Segment>& levels, unsigned means,
                       const std::vector<int64_t>& outside, RansForm form) {
  const int32_t lowest = r.lowest;
  const auto symbols = r.symbols();
  r.means = means;
  r.scale_thresholds = scale_thresholds(levels, means);
  if (means > 1) {
    r.highest = std::min<int32_t>(std::max(-r.lowest, r.highest), (kRansMostSymbols - 1) / 2);
    r.lowest = -r.highest;
  } else {
    for (RansTap& t : r.taps) t.value_weight = 0;
    std::erase_if(r.taps, [](const RansTap& t) { return t.magnitude_weight == 0; });
  }
  std::vector<RansCounts> classes(r.classes(), RansCounts{});
  std::vector<int64_t> escaped = outside;
  size_t scale = 0;
  for (const Segment& level : levels) {
    while (scale < r.scale_thresholds.size() && level.first >= r.scale_thresholds[scale]) ++scale;
    for (unsigned state = 0; state < kMeanStates; ++state) {
      const unsigned mean = kStateClass[means - 1][state];
      for (unsigned negative = 0; negative < 2; ++negative) {
        const uint32_t* counts = s.at(level.first, state, negative);
        RansCounts& to = classes[scale * means + mean];
        for (uint32_t i = 0; i < symbols; ++i) {
          if (counts[i] == 0) continue;
          int32_t symbol = lowest + static_cast<int32_t>(i);
          if (mean > 0 && negative == 1) symbol = -symbol;
          if (symbol < r.lowest || symbol > r.highest) {
            to[kRansEscape] += counts[i];
            escaped.insert(escaped.end(), counts[i], lowest + static_cast<int32_t>(i));
          } else {
            to[static_cast<size_t>(symbol - r.lowest)] += counts[i];
          }
        }
        to[kRansEscape] += counts[symbols];
      }
    }
  }
  return rans_fit_tables(std::move(r), classes, escaped, form);
}

// A part of the matrix.
RansView view_of(const RansMatrix& matrix, const RansSymbols& symbols, uint64_t row, uint64_t rows, uint64_t column,
                 uint64_t columns) {
  RansView view;
  view.rows = rows;
  view.columns = columns;
  if (!matrix.transposed && columns == matrix.columns) {
    view.values = symbols.values.subspan(row * columns, rows * columns);
    return view;
  }
  view.copy.resize(rows * columns);
  constexpr uint64_t kBlock = 32;
  for (uint64_t block = 0; block < columns; block += kBlock)
    for (uint64_t r = 0; r < rows; ++r)
      for (uint64_t c = block; c < std::min(block + kBlock, columns); ++c)
        view.copy[r * columns + c] = symbols.values[matrix.index(row + r, column + c)];
  view.values = view.copy;
  return view;
}
RansView whole_of(const RansMatrix& matrix, const RansSymbols& symbols) {
  return view_of(matrix, symbols, 0, matrix.rows, 0, matrix.columns);
}

// The middle: some groups of lanes at least, then as much as is cheap to look at.
RansView sample_of(const RansMatrix& matrix, const RansSymbols& symbols, uint32_t lanes) {
  constexpr uint64_t kElements = uint64_t{1} << 16, kColumns = 512;
  const uint64_t columns = std::min(matrix.columns, kColumns);
  const uint64_t rows = std::min(matrix.rows, std::max<uint64_t>(4 * lanes, kElements / columns / lanes * lanes));
  return view_of(matrix, symbols, (matrix.rows - rows) / 2, rows, (matrix.columns - columns) / 2, columns);
}

std::vector<RansCounts> plain_counts(const RansRecipe& r, std::span<const int16_t> values) {
  constexpr size_t kParts = 4;  // so that equal neighbours need not wait for each other
  std::array<std::array<uint64_t, kRansEscape + 1>, kParts> counts{};
  const uint32_t last = r.symbols() - 1;
  for (size_t i = 0; i < values.size(); ++i) {
    const auto index = static_cast<uint32_t>(values[i] - r.lowest);
    ++counts[i % kParts][index > last ? kRansEscape : index];
  }
  std::vector<RansCounts> classes(1, RansCounts{});
  for (const auto& part : counts)
    for (size_t i = 0; i <= kRansEscape; ++i) classes[0][i] += static_cast<double>(part[i]);
  return classes;
}

// With contexts: weights from `sample`, classes from `view`. `r` says how the matrix lies.
RansFitted fit_contexts(RansRecipe r, const Shape& dimensions, const RansView& sample, const RansView& view,
                        const std::vector<int64_t>& outside, RansForm form) {
  while (r.lanes > 1 && r.lanes / 2 >= sample.rows) r.lanes /= 2;
  rans_fit_prediction(r, sample, dimensions);
  Survey s(r.symbols());
  survey(r, view, s);
  const std::vector<Segment> levels = segments_of(r, s);
  RansFitted best = fit_classes(r, s, levels, 1, outside, form);
  const double gain = sign_gain(r, s, levels);
  constexpr double kWorth = 100, kFiner = 2000;  // bits
  for (unsigned means = 2; means <= kRansMostMeans && gain > kWorth; ++means) {
    if (means == kRansMostMeans && gain < kFiner) break;
    RansFitted f = fit_classes(r, s, levels, means, outside, form);
    if (f.bits < best.bits) best = std::move(f);
  }
  return best;
}

// The states of the lanes take about three bytes each; a tensor pays them where it is worth the speed.
uint32_t lanes_for(double bits) {
  const double bytes = bits / 8;
  return bytes < 1024 ? 1 : bytes < 2048 ? 2 : bytes < 4096 ? 4 : bytes < 24576 ? 8 : bytes < 65536 ? 16 : 32;
}

}  // namespace

RansFitted rans_plan(const RansSymbols& symbols, const RansRecipe& recipe) {
  const auto& values = symbols.values;
  const std::vector<RansCounts> counts = plain_counts(recipe, values);
  const RansFitted smooth = rans_fit_tables(recipe, counts, symbols.outside, RansForm::smooth);
  const RansFitted rough = rans_fit_tables(recipe, counts, symbols.outside, RansForm::rough);
  const RansFitted& plain = smooth.bits <= rough.bits ? smooth : rough;
  // Contexts make a histogram smoother, as scales no longer mix.
  const RansForm form = smooth.bits <= rough.bits         ? RansForm::smooth
                        : smooth.bits < 1.05 * rough.bits ? RansForm::either
                                                          : RansForm::rough;
  RansFitted best = plain;
  best.recipe.lanes = lanes_for(plain.bits);
  // Less than this, and no context pays for its description.
  constexpr size_t kLeastElements = 128;
  if (values.size() < kLeastElements) return best;
  constexpr size_t kLarge = size_t{1} << 19;
  RansRecipe r = recipe;
  r.lanes = best.recipe.lanes;
  r.contexts = true;
  while (r.row_axes < symbols.shape.size() && symbols.shape[r.row_axes - 1] == 1) ++r.row_axes;
  for (const bool transposed : {false, true}) {
    if (transposed && symbols.shape.size() != 2) break;
    r.transposed = transposed;
    const RansMatrix matrix(r, symbols.shape, values.size());
    if (matrix.columns < 2) continue;
    RansFitted f;
    if (values.size() <= kLarge) {
      const RansView view = whole_of(matrix, symbols);
      f = fit_contexts(r, symbols.shape, view, view, symbols.outside, form);
    } else {  // a look at a part first
      const RansView sample = sample_of(matrix, symbols, r.lanes);
      std::vector<int64_t> outside;
      for (const int16_t v : sample.values)
        if (v < r.lowest || v > r.highest) outside.push_back(v);
      const double without = rans_fit_tables(recipe, plain_counts(recipe, sample.values), outside, form).bits;
      const double with = fit_contexts(r, symbols.shape, sample, sample, outside, form).bits;
      if (with > 0.997 * without) continue;
      f = fit_contexts(r, symbols.shape, sample, whole_of(matrix, symbols), symbols.outside, form);
    }
    if (f.bits < best.bits) best = std::move(f);
  }
  return best;
}

}  // namespace pare
