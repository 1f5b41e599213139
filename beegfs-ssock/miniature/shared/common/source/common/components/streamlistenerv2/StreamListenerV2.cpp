#include "common/app/AbstractApp.h"
#include "common/components/streamlistenerv2/IncomingPreprocessedMsgWork.h"
#include "StreamListenerV2.h"

#include <sys/epoll.h>

namespace
{
   constexpr int maxEvents = 512;
   constexpr int headerTimeoutMS = 5000;
   constexpr unsigned idleCheckIntervalMS = 150 * 60 * 1000;
}

StreamListenerV2::StreamListenerV2(const std::string& listenerID, AbstractApp* app,
   StreamListenerWorkQueue* workQueue) : PThread(listenerID), app(app), log("StreamLisV2"),
   workQueue(workQueue), sockReturnPipe(false, true), epollFD(::epoll_create1(EPOLL_CLOEXEC))
{
   struct epoll_event event = {};
   event.events = EPOLLIN;
   event.data.ptr = sockReturnPipe.getReadFD();
   if(epollFD == -1 ||
      ::epoll_ctl(epollFD, EPOLL_CTL_ADD, sockReturnPipe.getReadFD()->getFD(), &event))
      throw ComponentInitException("Unable to watch the pipe: " + System::getErrString());
}

StreamListenerV2::~StreamListenerV2()
{
   join();
   deleteAllConns();
   ::close(epollFD);
}

void StreamListenerV2::deleteAllConns()
{
   for(auto& entry : *pollList.getPollMap())
      delete entry.second;
}

/** An exception that isn't about one connection ends the daemon. */
void StreamListenerV2::run()
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

/** New and returned connections come as events of the pipe. */
void StreamListenerV2::listenLoop()
{
   struct epoll_event events[maxEvents];

   while(!getSelfTerminate())
   {
      const int numEvents = ::epoll_wait(epollFD, events, maxEvents, epollTimeoutMS);
      if(numEvents == -1 && errno != EINTR)
      {
         log.logErr("Unable to wait for requests: " + System::getErrString());
         return;
      }

      for(int i = 0; i < numEvents; i++)
      {
         auto pollable = static_cast<Pollable*>(events[i].data.ptr);
         if(pollable == sockReturnPipe.getReadFD())
            onSockReturn();
         else
            onIncomingData(static_cast<Socket*>(pollable));
      }

      if(rdmaCheckT.elapsedMS() >= idleCheckIntervalMS)
         rdmaConnIdleCheck(); // not before the events are done: it closes connections
   }
}

/** Reads a message's header and queues the message. */
void StreamListenerV2::onIncomingData(Socket* sock)
{
   if( (sock->getSockType() == NICADDRTYPE_RDMA) &&
      isFalseAlarm(static_cast<RDMASocket*>(sock) ) )
      return;

   try
   {
      queueMessage(sock);
      return;
   }
   catch(SocketTimeoutException& e)
   {
      log.log(Log_NOTICE, "Timeout in a message header from " + sock->getPeername());
   }
   catch(SocketDisconnectException& e)
   {
      log.log(Log_DEBUG, e.what());
   }
   catch(SocketException& e)
   {
      log.log(Log_NOTICE, "Connection error, " + sock->getPeername() + ": " + e.what());
   }

   pollList.remove(sock);
   IncomingPreprocessedMsgWork::invalidateConnection(sock);
}

/** @throw SocketException */
void StreamListenerV2::queueMessage(Socket* sock)
{
   char headerBuf[NETMSG_HEADER_LENGTH];
   sock->recvExactT(headerBuf, sizeof(headerBuf), 0, headerTimeoutMS);
   NetMessageHeader header = NetMessageHeader::read(headerBuf, sizeof(headerBuf));

   // From here on a worker may own the socket: it stays in the epoll set, where its one-shot
   // event is used up, and leaves it when its descriptor is closed.
   pollList.remove(sock);
   sock->setHasActivity();
   const bool isDirect = sock->getIsDirect();
   auto work = new IncomingPreprocessedMsgWork(app, sock, &header);

   StreamListenerWorkQueue* queue = getWorkQueue(header.msgTargetID);
   if(isDirect)
      queue->addDirectWork(work, header.msgUserID);
   else
      queue->addIndirectWork(work, header.msgUserID);
}

void StreamListenerV2::onSockReturn()
{
   SockReturnPipeInfo info;
   sockReturnPipe.getReadFD()->readExact(&info, sizeof(info));

   if(info.returnType == SockPipeReturn_MSGDONE_WITHIMMEDIATE)
      onIncomingData(info.sock);
   else
      addOrRearm(info.sock, info.returnType == SockPipeReturn_NEWCONN);
}

/**
 * Waits for the socket's next event. Setting the event anew makes the kernel look at the
 * descriptor again, so that one that is readable already isn't missed.
 */
void StreamListenerV2::addOrRearm(Socket* sock, bool isNew)
{
   struct epoll_event event = {};
   event.events = EPOLLIN | EPOLLONESHOT | EPOLLET;
   event.data.ptr = sock;

   int res = isNew ? -1 : ::epoll_ctl(epollFD, EPOLL_CTL_MOD, sock->getFD(), &event);
   if(isNew || (res && errno == ENOENT) )
      res = ::epoll_ctl(epollFD, EPOLL_CTL_ADD, sock->getFD(), &event);

   if(!res)
   {
      pollList.add(sock);
      return;
   }

   log.logErr("Unable to watch the connection to " + sock->getPeername() + ": " +
      System::getErrString());
   pollList.remove(sock);
   delete sock;
}

/**
 * For sockets whose descriptor may wake up without data. After an error the connection is gone.
 *
 * @return true if there is nothing to receive from this socket now
 */
bool StreamListenerV2::isFalseAlarm(RDMASocket* sock)
{
   try
   {
      if(sock->nonblockingRecvCheck())
         return false;

      addOrRearm(sock, false);
      return true;
   }
   catch(SocketDisconnectException& e)
   {
      log.log(Log_DEBUG, e.what());
   }
   catch(SocketException& e)
   {
      log.log(Log_NOTICE, "Connection error, " + sock->getPeername() + ": " + e.what());
   }

   pollList.remove(sock);
   delete sock;
   return true;
}

/** Closes connections without keepalive of their own that nobody used for a long time. */
void StreamListenerV2::rdmaConnIdleCheck()
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

      log.log(Log_DEBUG, "Closing an idle connection: " + currentSock->getPeername());
      pollList.remove(currentSock);
      delete currentSock;
   }

   rdmaCheckT.setToNow();
}
