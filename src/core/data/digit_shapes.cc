#include "core/data/digit_shapes.h"

#include <array>

namespace pare {
namespace {

// clang-format off
// 0: an oval begun at the top; one whose end overshoots its beginning; one left open
constexpr Point k0a[] = {{.55F, .02F}, {.22F, .15F}, {.05F, .5F}, {.2F, .87F}, {.52F, .98F}, {.82F, .82F}, {.95F, .48F}, {.8F, .14F}, {.53F, .02F}};
constexpr Point k0b[] = {{.7F, .08F}, {.35F, .06F}, {.08F, .38F}, {.12F, .78F}, {.42F, .98F}, {.78F, .84F}, {.93F, .45F}, {.78F, .1F}, {.45F, .04F}, {.3F, .12F}};
constexpr Point k0c[] = {{.4F, .05F}, {.1F, .32F}, {.08F, .72F}, {.38F, .97F}, {.75F, .86F}, {.92F, .5F}, {.82F, .16F}, {.52F, .04F}};
constexpr Stroke s0a[] = {k0a}, s0b[] = {k0b}, s0c[] = {k0c};
// 1: a line; with an upstroke; with a foot as well
constexpr Point k1a[] = {{.5F, 0}, {.49F, .5F}, {.5F, 1}};
constexpr Point k1b[] = {{.3F, .25F}, {.42F, .14F}, {.54F, 0}, {.54F, 0}, {.53F, .5F}, {.53F, 1}};
constexpr Point k1foot[] = {{.28F, 1}, {.52F, .99F}, {.78F, 1}};
constexpr Point k1c[] = {{.56F, 0}, {.52F, .3F}, {.48F, .65F}, {.42F, 1}};
constexpr Stroke s1a[] = {k1a}, s1b[] = {k1b}, s1c[] = {k1b, k1foot}, s1d[] = {k1c};
// 2: with a corner at the foot; with a loop there; round and low
constexpr Point k2a[] = {{.08F, .25F}, {.25F, .05F}, {.6F, .02F}, {.85F, .22F}, {.72F, .52F}, {.4F, .78F}, {.06F, .98F}, {.06F, .98F}, {.5F, .96F}, {.96F, .97F}};
constexpr Point k2b[] = {{.12F, .22F}, {.35F, .02F}, {.72F, .08F}, {.78F, .36F}, {.55F, .66F}, {.22F, .9F}, {.05F, .9F}, {.12F, .78F}, {.35F, .84F}, {.62F, .97F}, {.95F, .88F}};
constexpr Point k2c[] = {{.15F, .3F}, {.2F, .1F}, {.5F, 0}, {.8F, .15F}, {.75F, .45F}, {.45F, .72F}, {.1F, .95F}, {.1F, .95F}, {.4F, .9F}, {.7F, .96F}, {.98F, .92F}};
constexpr Stroke s2a[] = {k2a}, s2b[] = {k2b}, s2c[] = {k2c};
// 3: two bows that meet in a corner; with a small loop in the middle; with a flat top
constexpr Point k3a[] = {{.12F, .14F}, {.42F, 0}, {.78F, .12F}, {.75F, .36F}, {.38F, .47F}, {.38F, .47F}, {.8F, .58F}, {.88F, .8F}, {.55F, .99F}, {.08F, .88F}};
constexpr Point k3b[] = {{.15F, .1F}, {.5F, .01F}, {.8F, .17F}, {.62F, .42F}, {.38F, .5F}, {.42F, .42F}, {.75F, .54F}, {.86F, .78F}, {.55F, .98F}, {.1F, .9F}};
constexpr Point k3c[] = {{.1F, .04F}, {.5F, .04F}, {.85F, .03F}, {.85F, .03F}, {.62F, .24F}, {.42F, .42F}, {.42F, .42F}, {.78F, .5F}, {.9F, .75F}, {.6F, .98F}, {.1F, .9F}};
constexpr Stroke s3a[] = {k3a}, s3b[] = {k3b}, s3c[] = {k3c};
// 4: open, two strokes; closed, in one; open with a round corner and a long stem
constexpr Point k4a[] = {{.22F, .02F}, {.14F, .3F}, {.08F, .58F}, {.08F, .58F}, {.5F, .57F}, {.92F, .54F}};
constexpr Point k4stem[] = {{.75F, .05F}, {.72F, .5F}, {.68F, 1}};
constexpr Point k4b[] = {{.9F, .66F}, {.5F, .67F}, {.06F, .66F}, {.06F, .66F}, {.36F, .36F}, {.68F, .02F}, {.68F, .02F}, {.67F, .5F}, {.65F, 1}};
constexpr Point k4c[] = {{.18F, .0F}, {.08F, .32F}, {.2F, .52F}, {.55F, .5F}, {.82F, .4F}};
constexpr Point k4long[] = {{.85F, .0F}, {.8F, .45F}, {.74F, 1}};
constexpr Stroke s4a[] = {k4a, k4stem}, s4b[] = {k4b}, s4c[] = {k4c, k4long};
// 5: the bar last; everything in one stroke; nearly an S
constexpr Point k5a[] = {{.22F, .04F}, {.18F, .25F}, {.14F, .45F}, {.14F, .45F}, {.5F, .38F}, {.85F, .56F}, {.82F, .85F}, {.45F, .99F}, {.06F, .9F}};
constexpr Point k5bar[] = {{.22F, .05F}, {.55F, .04F}, {.9F, .02F}};
constexpr Point k5b[] = {{.88F, .03F}, {.55F, .04F}, {.25F, .05F}, {.25F, .05F}, {.2F, .25F}, {.16F, .44F}, {.16F, .44F}, {.55F, .4F}, {.86F, .62F}, {.7F, .92F}, {.3F, .98F}, {.06F, .88F}};
constexpr Point k5c[] = {{.9F, .08F}, {.6F, .03F}, {.3F, .08F}, {.2F, .3F}, {.4F, .46F}, {.7F, .56F}, {.82F, .76F}, {.55F, .97F}, {.08F, .93F}};
constexpr Stroke s5a[] = {k5a, k5bar}, s5b[] = {k5b}, s5c[] = {k5c};
// 6: a bow into a loop; a straight back; a small loop
constexpr Point k6a[] = {{.75F, .04F}, {.4F, .18F}, {.14F, .5F}, {.12F, .82F}, {.42F, .99F}, {.78F, .88F}, {.8F, .63F}, {.5F, .53F}, {.17F, .7F}};
constexpr Point k6b[] = {{.5F, 0}, {.3F, .32F}, {.16F, .66F}, {.28F, .94F}, {.62F, .97F}, {.82F, .76F}, {.62F, .56F}, {.3F, .64F}, {.18F, .8F}};
constexpr Point k6c[] = {{.85F, .06F}, {.5F, .08F}, {.2F, .36F}, {.12F, .72F}, {.36F, .98F}, {.66F, .93F}, {.7F, .7F}, {.44F, .6F}, {.2F, .76F}};
constexpr Stroke s6a[] = {k6a}, s6b[] = {k6b}, s6c[] = {k6c};
// 7: a bar and a slant; with a bar through it; a hook in front; round
constexpr Point k7a[] = {{.06F, .06F}, {.5F, .05F}, {.92F, .04F}, {.92F, .04F}, {.66F, .5F}, {.42F, 1}};
constexpr Point k7bar[] = {{.34F, .52F}, {.58F, .5F}, {.86F, .48F}};
constexpr Point k7b[] = {{.08F, .2F}, {.1F, .05F}, {.1F, .05F}, {.5F, .06F}, {.9F, .04F}, {.9F, .04F}, {.7F, .4F}, {.55F, .7F}, {.5F, 1}};
constexpr Point k7c[] = {{.05F, .12F}, {.4F, .04F}, {.82F, .05F}, {.8F, .3F}, {.6F, .65F}, {.45F, 1}};
constexpr Stroke s7a[] = {k7a}, s7b[] = {k7a, k7bar}, s7c[] = {k7b}, s7d[] = {k7c};
// 8: one crossing stroke from the top right; from the middle; two circles
constexpr Point k8a[] = {{.78F, .14F}, {.48F, .01F}, {.2F, .17F}, {.34F, .4F}, {.66F, .56F}, {.84F, .8F}, {.5F, .99F}, {.16F, .82F}, {.34F, .57F}, {.68F, .38F}, {.78F, .14F}};
constexpr Point k8b[] = {{.5F, .48F}, {.22F, .28F}, {.38F, .04F}, {.7F, .08F}, {.74F, .32F}, {.48F, .5F}, {.2F, .72F}, {.34F, .96F}, {.7F, .95F}, {.82F, .72F}, {.52F, .49F}};
constexpr Point k8top[] = {{.5F, .46F}, {.22F, .3F}, {.3F, .06F}, {.65F, .03F}, {.78F, .25F}, {.52F, .46F}};
constexpr Point k8low[] = {{.5F, .46F}, {.18F, .66F}, {.22F, .92F}, {.55F, .99F}, {.85F, .85F}, {.78F, .58F}, {.5F, .46F}};
constexpr Stroke s8a[] = {k8a}, s8b[] = {k8b}, s8c[] = {k8top, k8low};
// 9: a loop and a straight stem; a bent one; drawn from the top
constexpr Point k9a[] = {{.78F, .12F}, {.45F, .02F}, {.15F, .2F}, {.18F, .43F}, {.48F, .5F}, {.75F, .32F}, {.8F, .08F}, {.8F, .08F}, {.77F, .5F}, {.72F, 1}};
constexpr Point k9b[] = {{.8F, .2F}, {.5F, .01F}, {.18F, .16F}, {.2F, .42F}, {.52F, .5F}, {.8F, .25F}, {.83F, .5F}, {.7F, .86F}, {.4F, .99F}, {.12F, .92F}};
constexpr Point k9c[] = {{.7F, .06F}, {.38F, .04F}, {.14F, .28F}, {.34F, .5F}, {.66F, .4F}, {.76F, .1F}, {.72F, .45F}, {.58F, .75F}, {.48F, 1}};
constexpr Stroke s9a[] = {k9a}, s9b[] = {k9b}, s9c[] = {k9c};

constexpr DigitStyle kStyles0[] = {{s0a}, {s0b}, {s0c}}, kStyles1[] = {{s1a}, {s1b}, {s1c}, {s1d}}, kStyles2[] = {{s2a}, {s2b}, {s2c}},
                     kStyles3[] = {{s3a}, {s3b}, {s3c}}, kStyles4[] = {{s4a}, {s4b}, {s4c}}, kStyles5[] = {{s5a}, {s5b}, {s5c}},
                     kStyles6[] = {{s6a}, {s6b}, {s6c}}, kStyles7[] = {{s7a}, {s7b}, {s7c}, {s7d}}, kStyles8[] = {{s8a}, {s8b}, {s8c}},
                     kStyles9[] = {{s9a}, {s9b}, {s9c}};
constexpr std::array<std::span<const DigitStyle>, 10> kDigits = {kStyles0, kStyles1, kStyles2, kStyles3, kStyles4,
                                                                 kStyles5, kStyles6, kStyles7, kStyles8, kStyles9};
// clang-format on

}  // namespace

std::span<const DigitStyle> digit_styles(int digit) { return kDigits[static_cast<size_t>(digit)]; }

}  // namespace pare
