#include "NtbSettings.h"
#include "NtbSocket.h"

#include <common/app/config/InvalidConfigException.h>
#include <common/app/config/ICommonConfig.h>
#include <common/app/config/NtbConfig.h>
#include <common/app/log/LogContext.h>
#include <common/toolkit/Time.h>

#include <atomic>
#include <dlfcn.h>
#include <mutex>
#include <signal.h>

#define NTB_LIBRARY "libbeegfs_ntb.so"
#define NTB_IMPL_SYMBOL "beegfs_ntb_impl"
#define NTB_EMULATOR_NAME "emulator"
#define NTB_EMULATOR_PATH "sisci-emu/libsisci.so" // from the folder of NTB_LIBRARY

namespace {

enum LoaderState
{
   Loader_NEW,
   Loader_STARTED,
   Loader_RETRY, // failed, but may work later
   Loader_OFF // failed for good
};

std::mutex loaderMutex; // protects the following variables
LoaderState loaderState = Loader_NEW;
NtbSocket::ImplCallbacks* loadedImpl = NULL;
Time* lastStart = NULL; // allocated on first use: nothing here may run before main()
std::string* lastError = NULL; // likewise; the last reason for a failure

std::atomic<NtbSocket::ImplCallbacks*> startedImpl(NULL); // set once, when everything works

/**
 * Loads the library of this transport. It stays loaded until the process is gone, because it has
 * threads of its own.
 */
bool loadImpl(std::string* outError)
{
   if(loadedImpl)
      return true;

   void* handle = dlopen(NTB_LIBRARY, RTLD_NOW | RTLD_NODELETE);
   if(!handle)
   {
      *outError = dlerror();
      if(outError->find("No such file") != std::string::npos)
         *outError += "; or it is made for another processor, of which the system says the same";

      return false;
   }

   auto* impl = (NtbSocket::ImplCallbacks*)dlsym(handle, NTB_IMPL_SYMBOL);
   if(!impl)
   {
      *outError = NTB_LIBRARY " has no symbol " NTB_IMPL_SYMBOL;
      return false;
   }

   if( (impl->abiVersion != NTB_SOCKET_ABI_VERSION) ||
      (impl->settingsSize != sizeof(NtbSocket::Settings) ) )
   {
      *outError = NTB_LIBRARY " was built for another version of BeeGFS";
      return false;
   }

   loadedImpl = impl;
   return true;
}

/**
 * The emulator lies beside the library that was loaded, wherever that is.
 */
std::string libraryToLoad(const std::string& configured)
{
   if(configured != NTB_EMULATOR_NAME)
      return configured;

   Dl_info info;
   std::string folder = ".";
   if(dladdr(loadedImpl, &info) && info.dli_fname)
   {
      const std::string path = info.dli_fname;
      const size_t slash = path.rfind('/');
      if(slash != std::string::npos)
         folder = path.substr(0, slash);
   }

   return folder + "/" NTB_EMULATOR_PATH;
}

int startImpl(const ICommonConfig* cfg, const NtbConfig& ntb, std::string* outError)
{
   const std::string library = libraryToLoad(ntb.library);

   const NtbSocket::Settings settings = ntbSettings(ntb, library, cfg->getConnAuthHash() );

   // the SISCI library may start threads, which must not take the daemon's signals
   sigset_t all, before;
   sigfillset(&all);
   pthread_sigmask(SIG_SETMASK, &all, &before);

   const int result = loadedImpl->start(&settings, outError);

   pthread_sigmask(SIG_SETMASK, &before, NULL);
   return result;
}

/**
 * One attempt; to be called with loaderMutex held.
 */
LoaderState tryStart(const ICommonConfig* cfg, std::string* outError, bool* outFatal)
{
   const NtbConfig& ntb = cfg->getNtbConfig();
   std::string reason;

   try
   {
      ntb.checkLimits();
   }
   catch(InvalidConfigException& e)
   {
      *outFatal = true;
      *outError = e.what();
      return Loader_OFF;
   }

   if(!loadImpl(&reason) )
   {
      // connNTBLibrary names another library, but asks for what this one does
      *outFatal = !ntb.library.empty();
      *outError = (*outFatal
         ? "NTB can't be used as connNTBLibrary asks, because the transport can't be loaded: "
         : "NTB is not used, because the transport can't be loaded: ") + reason;
      return Loader_OFF;
   }

   const int result = startImpl(cfg, ntb, &reason);

   if(result == NtbSocket::Start_OK)
      return Loader_STARTED;

   if(result == NtbSocket::Start_FAILED)
   {
      *outError = "NTB can't be used now: " + reason + ". Trying again every " +
         std::to_string(ntb.retrySecs) + " seconds.";
      return Loader_RETRY;
   }

   if(result == NtbSocket::Start_BADSETTING)
   {
      *outFatal = true;
      *outError = "NTB can't be used with this configuration: " + reason;
      return Loader_OFF;
   }

   // a library that was asked for by name must be there
   *outFatal = !ntb.library.empty();
   *outError = *outFatal
      ? NtbConfig::describeBadValue("connNTBLibrary", ntb.library, "a library that can be loaded "
         "(" + reason + ")")
      : "NTB is not used: " + reason;
   return Loader_OFF;
}

} // namespace

/**
 * Makes sure that the transport is running in this process. Cheap after the first call. Must not be
 * called before the process has become a daemon, because it starts threads.
 *
 * @param outError set if an attempt fails for another reason than the one before, and left alone
 * otherwise.
 * @param outFatal set to true if a configured library can't be loaded, or a setting can't be used.
 * @return false if NTB can't be used (now).
 */
bool NtbSocket::start(const ICommonConfig* cfg, std::string* outError, bool* outFatal)
{
   if(startedImpl)
      return true;

   const NtbConfig& ntb = cfg->getNtbConfig();
   if(!ntb.useNTB)
      return false;

   const std::lock_guard<std::mutex> lock(loaderMutex);

   if(startedImpl)
      return true;

   if(loaderState == Loader_OFF)
      return false;

   if( (loaderState == Loader_RETRY) && (lastStart->elapsedMS() < ntb.retrySecs * 1000) )
      return false;

   if(!lastStart)
   {
      lastStart = new Time();
      lastError = new std::string();
   }

   std::string error;
   loaderState = tryStart(cfg, &error, outFatal);
   lastStart->setToNow();

   if(loaderState != Loader_STARTED)
   {
      if(error != *lastError)
         *outError = error;

      *lastError = error;
      return false;
   }

   startedImpl = loadedImpl;
   return true;
}

/**
 * start() for a daemon that has no NTB listener: it may live without NTB, but not with a library
 * or file that its configuration names and that can't be used.
 *
 * @throw InvalidConfigException names key and value.
 */
void NtbSocket::startOrThrow(const ICommonConfig* cfg)
{
   std::string error;
   bool isFatal = false;
   start(cfg, &error, &isFatal);

   if(isFatal)
      throw InvalidConfigException(error);

   if(!error.empty() )
      LogContext("NTB").log(Log_NOTICE, error);
}

/**
 * @return NULL if the transport is not started.
 * @throw SocketException
 */
std::unique_ptr<NtbSocket> NtbSocket::create()
{
   ImplCallbacks* impl = startedImpl;

   return std::unique_ptr<NtbSocket>(impl ? impl->create() : NULL);
}

/**
 * Asks for the way to a peer that is on TCP. Never waits: if nothing is known, or if the peer could
 * not be reached and the pause is over, it is tried in the background, and a later call has the
 * answer.
 *
 * @return true if connecting over NTB is worth trying.
 */
bool NtbSocket::isReachable(const PeerAddr& peer)
{
   ImplCallbacks* impl = startedImpl;

   return impl && impl->isReachable(&peer);
}
