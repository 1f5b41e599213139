#include <common/net/sock/RDMASocket.h>
#include <common/system/System.h>
#include "StreamListenerV2.h"

/*
 * What a listener does differently for connections over NTB: a worker arms the descriptor itself
 * when it is done. To give the connection back by the pipe would wake the listener for each request.
 */

/**
 * @return false if the connection has to be given back by the pipe: to begin with, and on errors.
 */
bool StreamListenerV2::armNtb(Socket* sock)
{
   return ntbIdleConns.arm(epollFD, sock);
}

/**
 * @return true if there is nothing to receive; somebody else owns the connection then, or it is gone.
 */
bool StreamListenerV2::isNtbFalseAlarm(Socket* sock)
{
   try
   {
      if(static_cast<RDMASocket*>(sock)->nonblockingRecvCheck() )
         return false;

      pollList.remove(sock); // a connection is there until a worker gives it back for the first time

      if(armNtb(sock) )
         return true;

      log.logErr("Unable to wait for a connection over NTB: " + System::getErrString() + ". "
         "Disconnecting: " + sock->getPeername() );
   }
   catch(SocketDisconnectException& e)
   {
      log.log(Log_DEBUG, e.what() );
   }
   catch(SocketException& e)
   {
      log.log(Log_NOTICE, "Connection error: " + sock->getPeername() + ": " + e.what() );
   }

   pollList.remove(sock);
   delete(sock);
   return true;
}
