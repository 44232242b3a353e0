#include "train/evaluation.h"

#include <fmt/format.h>

namespace pare {
namespace {

bool has_classes(const Evaluation& e) { return e.task != Evaluation::Task::values; }
bool has_maps(const Evaluation& e) { return e.task == Evaluation::Task::class_maps; }

constexpr FigureDef kFigures[] = {
    {"top1", "share of samples whose likeliest class is the true one; of pixels, for class maps (pixel accuracy)", true,
     has_classes, [](const Evaluation& e) { return e.top1; }},
    {"top5", "share of samples whose true class is among the five likeliest", true,
     [](const Evaluation& e) { return e.task == Evaluation::Task::classes; },
     [](const Evaluation& e) { return e.top5; }},
    {"mean_iou", "class maps: intersection over union of answer and truth, mean of the classes that occur", true,
     has_maps, [](const Evaluation& e) { return e.mean_iou; }},
    {"mse", "mean squared error of values", false, [](const Evaluation& e) { return !has_classes(e); },
     [](const Evaluation& e) { return e.loss; }},
    {"loss", "mean cross entropy of classes, mean squared error of values", false,
     [](const Evaluation&) { return true; }, [](const Evaluation& e) { return e.loss; }},
};

}  // namespace

std::span<const FigureDef> figure_list() { return kFigures; }

std::string figures_text(const Evaluation& e) {
  if (!has_classes(e)) return fmt::format("mean squared error {:.6g}", e.loss);
  if (has_maps(e)) return fmt::format("pixel accuracy {:.2f} %, mean IoU {:.2f} %", 100 * e.top1, 100 * e.mean_iou);
  return fmt::format("top-1 {:.2f} %", 100 * e.top1);
}

}  // namespace pare
