// Arrays as NumPy writes them: .npy files (numpy.lib.format, versions 1 to 3), and .npz, which are ZIP archives of
// them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>

#include "format/tensor.h"

namespace pare {

// A whole .npy file in memory. Little-endian numbers and bytes; Fortran order is turned into C order. `name` is used in
// messages. Error(corrupt) on damage, Error(unsupported) for other types, Error(invalid) naming the place of a NaN or
// infinity.
Tensor parse_npy(std::span<const std::byte> bytes, const std::string& name);

// The arrays NAME.npy of a .npz file for which `wanted` says so, by NAME. `name` is that of the archive. Memory is
// bounded by what the file can hold.
std::map<std::string, Tensor> parse_npz(std::span<const std::byte> bytes, const std::string& name,
                                        const std::function<bool(const std::string& name)>& wanted);

}  // namespace pare
