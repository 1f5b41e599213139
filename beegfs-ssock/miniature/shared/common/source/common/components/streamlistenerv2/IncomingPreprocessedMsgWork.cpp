#include "common/app/AbstractApp.h"
#include "common/components/streamlistenerv2/StreamListenerV2.h"
#include "common/net/sock/RDMASocket.h"
#include "IncomingPreprocessedMsgWork.h"

namespace
{
   constexpr int payloadTimeoutMS = 5000;
   constexpr int goodbyeWaitMS = 1;
}

void IncomingPreprocessedMsgWork::process(char* bufIn, unsigned bufInLen, char* bufOut,
   unsigned bufOutLen)
{
   LogContext log("Work (message)");
   std::unique_ptr<NetMessage> msg;

   stats.incVals.netRecvBytes += NETMSG_HEADER_LENGTH; // was read by the stream listener
   sock->setStats(&stats);

   try
   {
      if(serve(msg, bufIn, bufInLen, bufOut, bufOutLen))
      {
         msg.reset(); // its buffers are used again before this returns
         if(!sock)
            return; // the message gave it back

         releaseSocket(app, &sock, nullptr);
         return;
      }

      log.log(Log_NOTICE, "Unusable message, disconnecting " + sock->getPeername());
      sock->unsetStats();
      invalidateConnection(sock);
      return;
   }
   catch(SocketTimeoutException& e)
   {
      log.log(Log_NOTICE, "Timeout in a message from " + sock->getPeername());
   }
   catch(SocketDisconnectException& e)
   {
      log.log(Log_DEBUG, e.what());
   }
   catch(SocketException& e)
   {
      log.log(Log_NOTICE, "Connection error, " + sock->getPeername() + ": " + e.what());
   }

   // a message that has given the connection back has nothing to close; nor, in BeeGFS, has a
   // connection without a message anybody who closes it
   if(msg && msg->getReleaseSockAfterProcessing() )
   {
      sock->unsetStats();
      invalidateConnection(sock);
   }
}

/**
 * Receives the message's payload and serves it.
 *
 * @return false if the connection can't be used any more
 * @throw SocketException
 */
bool IncomingPreprocessedMsgWork::serve(std::unique_ptr<NetMessage>& msg, char* bufIn,
   unsigned bufInLen, char* bufOut, unsigned bufOutLen)
{
   if(msgHeader.msgType == NETMSGTYPE_Invalid)
      return false;

   const unsigned payloadLen = msgHeader.msgLength - NETMSG_HEADER_LENGTH;
   if(payloadLen > bufInLen)
      return false;
   if(payloadLen)
      sock->recvExactT(bufIn, payloadLen, 0, payloadTimeoutMS);

   msg = app->getNetMessageFactory()->createFromPreprocessedBuf(&msgHeader, bufIn, payloadLen);

   if(app->getCommonConfig()->getConnAuthHash() && !sock->getIsAuthenticated() &&
      msg->getMsgType() != NETMSGTYPE_AuthenticateChannel)
   {
      LogContext("Work (message)").log(Log_NOTICE, "Message before authentication");
      return false;
   }

   NetMessage::ResponseContext context(sock, bufOut, bufOutLen, &stats);
   const bool usable = msg->processIncoming(context);
   if(!msg->getReleaseSockAfterProcessing())
   {
      sock = nullptr;
      return true;
   }

   return usable;
}

/**
 * Gives a connection back to its stream listener.
 *
 * @param msg null, or the message that does so itself before it ends
 */
void IncomingPreprocessedMsgWork::releaseSocket(AbstractApp* app, Socket** sock, NetMessage* msg)
{
   using Listener = StreamListenerV2;
   Socket* returned = *sock;
   *sock = nullptr;

   if(msg)
      msg->setReleaseSockAfterProcessing(false);
   returned->unsetStats();

   if(checkRDMASocketImmediateData(app, returned))
      return;

   Listener::SockReturnPipeInfo info(Listener::SockPipeReturn_MSGDONE_NOIMMEDIATE, returned);
   app->getStreamListenerByFD(returned->getFD())->getSockReturnFD()->write(&info, sizeof(info));
}

void IncomingPreprocessedMsgWork::invalidateConnection(Socket* sock)
{
   try
   {
      sock->shutdownAndRecvDisconnect(goodbyeWaitMS);
   }
   catch(SocketException& e)
   {
      // it was to end anyway
   }

   delete sock;
}

/**
 * Asks a polled socket for data that came in the meantime.
 *
 * @return true if the socket went to the listener as ready, or is gone after an error
 */
bool IncomingPreprocessedMsgWork::checkRDMASocketImmediateData(AbstractApp* app, Socket* sock)
{
   using Listener = StreamListenerV2;

   if(sock->getSockType() != NICADDRTYPE_RDMA)
      return false;

   try
   {
      if(!static_cast<RDMASocket*>(sock)->nonblockingRecvCheck())
         return false;

      Listener::SockReturnPipeInfo info(Listener::SockPipeReturn_MSGDONE_WITHIMMEDIATE, sock);
      app->getStreamListenerByFD(sock->getFD())->getSockReturnFD()->write(&info, sizeof(info));
      return true;
   }
   catch(SocketException& e)
   {
      LogContext("Work (immediate data)").log(Log_DEBUG, e.what());
   }

   delete sock;
   return true;
}
