// Which of the processes of one run this one is. There is one, unless the environment says otherwise: the variables
// that torchrun and `pare launch` set, or those of Slurm's srun.
#pragma once

#include <functional>
#include <string>

namespace pare {

struct World {
  int rank = 0, size = 1;              // all of them; rank 0 is the main process, which alone writes and prints
  int local_rank = 0, local_size = 1;  // among those on this machine; local_size 1 where that is not known
  std::string address;                 // where the main process waits for the others
  int port = 0;
  bool has_server = false;  // somebody else keeps the port already (the agent of torchrun)
  std::string attempt;      // tells apart the runs that meet at such a server

  bool several() const { return size > 1; }
  bool is_main() const { return rank == 0; }
};

// Error(invalid) names the variable that is missing or makes no sense.
World world_from(const std::function<const char*(const char*)>& variable);
World world_from_environment();

// Of this process: one of one until main() says otherwise, before there is a second thread.
const World& world();
void set_world(World world);
inline bool is_main() { return world().is_main(); }

}  // namespace pare
