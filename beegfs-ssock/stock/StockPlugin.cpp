#include "DaemonCheck.h"
#include "MultiSocket.h"
#include "OriginalPlugin.h"
#include "PluginFolder.h"
#include "StockSettings.h"

#include <common/app/AbstractApp.h>
#include <common/app/log/LogContext.h>
#include <common/app/config/InvalidConfigException.h>
#include <common/net/sock/NtbSettings.h>

#include <dlfcn.h>
#include <mutex>
#include <signal.h>
#include <syslog.h>
#include <unistd.h>

/*
 * The plugin that an unpatched daemon takes for its InfiniBand library: the object that it asks for,
 * and when the transport is started.
 *
 * A daemon loads this before main() and before it forks, so nothing here may run at load time.
 */

#define EMULATOR_NAME "emulator"
#define EMULATOR_PATH "/sisci-emu/libsisci.so"

std::string pluginFolder()
{
   Dl_info info;
   if(!dladdr( (const void*)&pluginFolder, &info) || !info.dli_fname)
      return ".";

   const std::string path = info.dli_fname;
   const size_t slash = path.rfind('/');
   return (slash == std::string::npos) ? "." : path.substr(0, slash);
}

namespace {

enum State
{
   State_NEW,
   State_REFUSED, // built for another daemon: InfiniBand only, as if this plugin weren't there
   State_OFF, // not wanted, or it can't work
   State_RETRY, // doesn't work now
   State_STARTED
};

std::mutex stateMutex; // protects the following variables
State state = State_NEW;
NtbConfig* config = NULL; // once it has been read
pid_t startedBy = 0; // the process that has the transport's threads
time_t lastStart = 0;
std::string* lastReason = NULL; // that was logged; nothing here may run at load time

time_t now()
{
   struct timespec time = {};
   clock_gettime(CLOCK_MONOTONIC, &time);
   return time.tv_sec;
}

/**
 * The daemon's own log can't be trusted yet.
 */
State refuse(const std::string& reason)
{
   const std::string text = "beegfs-ntb: the plugin for unpatched daemons is not used: " + reason;

   std::cerr << text << std::endl;
   syslog(LOG_DAEMON | LOG_ERR, "%s", text.c_str() );
   return State_REFUSED;
}

/**
 * @param authHash of the running daemon's own configuration
 */
int startTransport(const NtbConfig& ntb, uint64_t authHash, std::string* outError)
{
   const std::string library = (ntb.library == EMULATOR_NAME)
      ? pluginFolder() + EMULATOR_PATH
      : ntb.library;

   const NtbSocket::Settings settings = ntbSettings(ntb, library, authHash);

   // the SISCI library may start threads, which must not take the daemon's signals
   sigset_t all, before;
   sigfillset(&all);
   pthread_sigmask(SIG_SETMASK, &all, &before);

   const int result = beegfs_ntb_impl.start(&settings, outError);

   pthread_sigmask(SIG_SETMASK, &before, NULL);
   return result;
}

State tryStart(AbstractApp* app)
{
   LogContext log("NTB");
   std::string reason;

   switch(startTransport(*config, app->getCommonConfig()->getConnAuthHash(), &reason) )
   {
      case NtbSocket::Start_OK:
      {
         log.log(Log_NOTICE, std::string("NTB is used in place of RDMA (plugin for BeeGFS ") +
            STOCK_PLUGIN_RELEASE + ")");
         startedBy = getpid();
         return State_STARTED;
      }

      case NtbSocket::Start_NOLIBRARY:
      {
         const bool isWanted = !config->library.empty();
         log.log(isWanted ? Log_ERR : Log_NOTICE, "NTB is not used: " + reason);
         return State_OFF;
      }

      case NtbSocket::Start_BADSETTING:
      {
         log.log(Log_ERR, "NTB can't be used with this configuration: " + reason);
         return State_OFF;
      }

      default:
      {
         if(!lastReason || (*lastReason != reason) )
            log.log(Log_NOTICE, "NTB can't be used now: " + reason + ". Trying again every " +
               std::to_string(config->retrySecs) + " seconds.");

         delete lastReason;
         lastReason = new std::string(reason);
         return State_RETRY;
      }
   }
}

State firstStart()
{
   const std::string mismatch = whyDaemonDoesNotFit();
   if(!mismatch.empty() )
      return refuse(mismatch);

   AbstractApp* app = PThread::getCurrentThreadApp();
   if(!app)
      return State_NEW; // a thread that doesn't belong to the daemon; another one will ask

   try
   {
      config = new NtbConfig(readStockSettings() );
   }
   catch(InvalidConfigException& e)
   {
      LogContext("NTB").log(Log_ERR, std::string("NTB is not used: ") + e.what() );
      return State_OFF;
   }

   return config->useNTB ? tryStart(app) : State_OFF;
}

/**
 * A daemon that looks for its interfaces before it goes to the background leaves the transport's threads
 * behind in the process that ends. Memory and adapter are that process's as well: there is no new start.
 */
State afterFork()
{
   LogContext("NTB").log(Log_WARNING, "NTB is not used: this daemon asked for it before it went to "
      "the background. Set runDaemonized=false and let the system's service manager do that.");
   return State_OFF;
}

/**
 * Starts the transport if that is due. The answer only ever changes from false to true, because the
 * daemon drops all its connections when its interfaces change; except in a child of the process that
 * has started it.
 */
bool isStarted()
{
   const std::lock_guard<std::mutex> lock(stateMutex);

   if( (state == State_STARTED) && (startedBy != getpid() ) )
      state = afterFork();

   const bool isDue = (state == State_NEW) ||
      ( (state == State_RETRY) && (now() - lastStart >= time_t(config->retrySecs) ) );

   if(isDue)
   {
      lastStart = now();
      if(state == State_NEW)
         state = firstStart();
      else
      if(AbstractApp* app = PThread::getCurrentThreadApp() )
         state = tryStart(app);
   }

   return state == State_STARTED;
}

bool devicesExist()
{
   const OriginalPlugin* original = OriginalPlugin::get();

   return isStarted() || (original && original->devicesExist() );
}

void forkInitOnce()
{
   if(const OriginalPlugin* original = OriginalPlugin::get() )
      original->forkInitOnce();
}

/**
 * How sockets use NTB, also if it may only come later.
 *
 * @return NULL if it won't
 */
const NtbWay* ntbWay()
{
   static NtbWay way = {};

   isStarted();

   const std::lock_guard<std::mutex> lock(stateMutex);
   if( (state != State_STARTED) && (state != State_RETRY) )
      return NULL;

   if(!way.isRunning)
      way = {(unsigned short)config->portShift, config->retrySecs, isStarted};

   return &way;
}

RDMASocket* createSocket()
{
   const OriginalPlugin* original = OriginalPlugin::get();

   if(const NtbWay* way = ntbWay() )
      return new MultiSocket(way, original);

   if(original)
      return original->create().release();

   return new MultiSocket(NULL, NULL);
}

} // namespace

extern "C" {

__attribute__((visibility("default") ) )
RDMASocket::ImplCallbacks beegfs_socket_impl =
{
   devicesExist,
   forkInitOnce,
   createSocket,
};

}
