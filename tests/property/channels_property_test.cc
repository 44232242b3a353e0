// Removing channels equals masking them: ONNX Runtime judges random networks without channels against the same networks
// with these channels masked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <iterator>
#include <list>

#include "core/channels/channels.h"
#include "core/onnx/onnx.h"
#include "tests/support/masked_twin.h"
#include "tests/support/op_cases.h"
#include "tests/support/ort.h"
#include "tests/support/random_channel_graph.h"

namespace pare::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// Some of the channels, never a whole group or axis.
std::vector<bool> draw_removed(const Channels& channels, uint64_t seed) {
  Random random({seed, 7});
  const double share = random.uniform(0.1, 1.1);
  std::vector<bool> removed(channels.size(), false);
  for (const ChannelGroup& group : channels.groups()) {
    std::vector<ChannelId> order = group.channels;
    random.shuffle(std::span(order));
    for (size_t i = 1; i < order.size(); ++i) removed[order[i]] = random.uniform() < share;
  }
  channels.spare_axes(removed);
  return removed;
}

ChannelOptions draw_options(uint64_t seed) {
  Random random({seed, 8});
  ChannelOptions options;
  options.averaged = random.below(4) != 0;
  options.within = random.below(2) != 0;
  options.whole = random.below(4) != 0;
  return options;
}

std::vector<Tensor> draw_inputs(const Graph& g, uint64_t seed, const std::vector<Tensor>& given) {
  Random random({seed, 9});
  std::vector<Tensor> inputs;
  size_t taken = 0;
  for (const ValueId id : g.inputs) {
    if (g.value(id).dtype != DType::f32) {
      inputs.push_back(given.at(taken++));
      continue;
    }
    Shape shape;
    for (const Dim& dim : *g.value(id).dims) shape.push_back(dim.known() ? dim.factor : 3);
    inputs.push_back(random_floats(shape, random));
  }
  return inputs;
}

// The graph without channels and the masked one, run by one process in the end.
class Judge {
 public:
  // Integer inputs come from `given`, in order.
  void add(const std::string& name, const Graph& source, const ChannelOptions& options, uint64_t seed,
           const std::vector<Tensor>& given = {}) {
    SCOPED_TRACE(name);
    try {
      Graph graph = source;
      expose_channels(graph);
      const Channels channels = Channels::find(graph, options);
      const std::vector<bool> removed = draw_removed(channels, seed);
      const std::vector<Tensor> inputs = draw_inputs(graph, seed, given);
      Graph cut = graph;
      remove_channels(cut, channels, removed);
      add_pair(name + ", exposed", source, graph, inputs);
      add_pair(name + ", removed", cut, masked_twin(graph, channels, removed), inputs);
      removed_ += static_cast<size_t>(std::count(removed.begin(), removed.end(), true));
    } catch (const Error& e) {
      ADD_FAILURE() << e.what();
    }
  }
  void expect_same(double tolerance) {
    std::vector<OrtBatch::Outcome> outcomes;
    for (OrtBatch& batch : batches_) {
      auto some = batch.run();
      std::move(some.begin(), some.end(), std::back_inserter(outcomes));
    }
    for (size_t i = 0; i < names_.size(); ++i) {
      SCOPED_TRACE(names_[i]);
      const auto &a = outcomes[2 * i], &b = outcomes[2 * i + 1];
      EXPECT_EQ(a.error, "");
      EXPECT_EQ(b.error, "");
      EXPECT_EQ(a.outputs.size(), b.outputs.size());
      for (size_t k = 0; k < std::min(a.outputs.size(), b.outputs.size()); ++k)
        EXPECT_LE(difference(a.outputs[k], b.outputs[k]), tolerance) << "output " << k;
    }
  }
  size_t removed() const { return removed_; }

 private:
  void add_pair(const std::string& name, const Graph& a, const Graph& b, const std::vector<Tensor>& inputs) {
    if (names_.size() % 100 == 0) batches_.emplace_back();  // a command line is not endless
    names_.push_back(name);
    for (const Graph* graph : {&a, &b}) batches_.back().add_bytes(serialize_onnx(*graph), named_inputs(*graph, inputs));
  }
  std::list<OrtBatch> batches_;
  std::vector<std::string> names_;
  size_t removed_ = 0;
};

TEST(ChannelProperty, RemovalKeepsAValidGraph) {
  EXPECT_TRUE(rc::check([] {
    const auto seed = *rc::gen::arbitrary<uint64_t>();
    Graph graph = random_channel_graph(seed);
    expose_channels(graph);
    const Channels channels = Channels::find(graph, draw_options(seed));
    const std::vector<bool> removed = draw_removed(channels, seed);
    Graph cut = graph;
    remove_channels(cut, channels, removed);
    verify(cut);
    for (const auto list : {&Graph::inputs, &Graph::outputs}) {
      RC_ASSERT((cut.*list).size() == (graph.*list).size());
      for (size_t i = 0; i < (cut.*list).size(); ++i)
        RC_ASSERT(cut.value((cut.*list)[i]).dims == graph.value((graph.*list)[i]).dims);
    }
    verify(masked_twin(graph, channels, removed));
  }));
}

TEST(ChannelProperty, NothingChangesWithoutRemovedChannels) {
  EXPECT_TRUE(rc::check([] {
    Graph graph = random_channel_graph(*rc::gen::arbitrary<uint64_t>());
    expose_channels(graph);
    const Channels channels = Channels::find(graph);
    const std::string before = to_text(graph);
    remove_channels(graph, channels, std::vector<bool>(channels.size(), false));
    RC_ASSERT(to_text(graph) == before);
  }));
}

TEST(ChannelProperty, RemovalEqualsMasking) {
  PARE_NEED_ORT();
  Judge judge;
  for (uint64_t seed = 0; seed < 100; ++seed)
    judge.add(fmt::format("seed {}", seed), random_channel_graph(seed), draw_options(seed), seed);
  EXPECT_GT(judge.removed(), 1000U);
  judge.expect_same(1e-4);
}

// ---- one op at a time ----

// The same network with every float input drawn once and for all, times an input that is a scalar, and every output
// weighed and summed up: no axis of the op is held by the graph's interface, so that its rule alone says what may go.
Graph opened(const OpCase& c) {
  Graph g = c.graph;
  Random random({hash_of(c.name)});
  for (Value& value : g.values) {
    if (value.producer != kNoNode && g.node(value.producer).op != OpKind::unknown) value.dims.reset();
  }
  const ValueId factor = add_input(g, "factor", DType::f32, {});
  std::vector<ValueId> inputs;
  for (size_t i = 0; i < c.inputs.size(); ++i) {
    const ValueId x = c.graph.inputs[i];
    if (g.value(x).dtype != DType::f32) {
      inputs.push_back(x);
      continue;
    }
    Node node;
    node.name = g.value(x).name + ".scaled";
    node.op = OpKind::mul;
    node.type = "Mul";
    node.inputs = {add_constant(g, g.value(x).name + ".drawn", c.inputs[i]), factor};
    node.outputs = {x};
    g.value(x).dims.reset();
    insert_node(g, 0, std::move(node));
  }
  inputs.push_back(factor);
  g.inputs = inputs;
  infer_shapes(g);
  std::vector<ValueId> sums;
  for (ValueId y : g.outputs) {
    if (g.value(y).dtype != DType::f32)
      y = append(g, OpKind::cast, "cast", {y}, attributes({{"to", int64_t{dtype_to_onnx(DType::f32)}}}));
    const std::optional<Shape> shape = g.value(y).dims ? known_shape(*g.value(y).dims) : std::nullopt;
    if (shape) {
      const ValueId weights = add_constant(g, unique_name(g, "weights"), random_floats(*shape, random, 0.5, 1.5));
      y = append(g, OpKind::mul, "weighed", {y, weights});
    }
    sums.push_back(append(g, OpKind::reduce_sum, "sum", {y}, attributes({{"keepdims", int64_t{0}}})));
  }
  g.outputs = sums;
  infer_shapes(g);
  verify(g);
  return g;
}

TEST(ChannelProperty, EveryOpKeepsWhatItComputes) {
  PARE_NEED_ORT();
  Judge judge;
  for (const OpCase& c : op_cases()) {
    SCOPED_TRACE(c.name);
    const Graph graph = opened(c);
    std::vector<Tensor> given;
    for (const Tensor& input : c.inputs)
      if (input.dtype() != DType::f32) given.push_back(input);
    for (uint64_t seed = 1; seed <= 2; ++seed) judge.add(c.name, graph, {.within = seed > 1}, seed, given);
  }
  judge.expect_same(1e-4);
}

// ---- one family at a time: which channels there are ----

// "made by -> read by: how many", with what kind of part they are.
std::vector<std::string> found(const Graph& source, const ChannelOptions& options = {}) {
  Graph graph = source;
  expose_channels(graph);
  const Channels channels = Channels::find(graph, options);
  std::vector<std::string> text;
  for (const ChannelGroup& group : channels.groups()) {
    const char* part = group.part == ChannelPart::whole ? " whole" : group.part == ChannelPart::within ? " within" : "";
    text.push_back(fmt::format("{} -> {}: {}{}{}", fmt::join(group.made_by, "+"), fmt::join(group.read_by, "+"),
                               group.channels.size(), part, group.averaged ? " averaged" : ""));
  }
  return text;
}

// Besides: removal of what was found equals masking.
void expect_right(const Graph& graph, const ChannelOptions& options = {}) {
  PARE_NEED_ORT();
  Judge judge;
  for (uint64_t seed = 1; seed <= 3; ++seed) judge.add("family", graph, options, seed);
  EXPECT_GT(judge.removed(), 0U);
  judge.expect_same(1e-4);
}

// Networks with names: layers are "a", "b", ... in the order in which they are made.
class Families : public ::testing::Test {
 protected:
  ChannelGraph b{1};
  char next_ = 'a';

  ValueId named(ValueId y) {  // the layer that makes it
    Node& node = b.graph().node(b.graph().value(y).producer);
    node.name = std::string(1, next_);
    b.graph().value(node.inputs[1]).name = std::string(1, next_) + ".weight";
    ++next_;
    return y;
  }
  ValueId conv(ValueId x, int64_t out, int64_t group = 1) { return named(b.conv(x, out, {.group = group})); }
  ValueId image() { return b.input("x", {3, 6, 6}); }
  ValueId relu(ValueId x) { return b.op(OpKind::relu, {x}); }
  ValueId matmul(ValueId x, int64_t out) {
    const int64_t in = b.graph().value(x).dims->back().factor;
    return named(b.op(OpKind::matmul, {x, b.weight({in, out}, in)}));
  }
  Graph finish(ValueId y) {
    b.output(y);
    return b.finish();
  }
};

TEST_F(Families, AFilterGoesWithItsReader) {
  const Graph g = finish(conv(relu(b.batch_norm(conv(image(), 8))), 2));
  EXPECT_THAT(found(g), ElementsAre("a -> b: 8"));
  expect_right(g);
}

TEST_F(Families, ResidualsShareChannels) {
  const ValueId x = relu(conv(image(), 8));
  const ValueId y = b.op(OpKind::add, {x, conv(relu(conv(x, 5)), 8)});
  const Graph g = finish(conv(y, 2));
  EXPECT_THAT(found(g), UnorderedElementsAre("a+c -> b+d: 8", "b -> c: 5"));
  expect_right(g);
}

TEST_F(Families, ConcatKeepsOffsets) {
  const ValueId x = image();
  const ValueId left = conv(x, 4), right = conv(x, 6);
  const Graph g = finish(conv(b.concat({left, right}), 2));
  EXPECT_THAT(found(g), UnorderedElementsAre("a -> c: 4", "b -> c: 6"));
  expect_right(g);
}

TEST_F(Families, SplitAndSliceTakeParts) {
  const ValueId x = conv(image(), 8);
  const std::vector<ValueId> parts =
      b.outputs(OpKind::split, {x, b.list({3, 5})}, 2, attributes({{"axis", int64_t{1}}}));
  const ValueId left = conv(parts[0], 2), right = conv(b.slice(parts[1], 1, 1, 4), 2);
  const Graph g = finish(b.op(OpKind::add, {left, right}));
  EXPECT_THAT(found(g), UnorderedElementsAre("a -> b: 3", "a -> c: 3", "a -> : 2"));
  expect_right(g);
}

TEST_F(Families, PaddedShortcutsShift) {
  const ValueId x = conv(image(), 4);
  const ValueId wide = b.op(OpKind::pad, {x, b.list({0, 2, 0, 0, 0, 2, 0, 0})});
  const Graph g = finish(conv(b.op(OpKind::add, {wide, conv(x, 8)}), 2));
  EXPECT_THAT(found(g), UnorderedElementsAre("a+b -> c: 4", "b -> c: 4"));
  expect_right(g);
}

TEST_F(Families, GroupedConvolutionsLoseGroupsOrOneOfEach) {
  const Graph g = finish(conv(conv(conv(image(), 8), 12, 4), 2));
  EXPECT_THAT(found(g), ElementsAre("a+b -> c: 4 whole"));
  expect_right(g);
  EXPECT_THAT(found(g, {.whole = false, .within = true}), UnorderedElementsAre("a -> b: 2 within", "b -> c: 3 within"));
  expect_right(g, {.whole = false, .within = true});
  expect_right(g, {.within = true});
}

TEST_F(Families, DepthwiseChannelsPassThrough) {
  const Graph g = finish(conv(relu(conv(relu(conv(image(), 8)), 8, 8)), 2));
  EXPECT_THAT(found(g), ElementsAre("a+b -> c: 8"));
  expect_right(g);
}

TEST_F(Families, TransposedConvolutionsInGroups) {
  const ValueId x = conv(image(), 8);
  const Graph g = finish(conv(named(b.deconv(named(b.deconv(x, 6, 1)), 4, 2)), 2));
  EXPECT_THAT(found(g), UnorderedElementsAre("a -> : 8", " -> d: 2 whole"));
  expect_right(g);
  expect_right(g, {.within = true});
}

TEST_F(Families, FlattenedChannelsTakeTheirPlacesAlong) {
  const ValueId flat = b.op(OpKind::flatten, {conv(image(), 5)});
  const Graph g = finish(named(b.gemm(relu(named(b.gemm(flat, 7))), 2)));
  EXPECT_THAT(found(g), UnorderedElementsAre("a -> b: 5", "b -> c: 7"));
  expect_right(g);
}

TEST_F(Families, ShuffledChannelsAreStillThemselves) {
  const Graph g = finish(conv(b.shuffle(conv(image(), 8), 2), 2));
  EXPECT_THAT(found(g), ElementsAre("a -> b: 8"));
  expect_right(g);
}

TEST_F(Families, PixelShuffleTakesWholeBlocks) {
  const ValueId large = b.op(OpKind::depth_to_space, {conv(image(), 12)}, attributes({{"blocksize", int64_t{2}}}));
  const Graph g = finish(conv(large, 2));
  EXPECT_THAT(found(g), ElementsAre("a -> b: 3"));
  expect_right(g);
}

TEST_F(Families, SqueezeExciteHangsOnItsChannels) {
  const ValueId x = relu(conv(image(), 8));
  const ValueId inner = relu(conv(b.op(OpKind::global_average_pool, {x}), 3));
  const Graph g = finish(conv(b.op(OpKind::mul, {x, b.op(OpKind::sigmoid, {conv(inner, 8)})}), 2));
  EXPECT_THAT(found(g), UnorderedElementsAre("a+c -> b+d: 8", "b -> c: 3"));
  expect_right(g);
}

TEST_F(Families, NormsAverageOverChannels) {
  const Graph g = finish(conv(b.channels_last_norm(conv(b.group_norm(conv(image(), 8), 2), 6)), 2));
  EXPECT_THAT(found(g), UnorderedElementsAre("a -> b: 2 whole", "b -> c: 6 averaged"));
  EXPECT_THAT(found(g, {.whole = false, .within = true}),
              UnorderedElementsAre("a -> b: 4 within averaged", "b -> c: 6 averaged"));
  EXPECT_THAT(found(g, {.averaged = false, .within = true}), ElementsAre("a -> b: 2 whole"));
  expect_right(g);
  expect_right(g, {.within = true});
}

TEST_F(Families, SharedWeightsAreOneLayer) {
  const ValueId x = conv(image(), 6), first = conv(x, 6);
  const Node node = b.graph().node(b.graph().value(first).producer);
  const Graph g = finish(conv(b.op(OpKind::conv, {first, node.inputs[1]}, node.attributes), 2));
  EXPECT_EQ(found(g).size(), 1U);
  expect_right(g);
}

TEST_F(Families, HeadsOfAttention) {
  const auto heads = [&](ValueId v, const std::vector<int64_t>& order) {
    return b.transpose(b.reshape(v, {-1, 5, 4, 3}), order);
  };
  const ValueId x = matmul(b.input("x", {5, 6}), 8);
  const ValueId q = heads(matmul(x, 12), {0, 2, 1, 3}), k = heads(matmul(x, 12), {0, 2, 3, 1});
  const ValueId v = heads(matmul(x, 12), {0, 2, 1, 3});
  const Graph g = finish(matmul(b.attend(q, k, v, 5, 12), 2));
  EXPECT_THAT(found(g), UnorderedElementsAre("a -> b+c+d: 8", "b+c+d -> e: 4 whole"));
  EXPECT_THAT(found(g, {.whole = false, .within = true}),
              UnorderedElementsAre("a -> b+c+d: 8", "b+c -> : 3 within", "d -> e: 3 within"));
  expect_right(g);
  expect_right(g, {.within = true});
}

TEST_F(Families, EinsumLetters) {
  const ValueId x = matmul(b.input("x", {5, 6}), 8);
  const ValueId y =
      named(b.op(OpKind::einsum, {x, b.weight({7, 8}, 8)}, attributes({{"equation", std::string("bse,oe->bso")}})));
  const Graph g = finish(matmul(y, 2));
  const std::vector<std::string> groups = found(g);
  EXPECT_EQ(groups.size(), 2U);
  expect_right(g);
}

TEST_F(Families, HiddenUnitsOfBothDirections) {
  const ValueId x = b.transpose(matmul(b.input("x", {5, 6}), 8), {1, 0, 2});
  const ValueId y = b.op(OpKind::lstm, {x, b.weight({2, 20, 8}, 8), b.weight({2, 20, 5}, 5), b.weight({2, 40})},
                         attributes({{"hidden_size", int64_t{5}}, {"direction", std::string("bidirectional")}}));
  const Graph g = finish(matmul(b.reshape(b.transpose(y, {0, 2, 1, 3}), {0, 0, 10}), 2));
  Graph graph = g;
  expose_channels(graph);
  const Channels channels = Channels::find(graph);
  std::vector<size_t> sizes;
  for (const ChannelGroup& group : channels.groups()) sizes.push_back(group.channels.size());
  EXPECT_THAT(sizes, UnorderedElementsAre(8, 5));
  expect_right(g);
}

TEST_F(Families, AnUnknownOpHoldsBackWhatItTouches) {
  const ValueId x = conv(b.unknown(conv(conv(image(), 4), 6)), 5);
  Graph g = finish(conv(x, 2));
  EXPECT_THAT(found(g), UnorderedElementsAre("a -> b: 4", "c -> d: 5"));
  expect_right(g);
  const Channels channels = Channels::find(g);
  ASSERT_EQ(channels.held_back().size(), 1U);
  EXPECT_THAT(channels.held_back()[0].node, ::testing::HasSubstr("QuickGelu"));
  EXPECT_EQ(channels.held_back()[0].channels, 6);
}

TEST_F(Families, ClassesUnderASoftmaxStay) {
  const Graph g = finish(conv(b.op(OpKind::softmax, {conv(image(), 4)}, attributes({{"axis", int64_t{1}}})), 2));
  EXPECT_THAT(found(g), IsEmpty());
}

}  // namespace
}  // namespace pare::testing
