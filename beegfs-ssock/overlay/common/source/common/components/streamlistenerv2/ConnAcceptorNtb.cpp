#include <common/app/AbstractApp.h>
#include <common/components/streamlistenerv2/StreamListenerV2.h>
#include <common/net/sock/NtbSocket.h>
#include <common/toolkit/StringTk.h>
#include "ConnAcceptor.h"

#include <sys/epoll.h>

/*
 * The NTB listener of ConnAcceptor. It is an addition: if it doesn't work, the node is reached over
 * its other listeners.
 */

#if __has_include(<common/net/sock/IPAddress.h>)
   typedef struct sockaddr_storage NtbAcceptAddr;
#else
   typedef struct sockaddr NtbAcceptAddr;
#endif

/**
 * Starts the listener when the daemon starts.
 *
 * @throw ComponentInitException if the configuration can't be used; names key, value and range.
 */
void ConnAcceptor::startNTBSocket()
{
   const ICommonConfig* cfg = app->getCommonConfig();
   const NtbConfig& ntb = cfg->getNtbConfig();

   if(!ntb.useNTB)
      return;

   const unsigned maxShift = 65535 - listenPort;
   if(ntb.portShift > maxShift)
      throw ComponentInitException(NtbConfig::describeBadValue("connNTBPortShift",
         std::to_string(ntb.portShift), "1 to " + std::to_string(maxShift) +
         ", because this daemon listens on port " + std::to_string(listenPort) ) );

   std::string error;
   bool isFatal = false;
   if(!NtbSocket::start(cfg, &error, &isFatal) )
   {
      if(isFatal)
         throw ComponentInitException(error);

      if(!error.empty() )
         log.log(Log_NOTICE, error);

      return;
   }

   openNTBSocket();
}

/**
 * Creates the listener. A failure is tried again later, and logged once for each reason.
 */
void ConnAcceptor::openNTBSocket()
{
   const unsigned short port = listenPort + app->getCommonConfig()->getNtbConfig().portShift;

   try
   {
      std::unique_ptr<NtbSocket> sock = NtbSocket::create();
      if(!sock)
         return;

      sock->bind(port);
      sock->listen();

      struct epoll_event event = {};
      event.events = EPOLLIN;
      event.data.ptr = (Pollable*)sock.get();
      if(epoll_ctl(epollFD, EPOLL_CTL_ADD, sock->getFD(), &event) == -1)
         throw SocketException("Unable to wait for connections: " + System::getErrString() );

      ntbListenSock = sock.release();
      ntbListenError.clear();
      log.log(Log_NOTICE, "Listening for NTB connections: Port " + std::to_string(port) );
   }
   catch(SocketException& e)
   {
      if(ntbListenError == e.what() )
         return; // was said before

      ntbListenError = e.what();
      log.log(Log_WARNING, "Unable to listen for NTB connections, trying again every " +
         std::to_string(app->getCommonConfig()->getNtbConfig().retrySecs) + " seconds: " +
         ntbListenError);
   }
}

/**
 * Starts a listener that could not be started before, for example because the adapter's driver
 * came up after this daemon.
 */
void ConnAcceptor::retryNTBSocket()
{
   const ICommonConfig* cfg = app->getCommonConfig();
   const NtbConfig& ntb = cfg->getNtbConfig();

   if(likely(ntbListenSock || !ntb.useNTB) || (ntbStartTime.elapsedMS() < ntb.retrySecs * 1000) )
      return;

   ntbStartTime.setToNow();

   std::string error;
   bool isFatal = false;
   if(NtbSocket::start(cfg, &error, &isFatal) )
      openNTBSocket();
   else
   if(!error.empty() )
      log.log(Log_NOTICE, error);
}

/**
 * Accepts everything that waits at the listener and hands it to the stream listeners.
 */
void ConnAcceptor::onIncomingNTBConnection()
{
   const unsigned rejectionRate = app->getCommonConfig()->getConnectionRejectionRate();

   while(ntbListenSock->checkDelayedEvents() )
   {
      try
      {
         struct sockaddr_storage address;
         socklen_t addressLen = sizeof(address);

         ntbListenSock->setConnectionRejectionRate(rejectionRate);
         Socket* sock = ntbListenSock->accept( (NtbAcceptAddr*)&address, &addressLen);
         if(!sock)
            continue; // not a new connection, which isn't an error

         log.log(Log_DEBUG, "Accepted new NTB connection from " + sock->getPeername() +
            " [SockFD: " + std::to_string(sock->getFD() ) + "]");

         StreamListenerV2::SockReturnPipeInfo info(StreamListenerV2::SockPipeReturn_NEWCONN, sock);
         app->getStreamListenerByFD(sock->getFD() )->getSockReturnFD()->write(&info, sizeof(info) );
      }
      catch(SocketException& e)
      {
         log.log(Log_WARNING, "Continuing after a failed NTB connection: " +
            std::string(e.what() ) );
      }
   }
}
