#include "DaemonCheck.h"

#include "MultiSocket.h"

#include <algorithm>
#include <cstring>
#include <dlfcn.h>
#include <link.h>

#ifndef STOCK_PLUGIN_RELEASE
   #error STOCK_PLUGIN_RELEASE must be the BeeGFS release, as a string
#endif

/**
 * What the installer reads, without running anything, to find the plugin for a daemon.
 */
extern "C" {

extern const char beegfs_ntb_stock_plugin[];

#ifdef BEEGFS_NVFS
const char beegfs_ntb_stock_plugin[] = STOCK_PLUGIN_RELEASE " nvfs";
#else
const char beegfs_ntb_stock_plugin[] = STOCK_PLUGIN_RELEASE " plain";
#endif

}

namespace {

// a daemon's class with the same virtual functions as ours
#define DAEMON_CLASS "14StandardSocket"
#define DAEMON_VTABLE "_ZTV" DAEMON_CLASS

const unsigned VTABLE_HEADER = 2; // offset and type come first
const unsigned NUM_DESTRUCTORS = 2; // compilers name them at will

#ifdef BEEGFS_NVFS
const unsigned NUM_FUNCTIONS = 14; // of Socket: getFD() and the following
#else
const unsigned NUM_FUNCTIONS = 12;
#endif

/**
 * Whether the daemon holds the release's name: its log and help texts print it.
 */
bool hasReleaseName()
{
   const auto search = [](struct dl_phdr_info* info, size_t, void*) -> int
   {
      const char name[] = STOCK_PLUGIN_RELEASE; // with the zero at its end

      for(int i = 0; i < info->dlpi_phnum; i++)
      {
         const ElfW(Phdr)& part = info->dlpi_phdr[i];
         const bool isConstant = (part.p_type == PT_LOAD) && (part.p_flags & PF_R) &&
            !(part.p_flags & PF_W);

         if(isConstant && memmem( (const void*)(info->dlpi_addr + part.p_vaddr), part.p_filesz,
            name, sizeof(name) ) )
            return 1;
      }

      return -1; // the program itself comes first; the libraries don't matter
   };

   return dl_iterate_phdr(search, NULL) > 0;
}

/**
 * From the symbol of a method to the symbol of the daemon's method with the same name and arguments.
 */
std::string symbolOfDaemon(const char* symbol)
{
   const char* const starts[] = {"_ZNK", "_ZN"};

   for(const char* start : starts)
   {
      const size_t length = strlen(start);
      if(strncmp(symbol, start, length) )
         continue;

      char* afterNumber;
      const unsigned long nameLength = strtoul(symbol + length, &afterNumber, 10);
      if(nameLength && (strlen(afterNumber) > nameLength) )
         return std::string(start) + DAEMON_CLASS + (afterNumber + nameLength);
   }

   return "";
}

/**
 * Whether the daemon calls the same functions at the same places of an object's table.
 */
bool hasSameFunctions(const Socket& ours)
{
   auto daemonTable = (void* const*)dlsym(RTLD_DEFAULT, DAEMON_VTABLE);
   if(!daemonTable)
      return false;

   void* const* theirs = daemonTable + VTABLE_HEADER + NUM_DESTRUCTORS;
   void* const* own = *(void* const* const*)&ours + NUM_DESTRUCTORS;

   for(unsigned i = 0; i < NUM_FUNCTIONS; i++)
   {
      Dl_info info;
      if(!dladdr(own[i], &info) || !info.dli_sname)
         return false;

      const std::string name = symbolOfDaemon(info.dli_sname);
      if(name.empty() || (dlsym(RTLD_DEFAULT, name.c_str() ) != theirs[i]) )
         return false;
   }

   return true;
}

/**
 * To look at members of the base class.
 */
class Probe : public MultiSocket
{
   public:
      bool hasMembersInPlace(const void* dummyStats) const
      {
         return (stats == dummyStats) && peername.empty();
      }
};

/**
 * Whether the daemon's constructor of the base class puts members where this plugin looks for them,
 * and nothing behind them.
 */
bool hasSameMembers()
{
   typedef void (*Method)(void*);

   const void* dummyStats = dlsym(RTLD_DEFAULT, "_ZN6Socket10dummyStatsE");
   auto construct = (Method)dlsym(RTLD_DEFAULT, "_ZN6SocketC2Ev");
   auto destroy = (Method)dlsym(RTLD_DEFAULT, "_ZN6SocketD2Ev");
   if(!dummyStats || !construct || !destroy)
      return false;

   const unsigned char unused = 0xa5;
   const size_t spare = 4096;
   alignas(Probe) unsigned char memory[sizeof(Probe) + spare];
   memset(memory, unused, sizeof(memory) );
   construct(memory);

   const bool isUnused = std::all_of(memory + sizeof(Socket), std::end(memory),
      [&](unsigned char byte) { return byte == unused; });

   if(!isUnused || !( (const Probe*)memory)->hasMembersInPlace(dummyStats) )
      return false; // and what it would destroy isn't known

   destroy(memory);
   return true;
}

} // namespace

std::string whyDaemonDoesNotFit()
{
   if(!hasReleaseName() )
      return "it was built for BeeGFS " STOCK_PLUGIN_RELEASE ", and this is another release";

   if(!hasSameMembers() || !hasSameFunctions(MultiSocket(NULL, NULL) ) )
      return std::string("this daemon's classes differ from those it was built for (") +
         beegfs_ntb_stock_plugin + ")";

   return "";
}
