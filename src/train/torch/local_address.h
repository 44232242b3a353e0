// Which of this machine's addresses others see.
#pragma once

#include <string>

namespace pare::engine {

// The numeric address of the interface by which `host` is reached. Error(io) when there is no way.
std::string local_address_towards(const std::string& host, int port);

}  // namespace pare::engine
