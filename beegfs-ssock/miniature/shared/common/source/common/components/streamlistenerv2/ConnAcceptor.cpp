#include "common/app/AbstractApp.h"
#include "common/components/streamlistenerv2/StreamListenerV2.h"
#include "ConnAcceptor.h"

#include <sys/epoll.h>

namespace
{
   constexpr int epollTimeoutMS = 500;
   constexpr int maxEvents = 8;

   /** Watches a listener: level-triggered, for the pointer to come back in the event. */
   bool watch(int epollFD, Pollable* listener)
   {
      struct epoll_event event = {};
      event.events = EPOLLIN;
      event.data.ptr = listener;
      return !::epoll_ctl(epollFD, EPOLL_CTL_ADD, listener->getFD(), &event);
   }
}

ConnAcceptor::ConnAcceptor(AbstractApp* app, NicAddressList& localNicList,
   unsigned short listenPort) : PThread("ConnAccept"), app(app), log("ConnAccept"),
   listenPort(listenPort)
{
   NetworkInterfaceCard::supportedCapabilities(&localNicList, &localNicCaps);

   epollFD = ::epoll_create1(EPOLL_CLOEXEC);
   if(epollFD == -1)
      throw ComponentInitException("Unable to create an epoll set: " + System::getErrString());

   if(!initSocks())
      throw ComponentInitException("Unable to listen on port " +
         StringTk::uintToStr(listenPort));
}

ConnAcceptor::~ConnAcceptor()
{
   join();
   ::close(epollFD);
   delete tcpListenSock;
   delete rdmaListenSock;
}

/** @return false if there should be one but can't */
bool ConnAcceptor::startRDMASocket()
{
   if(!localNicCaps.supportsRDMA)
      return true;

   try
   {
      rdmaListenSock = RDMASocket::create().release();
      rdmaListenSock->bind(listenPort);
      rdmaListenSock->listen();
      return watch(epollFD, rdmaListenSock);
   }
   catch(SocketException& e)
   {
      log.logErr(std::string("No RDMA listener: ") + e.what());
      SAFE_DELETE(rdmaListenSock);
      return false;
   }
}

bool ConnAcceptor::initSocks()
{
   auto cfg = app->getCommonConfig();

   if(!startRDMASocket())
      return false;

   try
   {
      tcpListenSock = AddrTk::newStreamSocket();
      tcpListenSock->setSoReuseAddr(true);
      if(cfg->getConnTCPRcvBufSize() > 0)
         tcpListenSock->setSoRcvBuf(cfg->getConnTCPRcvBufSize());
      if(!cfg->getConnTCPCongestion().empty())
         tcpListenSock->setTcpCongestion(cfg->getConnTCPCongestion()); // children inherit it

      tcpListenSock->bind(listenPort);
      tcpListenSock->listen();
   }
   catch(SocketException& e)
   {
      log.logErr(std::string("No TCP listener: ") + e.what());
      return false;
   }

   log.log(Log_NOTICE, "Listening for TCP connections: Port " + StringTk::uintToStr(listenPort));
   return watch(epollFD, tcpListenSock);
}

void ConnAcceptor::run()
{
   try
   {
      registerSignalHandler();
      listenLoop();
   }
   catch(std::exception& e)
   {
      app->handleComponentException(e);
   }
}

void ConnAcceptor::listenLoop()
{
   struct epoll_event events[maxEvents];

   while(!getSelfTerminate())
   {
      int epollRes = epoll_wait(epollFD, events, maxEvents, epollTimeoutMS);
      if(epollRes == -1 && errno != EINTR)
      {
         log.logErr("Unable to wait for connections: " + System::getErrString());
         return;
      }

      for(int i = 0; i < epollRes; i++)
      {
         auto currentPollable = static_cast<Pollable*>(events[i].data.ptr);

         if(currentPollable == rdmaListenSock)
            onIncomingRDMAConnection();
         else
            onIncomingTCPConnection();
      }
   }
}

void ConnAcceptor::onIncomingTCPConnection()
{
   try
   {
      auto accepted = static_cast<StandardSocket*>(AddrTk::accept(*tcpListenSock));
      accepted->setLowLatency();
      log.log(Log_DEBUG, "Accepted TCP connection from " + accepted->getPeername());
      handOver(accepted);
   }
   catch(SocketException& e)
   {
      log.logErr(std::string("Going on after an error of accept: ") + e.what());
   }
}

/** One wake-up may stand for several connections, or for none. */
void ConnAcceptor::onIncomingRDMAConnection()
{
   while(rdmaListenSock->checkDelayedEvents())
   {
      try
      {
         if(Socket* accepted = AddrTk::accept(*rdmaListenSock))
            handOver(accepted);
      }
      catch(SocketException& e)
      {
         log.logErr(std::string("Going on after an error of RDMA accept: ") + e.what());
      }
   }
}

void ConnAcceptor::handOver(Socket* sock)
{
   using Listener = StreamListenerV2;
   Listener::SockReturnPipeInfo info(Listener::SockPipeReturn_NEWCONN, sock);
   app->getStreamListenerByFD(sock->getFD())->getSockReturnFD()->write(&info, sizeof(info));
}
