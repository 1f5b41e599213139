#pragma once

#include <common/net/sock/RDMASocket.h>

/**
 * The InfiniBand library of the installed packages. This plugin has taken its name, so it lies
 * beside this plugin under another one.
 */
class OriginalPlugin
{
   public:
      static const OriginalPlugin* get();

      bool devicesExist() const
      {
         return callbacks->rdma_devices_exist();
      }

      void forkInitOnce() const
      {
         callbacks->rdma_fork_init_once();
      }

      std::unique_ptr<RDMASocket> create() const
      {
         return std::unique_ptr<RDMASocket>(callbacks->rdma_socket_create() );
      }

   private:
      RDMASocket::ImplCallbacks* callbacks = NULL;

      bool load();
};
