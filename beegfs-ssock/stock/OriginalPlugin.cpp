#include "OriginalPlugin.h"

#include "PluginFolder.h"

#include <dlfcn.h>

#define ORIGINAL_LIBRARY "libbeegfs_ib.original.so"
#define ORIGINAL_SYMBOL "beegfs_socket_impl"

/**
 * Loads the library with the first call.
 *
 * @return NULL if there is none, or the InfiniBand libraries that it needs are missing; then this
 * machine has no InfiniBand, as it would be without this plugin.
 */
const OriginalPlugin* OriginalPlugin::get()
{
   static OriginalPlugin instance;
   static const bool isLoaded = instance.load();

   return isLoaded ? &instance : NULL;
}

bool OriginalPlugin::load()
{
   const std::string path = pluginFolder() + "/" ORIGINAL_LIBRARY;

   // stays loaded: its sockets may be used until the process is gone
   void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_NODELETE);
   if(!handle)
      return false;

   callbacks = (RDMASocket::ImplCallbacks*)dlsym(handle, ORIGINAL_SYMBOL);
   return callbacks != NULL;
}
