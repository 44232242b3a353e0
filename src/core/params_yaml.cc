// YAML -> Param, from the parser's events: no tree of yaml-cpp's is built, so depth, aliases and size stay bounded, and
// every piece knows its line.
#include <algorithm>
#include <map>
#include <optional>
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "core/error.h"
#include "core/params.h"

namespace pare {
namespace {

constexpr size_t kMaxBytes = size_t{1} << 20;
constexpr size_t kMaxDepth = 64;
constexpr size_t kMaxPieces = 100'000;  // after aliases are expanded

class Builder : public YAML::EventHandler {
 public:
  explicit Builder(const std::string& name) : name_(name) {}
  Param take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { leaf(make(mark, Param::Kind::null), anchor); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, const std::string& value) override {
    Param param = make(mark, Param::Kind::scalar);
    param.scalar = value;
    leaf(std::move(param), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto it = anchors_.find(anchor);
    if (it == anchors_.end()) fail(Code::invalid, "{}: an alias inside of what it stands for", place(mark));
    pieces_ += it->second.pieces;
    check_size(mark);
    if (stack_.size() + it->second.depth > kMaxDepth)
      fail(Code::limit, "{}: more than {} levels", place(mark), kMaxDepth);
    deliver(it->second.param, it->second.depth);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(make(mark, Param::Kind::list), anchor, mark);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(make(mark, Param::Kind::map), anchor, mark);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Param param;
    YAML::anchor_t anchor;
    size_t first_piece;
    size_t depth = 1;                     // levels in here, this one included
    std::optional<std::string> key = {};  // of a map, once read
    std::string key_place = {};
  };
  struct Anchor {
    Param param;
    size_t pieces, depth;
  };

  std::string place(const YAML::Mark& mark) const {
    return mark.is_null() ? name_ : fmt::format("{}:{}", name_, mark.line + 1);
  }
  Param make(const YAML::Mark& mark, Param::Kind kind) {
    ++pieces_;
    check_size(mark);
    Param param;
    param.kind = kind;
    param.where = place(mark);
    return param;
  }
  void check_size(const YAML::Mark& mark) const {
    if (pieces_ > kMaxPieces) fail(Code::limit, "{}: more than {} values", place(mark), kMaxPieces);
  }
  void leaf(Param param, YAML::anchor_t anchor) {
    if (anchor) anchors_[anchor] = {param, 1, 0};
    deliver(std::move(param), 0);
  }
  void open(Param param, YAML::anchor_t anchor, const YAML::Mark& mark) {
    if (stack_.size() >= kMaxDepth) fail(Code::limit, "{}: more than {} levels", place(mark), kMaxDepth);
    stack_.push_back({std::move(param), anchor, pieces_});
  }
  void close() {
    Open done = std::move(stack_.back());
    stack_.pop_back();
    if (done.anchor) anchors_[done.anchor] = {done.param, pieces_ - done.first_piece + 1, done.depth};
    deliver(std::move(done.param), done.depth);
  }
  // Puts a finished piece of `depth` levels where it belongs.
  void deliver(Param param, size_t depth) {
    if (stack_.empty()) {
      root_ = std::move(param);
      return;
    }
    Open& top = stack_.back();
    top.depth = std::max(top.depth, depth + 1);
    if (top.param.kind == Param::Kind::list) {
      top.param.items.push_back(std::move(param));
    } else if (!top.key) {
      if (param.kind != Param::Kind::scalar) fail(Code::invalid, "{}: a key must be a plain text", param.where);
      const auto same = [&](const auto& entry) { return entry.first == param.scalar; };
      if (std::any_of(top.param.entries.begin(), top.param.entries.end(), same))
        fail(Code::invalid, "{}: '{}' is there twice", param.where, param.scalar);
      top.key = std::move(param.scalar);
      top.key_place = std::move(param.where);
    } else {
      param.where = std::move(top.key_place);  // a block below its key is found by the key's line
      top.param.entries.emplace_back(std::move(*top.key), std::move(param));
      top.key.reset();
    }
  }

  const std::string& name_;
  Param root_;
  std::vector<Open> stack_;
  std::map<YAML::anchor_t, Anchor> anchors_;
  size_t pieces_ = 0;
};

}  // namespace

Param param_from_yaml(std::string_view text, const std::string& name) {
  if (text.size() > kMaxBytes) fail(Code::limit, "{}: larger than {} bytes", name, kMaxBytes);
  std::istringstream stream{std::string(text)};
  try {
    Builder builder(name);
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) return {};
    Param param = builder.take();
    Builder rest(name);
    if (parser.HandleNextDocument(rest)) fail(Code::invalid, "{}: more than one YAML document", name);
    return param;
  } catch (const YAML::Exception& e) {
    if (e.mark.is_null()) fail(Code::invalid, "{}: {}", name, e.msg);
    fail(Code::invalid, "{}:{}: {}", name, e.mark.line + 1, e.msg);
  }
}

}  // namespace pare
