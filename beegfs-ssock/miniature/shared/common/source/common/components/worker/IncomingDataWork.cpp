#include "common/app/AbstractApp.h"
#include "common/net/sock/RDMASocket.h"
#include "IncomingDataWork.h"

namespace
{
   constexpr int receiveTimeoutMS = 5000;
   constexpr int goodbyeWaitMS = 500;
}

void IncomingDataWork::process(char* bufIn, unsigned bufInLen, char* bufOut, unsigned bufOutLen)
{
   LogContext log("Work (data)");
   sock->setStats(&stats);

   try
   {
      const bool usable = serve(bufIn, bufInLen, bufOut, bufOutLen);
      sock->unsetStats();

      if(usable && checkRDMASocketImmediateData(streamListener, sock))
         return;
      if(usable)
      {
         streamListener->getSockReturnFD()->write(&sock, sizeof(sock));
         return;
      }

      log.log(Log_NOTICE, "Unusable message, disconnecting " + sock->getPeername());
   }
   catch(SocketDisconnectException& e)
   {
      log.log(Log_DEBUG, e.what());
   }
   catch(SocketException& e)
   {
      log.log(Log_NOTICE, "Connection error, " + sock->getPeername() + ": " + e.what());
   }

   sock->unsetStats();
   invalidateConnection(sock);
}

/**
 * @return false if the connection can't be used any more
 * @throw SocketException
 */
bool IncomingDataWork::serve(char* bufIn, unsigned bufInLen, char* bufOut, unsigned bufOutLen)
{
   sock->recvExactT(bufIn, NETMSG_HEADER_LENGTH, 0, receiveTimeoutMS);
   const unsigned msgLen = NetMessageHeader::extractMsgLengthFromBuf(bufIn, NETMSG_HEADER_LENGTH);
   if(msgLen < NETMSG_HEADER_LENGTH || msgLen > bufInLen)
      return false;
   if(msgLen > NETMSG_HEADER_LENGTH)
      sock->recvExactT(bufIn + NETMSG_HEADER_LENGTH, msgLen - NETMSG_HEADER_LENGTH, 0,
         receiveTimeoutMS);

   AbstractApp* app = PThread::getCurrentThreadApp();
   auto msg = app->getNetMessageFactory()->createFromRaw(bufIn, msgLen);

   if(app->getCommonConfig()->getConnAuthHash() && !sock->getIsAuthenticated() &&
      msg->getMsgType() != NETMSGTYPE_AuthenticateChannel)
      return false;

   NetMessage::ResponseContext context(sock, bufOut, bufOutLen, &stats);
   return msg->processIncoming(context);
}

void IncomingDataWork::invalidateConnection(Socket* sock)
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

/** @return true if the next message is queued already, or the socket is gone after an error */
bool IncomingDataWork::checkRDMASocketImmediateData(StreamListener* streamListener, Socket* sock)
{
   if(sock->getSockType() != NICADDRTYPE_RDMA)
      return false;

   try
   {
      if(!static_cast<RDMASocket*>(sock)->nonblockingRecvCheck())
         return false;

      streamListener->getWorkQueue()->addDirectWork(new IncomingDataWork(streamListener, sock), 0);
   }
   catch(SocketException& e)
   {
      LogContext("Work (immediate data)").log(Log_DEBUG, e.what());
      delete sock;
   }

   return true;
}
