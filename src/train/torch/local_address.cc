#include "train/torch/local_address.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.h"

namespace pare::engine {
namespace {

// Connecting a datagram socket sends nothing: it only asks which way packets would go. "" when there is none.
std::string address_used_for(const addrinfo& target) {
  const int fd = ::socket(target.ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return "";
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  auto* address = reinterpret_cast<sockaddr*>(&own);
  char text[NI_MAXHOST] = "";
  const bool found = ::connect(fd, target.ai_addr, target.ai_addrlen) == 0 && ::getsockname(fd, address, &size) == 0 &&
                     ::getnameinfo(address, size, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0;
  ::close(fd);
  return found ? text : "";
}

}  // namespace

std::string local_address_towards(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (error != 0) fail(Code::io, "cannot resolve '{}': {}", host, ::gai_strerror(error));
  std::string own;
  for (const addrinfo* target = list; target && own.empty(); target = target->ai_next) own = address_used_for(*target);
  ::freeaddrinfo(list);
  if (own.empty()) fail(Code::io, "this machine has no way to '{}': {}", host, std::strerror(errno));
  return own;
}

}  // namespace pare::engine
