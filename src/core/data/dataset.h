// Data as the engine sees it: numbered samples, each some input tensors and a target, written straight into a batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/params.h"
#include "format/tensor.h"

namespace pare {

struct Graph;

struct FieldSpec {
  DType dtype = DType::f32;
  Shape shape;  // of one sample, without the batch
  size_t byte_size() const;
};
struct SampleSpec {
  std::vector<FieldSpec> inputs;  // in the order of the graph's inputs
  // i64: classes, one per sample or a map of them (one per pixel, or kNoClass); f32: values.
  FieldSpec target{DType::i64, {}};
};
// Marks places of a class map that count neither in losses nor in metrics.
inline constexpr int64_t kNoClass = -100;

// Where read() writes one sample.
struct SampleBuffer {
  std::span<const std::span<std::byte>> inputs;
  std::span<std::byte> target;
};

// Which part of an image a random crop takes: its share of the area and its width over its height, each [low, high].
struct CropRange {
  double area[2] = {0.08, 1}, ratio[2] = {3.0 / 4, 4.0 / 3};
};

class Dataset;
using DatasetPtr = std::shared_ptr<const Dataset>;

// Immutable and safe to read from several threads. Wrappers compose (take, shuffle, augment, cache): one per file.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual size_t size() const = 0;
  virtual const SampleSpec& spec() const = 0;
  // `draw` keys the randomness of augmentation (0: none); the same (index, draw) always gives the same sample.
  virtual void read(size_t index, uint64_t draw, const SampleBuffer& out) const = 0;
  // The class of a sample, -1 when its target is not one class. Without an override this reads the whole sample.
  virtual int64_t label(size_t index) const;
  // The same images, of which read() with a draw gives a random part instead of the whole, cut out of the image as it
  // is stored. Null where images are stored at their final size, so that there is nothing more to be had.
  virtual DatasetPtr with_random_crops(const CropRange&) const { return nullptr; }
};

inline constexpr std::string_view kNoImages = "none";
// y = (x * scale - mean[c]) / std[c]; images: x in 0..255, channels in `order`. Travels with the model as metadata.
struct Preprocessing {
  double scale = 1.0 / 255;
  std::vector<double> mean = {0}, std = {1};  // one entry for all channels, or one per channel
  std::string order = "RGB";                  // RGB, BGR or L (grey); none: not images, channels as they come
  std::vector<int64_t> size;                  // height, width; empty: as the data comes
  std::vector<std::string> classes;           // names; may be empty
  friend bool operator==(const Preprocessing&, const Preprocessing&) = default;
};
// Error(invalid) on numbers that make no sense, or not for the channel order.
void check(const Preprocessing& preprocessing);
using Metadata = std::vector<std::pair<std::string, std::string>>;
// Keys pare.scale, pare.mean, pare.std, pare.size, pare.order, pare.classes. Others are left alone.
void to_metadata(const Preprocessing& preprocessing, Metadata& metadata);
// Nothing when none of the keys is there. Error(invalid) on values that do not parse.
std::optional<Preprocessing> from_metadata(const Metadata& metadata);

// The three parts of a data set. Choices are made on `validation`; `test` is read once, at the end.
struct Data {
  DatasetPtr train, validation, test;
  Preprocessing preprocessing;
  int64_t classes = 0;      // 0: targets are values
  std::string description;  // "mnist:DIR, 55,000 train, 5,000 validation, 10,000 test"
};

// What a user says about a foreign model's input; empty fields keep what the model or the data set says.
struct PreprocessingOverride {
  std::optional<double> scale;
  std::vector<double> mean, std;
  std::string order;
  std::vector<int64_t> size;
};

struct DataOptions {
  int64_t validation = 5000;                     // images held out of the training part; at most a fifth of it
  uint64_t seed = 0;                             // of the split (fixed by default so that seeds of training share it)
  std::optional<Preprocessing> preprocessing;    // of the model; else the data set's default
  PreprocessingOverride preprocessing_override;  // on top of either
  int64_t take = 0;                              // use only the first n training samples after the split; 0: all
  std::optional<FieldSpec> input;                // what the model takes; -1 for sizes that are open
};
// What a model says about its input: its preprocessing, and the type and sizes it takes.
void fit_to_model(const Graph& graph, DataOptions& options);
// "digits", "mnist:DIR", "images:DIR,size=128" ... : a kind, where it lies, options of the kind. Errors name the file.
// Kinds: core/data/source_list.def.
Data open_data(const std::string& spec, const DataOptions& options = {});
// Error(invalid) that names both sides when the data's images or classes do not fit the graph's inputs and outputs.
void check_data(const Graph& graph, const Data& data);
// For a model that is to learn other classes: images as it takes them (its preprocessing; the size of its input; grey
// or colour where it says no more), with the classes that the data has.
DataOptions follow_model(const Graph& graph, DataOptions options);
struct DataKind {
  std::string_view name, summary;
  std::vector<ParamInfo> options;
};
std::vector<DataKind> data_kinds();

// Augmentation of image inputs (C, H, W), said in a recipe as `augment: {flip: true, shift: 4, rotate: 10, cutout: 8}`.
struct AugmentOptions {
  bool flip = false;                                 // mirror left-right with probability 1/2
  int64_t shift = 0;                                 // random crop after padding by this many pixels on each side
  double rotate = 0;                                 // degrees, uniform in +-
  double scale = 0;                                  // relative size, uniform in 1 +-
  double elastic = 0;                                // elastic distortion, pixels of displacement
  int64_t cutout = 0;                                // side of a square set to the mean
  std::vector<double> random_resized_crop;           // CropRange::area; empty: the whole image
  std::vector<double> crop_ratio = {0.75, 4.0 / 3};  // CropRange::ratio
  double mixup = 0;                                  // of a batch, by the loader
  template <class V>
  void visit(V& v) {
    v.field("flip", flip, "mirror images left-right half of the time");
    v.field("shift", shift, "shift by up to this many pixels in each direction", {0, 1024});
    v.field("rotate", rotate, "rotate by up to this many degrees", {0, 180});
    v.field("scale", scale, "zoom by up to this share", {0, 0.9});
    v.field("elastic", elastic, "elastic distortion of up to this many pixels", {0, 64});
    v.field("cutout", cutout, "blank a square with sides of this many pixels", {0, 1024});
    v.field("random_resized_crop", random_resized_crop, "cut out a part, of this share of the area: [0.08, 1]", {0, 1});
    v.field("crop_ratio", crop_ratio, "width over height of that part, before it is resized", {0.01, 100});
    v.field("mixup", mixup, "mix pairs of samples and targets, alpha of the Beta distribution; 0 for off", {0, 100});
  }
  // Whether single images change; mixup works on batches.
  bool any() const {
    return flip || shift || rotate > 0 || scale > 0 || elastic > 0 || cutout || !random_resized_crop.empty();
  }
};
DatasetPtr augment(DatasetPtr base, const AugmentOptions& options, const Preprocessing& preprocessing);
DatasetPtr take(DatasetPtr base, std::vector<size_t> indices);

// One batch, ready for the engine: inputs (n, ...) and targets (n, ...).
struct Batch {
  std::vector<Tensor> inputs;
  Tensor target;
  int64_t size = 0;
  int64_t first = 0, whole = 0;  // it is samples [first, first + size) of a batch of `whole` (Loader::Options::parts)
};
// Reads batches ahead on its own threads, in a fixed order; the same batches for any number of threads.
// Order: shuffled by (seed, epoch) or as it comes. The last batch of an epoch may be smaller unless drop_last.
// Of several processes each reads its part of every batch; the parts together are the batch that one alone would read.
// A part that comes out empty (a last batch of fewer samples than parts) has size 0 and holds one sample all the same,
// because a network cannot run on none.
class Loader {
 public:
  struct Options {
    int64_t batch = 128;
    bool shuffle = false;
    bool drop_last = false;
    uint64_t seed = 0;
    int64_t epoch = 0;
    int threads = 0;        // 0: one per core
    int ahead = 4;          // batches
    bool balanced = false;  // every class equally often, in as many samples; shuffles
    double mixup = 0;       // alpha (core/data/mixup.h); 0: off
    int64_t classes = 0;    // of the network, which mixed targets are distributions over
    int64_t part = 0, parts = 1;
  };
  Loader(DatasetPtr dataset, const Options& options);
  ~Loader();
  int64_t batches() const;
  bool next(Batch& batch);  // false at the end; rethrows what a reader threw

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pare
