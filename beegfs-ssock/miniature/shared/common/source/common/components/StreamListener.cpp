#include "common/app/AbstractApp.h"
#include "common/components/worker/IncomingDataWork.h"
#include "StreamListener.h"

#include <sys/epoll.h>

namespace
{
   constexpr int maxEvents = 512;
   constexpr int epollTimeoutMS = 500;
   constexpr unsigned idleCheckIntervalMS = 150 * 60 * 1000;
}

StreamListener::StreamListener(MultiWorkQueue* workQueue, unsigned short listenPort) :
   PThread("StreamLis"), log("StreamLis"), workQueue(workQueue),
   tcpListenSock(AddrTk::newStreamSocket()), sockReturnPipe(false, true),
   epollFD(::epoll_create1(EPOLL_CLOEXEC))
{
   tcpListenSock->setSoReuseAddr(true);
   tcpListenSock->bind(listenPort);
   tcpListenSock->listen();

   if(!watch(EPOLL_CTL_ADD, tcpListenSock.get(), EPOLLIN) ||
      !watch(EPOLL_CTL_ADD, sockReturnPipe.getReadFD(), EPOLLIN) )
      throw ComponentInitException("Unable to watch descriptors: " + System::getErrString());
}

StreamListener::~StreamListener()
{
   join();
   for(auto& entry : *pollList.getPollMap())
      delete entry.second;
   ::close(epollFD);
}

void StreamListener::run()
{
   try
   {
      registerSignalHandler();
      listenLoop();
   }
   catch(std::exception& e)
   {
      getCurrentThreadApp()->handleComponentException(e);
   }
}

void StreamListener::listenLoop()
{
   struct epoll_event events[maxEvents];

   while(!getSelfTerminate())
   {
      const int numEvents = ::epoll_wait(epollFD, events, maxEvents, epollTimeoutMS);

      for(int i = 0; i < numEvents; i++)
      {
         auto pollable = static_cast<Pollable*>(events[i].data.ptr);
         if(pollable == tcpListenSock.get())
            onIncomingConnection();
         else if(pollable == sockReturnPipe.getReadFD())
            onSockReturn();
         else
            onIncomingData(static_cast<Socket*>(pollable));
      }

      if(lastIdleCheck.elapsedMS() >= idleCheckIntervalMS)
         rdmaConnIdleCheck();
   }
}

bool StreamListener::watch(int operation, Pollable* pollable, uint32_t events)
{
   struct epoll_event event = {};
   event.events = events;
   event.data.ptr = pollable;
   return !::epoll_ctl(epollFD, operation, pollable->getFD(), &event);
}

void StreamListener::addOrRearm(int operation, Socket* sock)
{
   pollList.add(sock);
   if(watch(operation, sock, EPOLLIN | EPOLLONESHOT | EPOLLET))
      return;

   log.logErr("Unable to watch the connection to " + sock->getPeername());
   pollList.remove(sock);
   delete sock;
}

void StreamListener::onIncomingConnection()
{
   try
   {
      auto accepted = static_cast<StandardSocket*>(AddrTk::accept(*tcpListenSock));
      accepted->setLowLatency();
      addOrRearm(EPOLL_CTL_ADD, accepted);
   }
   catch(SocketException& e)
   {
      log.logErr(std::string("Going on after an error of accept: ") + e.what());
   }
}

void StreamListener::onIncomingData(Socket* sock)
{
   if( (sock->getSockType() == NICADDRTYPE_RDMA) &&
      isFalseAlarm(static_cast<RDMASocket*>(sock) ) )
      return;

   pollList.remove(sock); // before a worker may own it
   sock->setHasActivity();
   const bool isDirect = sock->getIsDirect();
   auto work = new IncomingDataWork(this, sock);

   if(isDirect)
      workQueue->addDirectWork(work, 0);
   else
      workQueue->addIndirectWork(work, 0);
}

void StreamListener::onSockReturn()
{
   Socket* sock = nullptr;
   sockReturnPipe.getReadFD()->readExact(&sock, sizeof(sock));
   addOrRearm(EPOLL_CTL_MOD, sock);
}

/** @return true if there is nothing to receive; after an error the connection is gone */
bool StreamListener::isFalseAlarm(RDMASocket* sock)
{
   try
   {
      if(sock->nonblockingRecvCheck())
         return false;

      addOrRearm(EPOLL_CTL_MOD, sock);
   }
   catch(SocketException& e)
   {
      log.log(Log_DEBUG, e.what());
      pollList.remove(sock);
      delete sock;
   }

   return true;
}

/** Closes connections without keepalive of their own that nobody used for a long time. */
void StreamListener::rdmaConnIdleCheck()
{
   PollMap* waiting = pollList.getPollMap();

   for(PollMapIter iter = waiting->begin(); iter != waiting->end(); )
   {
      auto currentSock = static_cast<Socket*>( (iter++)->second);
      if(currentSock->getSockType() != NICADDRTYPE_RDMA)
         continue;

      if(currentSock->getHasActivity())
      {
         currentSock->resetHasActivity();
         continue;
      }

      pollList.remove(currentSock);
      delete currentSock;
   }

   lastIdleCheck.setToNow();
}
