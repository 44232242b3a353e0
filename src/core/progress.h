// How long work reports itself and how it is asked to stop. The command line draws a bar; tests listen; null is quiet.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace pare {

class Progress {
 public:
  virtual ~Progress() = default;
  // Opens a stage of `total` units (0: unknown). Stages nest; note() is a short text shown beside the bar.
  virtual void begin(std::string_view /*stage*/, uint64_t /*total*/) {}
  virtual void advance(uint64_t /*done*/) {}  // absolute position within the innermost stage
  virtual void note(std::string_view /*text*/) {}
  virtual void end() {}
  // A finished line that stays on the screen, such as "epoch 3/20  loss 0.03  validation 99.1 %".
  virtual void log(std::string_view /*line*/) {}
  // True once the user asked to stop; long loops check it and throw Error(Code::cancelled).
  virtual bool cancelled() const { return false; }
  static Progress& quiet();
};

// Closes the stage when it goes out of scope.
class Stage {
 public:
  Stage(Progress& progress, std::string_view name, uint64_t total) : progress_(progress) {
    progress_.begin(name, total);
  }
  ~Stage() { progress_.end(); }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  void advance(uint64_t done) { progress_.advance(done); }
  void check();  // throws Error(Code::cancelled) when cancelled

 private:
  Progress& progress_;
};

}  // namespace pare
