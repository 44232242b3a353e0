#include "core/onnx/functions.h"

#include <protozero/pbf_writer.hpp>

#include "core/onnx/opset_proto.h"

namespace pare {
namespace {

using namespace onnx_proto;

constexpr int kMaxDepth = 32;  // of calls within calls and of sub-graphs
constexpr size_t kMostCalls = 1 << 20;
constexpr uint64_t kMostBytes = uint64_t{1} << 30;  // of all expanded bodies

void check_depth(int depth) {
  if (depth > kMaxDepth) fail(Code::limit, "functions or sub-graphs are nested more than {} deep", kMaxDepth);
}

// What of a NodeProto says which function it calls, and with what.
struct NodeHead {
  std::string name, type, domain, overload;
  std::vector<std::string> inputs, outputs;
  std::vector<std::string_view> attributes;
};

NodeHead read_head(const WireSource& wire, std::string_view node) {
  NodeHead head;
  for (Fields<NodeField> f(wire, node); f.next();) {
    switch (f.field()) {
      case NodeField::name:
        head.name = f.text();
        break;
      case NodeField::op_type:
        head.type = f.text();
        break;
      case NodeField::domain:
        head.domain = plain_domain(f.text());
        break;
      case NodeField::overload:
        head.overload = f.text();
        break;
      case NodeField::input:
        head.inputs.push_back(f.text());
        break;
      case NodeField::output:
        head.outputs.push_back(f.text());
        break;
      case NodeField::attribute:
        head.attributes.push_back(f.bytes());
        break;
      default:
        f.skip();
    }
  }
  return head;
}

// The message with the text of one field replaced (appended where there is none).
template <class F>
std::string with_text(const WireSource& wire, std::string_view message, F field, const std::string& text) {
  std::string out;
  for (Fields<F> f(wire, message); f.next();) {
    if (f.field() == field)
      f.skip();
    else
      out += f.whole();
  }
  protozero::pbf_writer(out).add_string(static_cast<Tag>(field), text);
  return out;
}

}  // namespace

std::string FunctionLibrary::key(const std::string& domain, const std::string& name, const std::string& overload) {
  return domain + '\0' + name + '\0' + overload;
}

std::string_view FunctionLibrary::keep(std::string bytes) {
  wire_.charge(bytes.size());
  made_bytes_ += bytes.size();
  if (made_bytes_ > kMostBytes) fail(Code::limit, "the functions expand to more than {} bytes", kMostBytes);
  made_.push_back(std::move(bytes));
  return made_.back();
}

void FunctionLibrary::add(std::string_view message) {
  Function function;
  std::string name, domain, overload;
  for (Fields<FunctionField> f(wire_, message); f.next();) {
    switch (f.field()) {
      case FunctionField::name:
        name = f.text();
        break;
      case FunctionField::domain:
        domain = plain_domain(f.text());
        break;
      case FunctionField::overload:
        overload = f.text();
        break;
      case FunctionField::input:
        function.inputs.push_back(f.text());
        break;
      case FunctionField::output:
        function.outputs.push_back(f.text());
        break;
      case FunctionField::node:
        function.nodes.push_back(f.bytes());
        break;
      case FunctionField::opset_import:
        function.opsets.push_back(read_opset(wire_, f.bytes()));
        break;
      case FunctionField::attribute_proto: {
        const std::string_view attribute = f.bytes();
        function.defaults.emplace(text_of(wire_, attribute, AttributeField::name), attribute);
        break;
      }
      default:
        f.skip();
    }
  }
  ensure(!name.empty(), "a function has no name");
  function.label = domain.empty() ? name : domain + "." + name;
  const std::string label = function.label;
  ensure(functions_.emplace(key(domain, name, overload), std::move(function)).second,
         "the function '{}' is defined twice", label);
}

void FunctionLibrary::check_opsets(const std::vector<OpsetImport>& model) const {
  for (const auto& [id, function] : functions_) {
    for (const OpsetImport& wanted : function.opsets) {
      for (const OpsetImport& given : model) {
        if (given.domain != wanted.domain || given.version == wanted.version) continue;
        fail(Code::unsupported, "the function '{}' is written for opset {} of '{}', the model for {}", function.label,
             wanted.version, wanted.domain.empty() ? "ai.onnx" : wanted.domain, given.version);
      }
    }
  }
}

std::string FunctionLibrary::Call::rename(const std::string& name) const {
  if (outermost || name.empty()) return name;
  const auto it = names.find(name);
  return it == names.end() ? prefix + name : it->second;
}

std::vector<std::string_view> FunctionLibrary::expand(const std::vector<std::string_view>& nodes) {
  if (functions_.empty()) return nodes;
  Call call;
  call.outermost = true;
  std::vector<std::string_view> out;
  for (const std::string_view node : nodes) append(node, call, 0, out);
  return out;
}

void FunctionLibrary::append(std::string_view node, const Call& call, int depth, std::vector<std::string_view>& out) {
  check_depth(depth);
  const NodeHead head = read_head(wire_, node);
  const auto it = functions_.find(key(head.domain, head.type, head.overload));
  if (it != functions_.end()) {
    within("function '" + it->second.label + "'", [&] { append_body(it->second, node, call, depth, out); });
    return;
  }
  bool changes = !call.outermost;
  for (const std::string_view attribute : head.attributes) changes = changes || calls_something(attribute, depth);
  wire_.charge(sizeof(std::string_view));
  out.push_back(changes ? keep(rewrite_node(node, call, depth)) : node);
}

void FunctionLibrary::append_body(const Function& function, std::string_view node, const Call& outer, int depth,
                                  std::vector<std::string_view>& out) {
  const NodeHead head = read_head(wire_, node);
  if (head.inputs.size() > function.inputs.size() || head.outputs.size() > function.outputs.size())
    fail(Code::invalid, "it is called with {} inputs and {} outputs, it has {} and {}", head.inputs.size(),
         head.outputs.size(), function.inputs.size(), function.outputs.size());
  if (calls_ >= kMostCalls) fail(Code::limit, "more than {} calls of functions", kMostCalls);
  Call call;
  call.prefix =
      fmt::format("{}{}_{}/", outer.outermost ? "" : outer.prefix, head.name.empty() ? head.type : head.name, calls_++);
  for (size_t i = 0; i < function.inputs.size(); ++i)
    call.names[function.inputs[i]] = i < head.inputs.size() ? outer.rename(head.inputs[i]) : std::string();
  for (size_t i = 0; i < function.outputs.size(); ++i) {
    const std::string& inside = function.outputs[i];
    if (i >= head.outputs.size() || head.outputs[i].empty()) continue;  // nobody looks at it: an internal name
    ensure(call.names.emplace(inside, outer.rename(head.outputs[i])).second,
           "its output '{}' is an input or another output too", inside);
  }
  call.attributes = function.defaults;
  for (const std::string_view attribute : head.attributes) {
    const std::string rewritten = rewrite_attribute(attribute, outer, depth);
    if (rewritten.empty()) continue;
    const std::string_view kept = keep(rewritten);
    call.attributes[text_of(wire_, kept, AttributeField::name)] = kept;
  }
  for (const std::string_view inner : function.nodes) append(inner, call, depth + 1, out);
}

std::string FunctionLibrary::rewrite_node(std::string_view node, const Call& call, int depth) {
  std::string out;
  protozero::pbf_writer writer(out);
  for (Fields<NodeField> f(wire_, node); f.next();) {
    const NodeField field = f.field();
    switch (field) {
      case NodeField::input:
      case NodeField::output:
        writer.add_string(static_cast<Tag>(field), call.rename(f.text()));
        break;
      case NodeField::name:
        writer.add_string(static_cast<Tag>(field), call.outermost ? f.text() : call.prefix + f.text());
        break;
      case NodeField::attribute:
        if (const std::string attribute = rewrite_attribute(f.bytes(), call, depth); !attribute.empty())
          writer.add_message(static_cast<Tag>(field), attribute);
        break;
      default:
        out += f.whole();
    }
  }
  return out;
}

std::string FunctionLibrary::rewrite_attribute(std::string_view attribute, const Call& call, int depth) {
  const std::string refers = text_of(wire_, attribute, AttributeField::ref_attr_name);
  if (!refers.empty() && !call.outermost) {
    const auto given = call.attributes.find(refers);
    if (given == call.attributes.end()) return {};
    return with_text(wire_, given->second, AttributeField::name, text_of(wire_, attribute, AttributeField::name));
  }
  std::string out;
  for (Fields<AttributeField> f(wire_, attribute); f.next();) {
    const AttributeField field = f.field();
    if (field == AttributeField::g || field == AttributeField::graphs)
      protozero::pbf_writer(out).add_message(static_cast<Tag>(field), rewrite_graph(f.bytes(), call, depth + 1));
    else
      out += f.whole();
  }
  return out;
}

std::string FunctionLibrary::rewrite_graph(std::string_view graph, const Call& call, int depth) {
  check_depth(depth);
  std::string out;
  std::vector<std::string_view> nodes;
  protozero::pbf_writer writer(out);
  const auto renamed = [&](std::string_view message, auto name_field) {
    return with_text(wire_, message, name_field, call.rename(text_of(wire_, message, name_field)));
  };
  for (Fields<GraphField> f(wire_, graph); f.next();) {
    const GraphField field = f.field();
    switch (field) {
      case GraphField::node:
        append(f.bytes(), call, depth, nodes);
        break;
      case GraphField::initializer:
        writer.add_message(static_cast<Tag>(field), renamed(f.bytes(), TensorField::name));
        break;
      case GraphField::input:
      case GraphField::output:
      case GraphField::value_info:
        writer.add_message(static_cast<Tag>(field), renamed(f.bytes(), ValueInfoField::name));
        break;
      case GraphField::sparse_initializer:
        if (!call.outermost) fail(Code::unsupported, "a sub-graph of a function has a sparse initializer");
        out += f.whole();
        break;
      default:
        out += f.whole();
    }
  }
  for (const std::string_view node : nodes) writer.add_message(static_cast<Tag>(GraphField::node), node);
  return out;
}

bool FunctionLibrary::calls_something(std::string_view attribute, int depth) const {
  check_depth(depth);
  for (Fields<AttributeField> f(wire_, attribute); f.next();) {
    if (f.field() != AttributeField::g && f.field() != AttributeField::graphs) {
      f.skip();
      continue;
    }
    for (Fields<GraphField> g(wire_, f.bytes()); g.next();) {
      if (g.field() != GraphField::node) {
        g.skip();
        continue;
      }
      const NodeHead head = read_head(wire_, g.bytes());
      if (functions_.contains(key(head.domain, head.type, head.overload))) return true;
      for (const std::string_view inner : head.attributes)
        if (calls_something(inner, depth + 1)) return true;
    }
  }
  return false;
}

}  // namespace pare
