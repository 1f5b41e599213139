#include "common/net/message/control/AuthenticateChannelMsg.h"
#include "common/net/message/control/SetChannelDirectMsg.h"
#include "common/net/message/debug/GenericDebugMsg.h"
#include "common/net/message/stream/StreamEchoMsg.h"
#include "common/net/message/stream/StreamReadMsg.h"
#include "common/net/message/stream/StreamWriteMsg.h"
#include "common/net/sock/AddrTk.h"
#include "DaemonApp.h"
#include "NetFilterTk.h"

#include <csignal>

#include <sys/prctl.h>

namespace
{
   sigset_t stopSignals()
   {
      sigset_t set;
      sigemptyset(&set);
      sigaddset(&set, SIGINT);
      sigaddset(&set, SIGTERM);
      return set;
   }
}

std::unique_ptr<NetMessage> NetMessageFactory::createFromMsgType(uint16_t msgType) const
{
   switch(msgType)
   {
      case NETMSGTYPE_AuthenticateChannel: return std::make_unique<AuthenticateChannelMsg>();
      case NETMSGTYPE_SetChannelDirect: return std::make_unique<SetChannelDirectMsg>();
      case NETMSGTYPE_GenericDebug: return std::make_unique<GenericDebugMsg>();
      case NETMSGTYPE_StreamEcho: return std::make_unique<StreamEchoMsg>();
      case NETMSGTYPE_StreamWrite: return std::make_unique<StreamWriteMsg>();
      case NETMSGTYPE_StreamRead: return std::make_unique<StreamReadMsg>();
      default: return nullptr;
   }
}

DaemonApp::DaemonApp(NodeType daemonType, std::unique_ptr<AbstractConfig> config) :
   daemonType(daemonType), config(std::move(config)), log("App") {}

DaemonApp::~DaemonApp() = default;

int DaemonApp::runNormal()
{
   // blocked before the first thread starts, so that all inherit it and only waitForStop() sees them
   const sigset_t signals = stopSignals();
   pthread_sigmask(SIG_BLOCK, &signals, nullptr);
   registerSignalHandler();

   try
   {
      endWithParent();
      initNetwork();
      initServers();
      startComponents();
      onStarted();
   }
   catch(std::exception& e)
   {
      fprintf(stderr, "%s\n", e.what());
      log.logErr(e.what());
      requestStop(Result_CONFIG);
   }

   waitForStop();
   stopComponents();
   return result;
}

/** A test or demonstration that is killed leaves no daemon behind. */
void DaemonApp::endWithParent()
{
   const pid_t parent = config->getEndWithParent();
   if(!parent)
      return;

   ::prctl(PR_SET_PDEATHSIG, SIGKILL);
   if(::getppid() != parent)
      throw ComponentInitException("The parent process has ended already");
}

void DaemonApp::initNetwork()
{
   AddrTk::chooseFamily(*config);

   StringList interfaces;
   StringTk::explode(config->getConnInterfacesList(), ',', &interfaces);

   if(!NetworkInterfaceCard::findAllInterfaces(interfaces, localNicList) || localNicList.empty())
      throw ComponentInitException("No usable network interface");

   logUsableNICs(&log, localNicList);
   netFilter = NetFilterTk::load(config->getConnNetFilterFile());
   tcpOnlyFilter = NetFilterTk::load(config->getConnTcpOnlyFilterFile());
}

void DaemonApp::startComponents()
{
   streamListener = std::make_unique<StreamListenerV2>("StreamLis", this, &workQueue);
   connAcceptor = std::make_unique<ConnAcceptor>(this, localNicList,
      (unsigned short)config->getStreamPort(daemonType));
   if(config->getConnClassicPort())
      classicListener = std::make_unique<StreamListener>(&workQueue,
         (unsigned short)config->getConnClassicPort());

   for(unsigned i = 1; i <= config->getTuneNumWorkers(); i++)
   {
      workers.push_back(std::make_unique<Worker>("Worker" + StringTk::uintToStr(i), &workQueue,
         config->getTuneWorkerBufSize()));
      workers.back()->start();
   }

   streamListener->start();
   connAcceptor->start();
   if(classicListener)
      classicListener->start();
}

/** A signal is a wish, not an error. */
void DaemonApp::waitForStop()
{
   const sigset_t signals = stopSignals();
   const timespec pause = {0, 50 * 1000 * 1000};

   while(result == -1)
      if(sigtimedwait(&signals, nullptr, &pause) > 0)
         requestStop(Result_OK);
}

void DaemonApp::requestStop(Result reason)
{
   int goOn = -1;
   result.compare_exchange_strong(goOn, reason);
}

/** Workers last: they serve what the listeners queued. */
void DaemonApp::stopComponents()
{
   for(PThread* component : {static_cast<PThread*>(connAcceptor.get()),
      static_cast<PThread*>(streamListener.get()), static_cast<PThread*>(classicListener.get())})
      if(component)
         component->selfTerminate();

   for(auto& worker : workers)
      worker->selfTerminate();

   connAcceptor.reset();
   workers.clear(); // they give connections back to the listeners
   streamListener.reset();
   classicListener.reset();
}

void DaemonApp::handleComponentException(std::exception& e)
{
   log.logErr(PThread::getCurrentThreadName() + " failed: " + e.what());
   requestStop(Result_RUNTIME);
}

int daemonMain(int argc, char** argv,
   const std::function<std::unique_ptr<DaemonApp>(int, char**)>& make)
{
   try
   {
      const auto app = make(argc, argv);
      auto cfg = app->getCommonConfig();
      Logger::createLogger(cfg->getLogLevel(), cfg->getLogStdFile());
      LOG(GENERAL, NOTICE, "Version: " BEEGFS_VERSION);

      return app->runNormal();
   }
   catch(std::exception& e)
   {
      fprintf(stderr, "%s\n", e.what());
      return DaemonApp::Result_CONFIG;
   }
}
