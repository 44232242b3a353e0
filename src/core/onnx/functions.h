// Functions of a model's own (FunctionProto): calls are replaced by their nodes, on the level of messages, before a
// graph is built.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/graph.h"
#include "core/onnx/schema.h"

namespace pare {

class FunctionLibrary {
 public:
  explicit FunctionLibrary(WireSource& wire) : wire_(wire) {}

  // A FunctionProto. Views into `message` are kept.
  void add(std::string_view message);
  // Error(unsupported) for a function written for another opset of a domain than the model.
  void check_opsets(const std::vector<OpsetImport>& model) const;
  // The nodes (NodeProto) with every call replaced; views into the arguments or into this library. Calls in sub-graphs
  // are replaced too. What a body names gets the call's name in front, so that nothing collides. Error(limit) when
  // functions call each other without end.
  std::vector<std::string_view> expand(const std::vector<std::string_view>& nodes);

 private:
  struct Function {
    std::string label;  // "domain.name" for messages
    std::vector<std::string> inputs, outputs;
    std::vector<std::string_view> nodes;
    std::map<std::string, std::string_view> defaults;  // attribute name -> AttributeProto
    std::vector<OpsetImport> opsets;
  };
  // What the names and attributes of a body mean at a call. Names that are not in `names` are internal.
  struct Call {
    std::string prefix;
    std::map<std::string, std::string> names;
    std::map<std::string, std::string_view> attributes;  // name -> AttributeProto of the caller
    bool outermost = false;                              // the model's own graph: nothing is renamed
    std::string rename(const std::string& name) const;
  };

  static std::string key(const std::string& domain, const std::string& name, const std::string& overload);
  void append(std::string_view node, const Call& call, int depth, std::vector<std::string_view>& out);
  void append_body(const Function& function, std::string_view node, const Call& outer, int depth,
                   std::vector<std::string_view>& out);
  std::string rewrite_node(std::string_view node, const Call& call, int depth);
  std::string rewrite_graph(std::string_view graph, const Call& call, int depth);
  // "" for a reference to an attribute that the call does not have.
  std::string rewrite_attribute(std::string_view attribute, const Call& call, int depth);
  bool calls_something(std::string_view attribute, int depth) const;  // in its sub-graphs
  std::string_view keep(std::string bytes);

  WireSource& wire_;
  std::map<std::string, Function> functions_;
  std::deque<std::string> made_;
  size_t calls_ = 0;
  uint64_t made_bytes_ = 0;
};

}  // namespace pare
