#include "core/onnx/subgraph.h"

#include <algorithm>
#include <unordered_set>

#include "core/onnx/tensor_proto.h"

namespace pare {
namespace {

using namespace onnx_proto;

constexpr int kMaxDepth = 32;

void check_depth(int depth) {
  if (depth > kMaxDepth) fail(Code::limit, "sub-graphs are nested more than {} deep", kMaxDepth);
}

// Calls body(field, bytes) for the length-delimited fields among `wanted`.
template <class F, class Body>
void each(const WireSource& source, std::string_view message, std::initializer_list<F> wanted, Body&& body) {
  for (Fields<F> f(source, message); f.next();) {
    const F field = f.field();  // before the value is read: protozero may forget it then
    if (std::find(wanted.begin(), wanted.end(), field) != wanted.end()) {
      body(field, f.bytes());
    } else {
      f.skip();
    }
  }
}

// Sub-graphs are carried as bytes: what they keep in other files would be left behind.
void refuse_external(const WireSource& source, std::string_view tensor) {
  if (is_external(source, tensor))
    fail(Code::unsupported, "a sub-graph keeps the data of '{}' in another file",
         text_of(source, tensor, TensorField::name));
}

void captured(const WireSource& source, std::string_view graph, std::vector<std::string>& names, int depth) {
  check_depth(depth);
  std::unordered_set<std::string> defined = {""};
  std::vector<std::string> used;
  each<GraphField>(source, graph,
                   {GraphField::node, GraphField::initializer, GraphField::sparse_initializer, GraphField::input,
                    GraphField::output},
                   [&](GraphField field, std::string_view bytes) {
                     if (field == GraphField::input) defined.insert(text_of(source, bytes, ValueInfoField::name));
                     if (field == GraphField::output) used.push_back(text_of(source, bytes, ValueInfoField::name));
                     if (field == GraphField::initializer) {
                       refuse_external(source, bytes);
                       defined.insert(text_of(source, bytes, TensorField::name));
                     }
                     if (field == GraphField::sparse_initializer) {
                       each<SparseTensorField>(source, bytes, {SparseTensorField::values},
                                               [&](SparseTensorField, std::string_view values) {
                                                 refuse_external(source, values);
                                                 defined.insert(text_of(source, values, TensorField::name));
                                               });
                     }
                     if (field != GraphField::node) return;
                     each<NodeField>(
                         source, bytes, {NodeField::input, NodeField::output, NodeField::attribute},
                         [&](NodeField part, std::string_view text) {
                           if (part == NodeField::input) used.emplace_back(text);
                           if (part == NodeField::output) defined.emplace(text);
                           if (part != NodeField::attribute) return;
                           each<AttributeField>(
                               source, text,
                               {AttributeField::t, AttributeField::tensors, AttributeField::g, AttributeField::graphs},
                               [&](AttributeField kind, std::string_view inner) {
                                 if (kind == AttributeField::t || kind == AttributeField::tensors)
                                   refuse_external(source, inner);
                                 else
                                   captured(source, inner, used, depth + 1);
                               });
                         });
                   });
  std::unordered_set<std::string> listed;  // of this graph alone: a set of all names for each would take forever
  for (std::string& name : used) {
    if (!defined.contains(name) && listed.insert(name).second) names.push_back(std::move(name));
  }
}

void visit_attribute(const WireSource& source, std::string_view attribute,
                     const std::function<void(const std::string&, const std::string&)>& visit, int depth) {
  check_depth(depth);
  each<AttributeField>(
      source, attribute, {AttributeField::g, AttributeField::graphs}, [&](AttributeField, std::string_view graph) {
        each<GraphField>(source, graph, {GraphField::node}, [&](GraphField, std::string_view node) {
          visit(text_of(source, node, NodeField::op_type), text_of(source, node, NodeField::domain));
          each<NodeField>(source, node, {NodeField::attribute},
                          [&](NodeField, std::string_view inner) { visit_attribute(source, inner, visit, depth + 1); });
        });
      });
}

}  // namespace

void collect_captured(const WireSource& source, std::string_view graph, std::vector<std::string>& names) {
  captured(source, graph, names, 0);
}

void visit_subgraph_nodes(std::string_view attribute,
                          const std::function<void(const std::string&, const std::string&)>& visit) {
  visit_attribute(WireSource(attribute, 0), attribute, visit, 0);
}

}  // namespace pare
