#include "common/app/AbstractApp.h"
#include "AuthenticateChannelMsg.h"

/** A wrong hash leaves the channel as it is: its later messages will be refused. */
bool AuthenticateChannelMsg::processIncoming(ResponseContext& context)
{
   const uint64_t wanted = PThread::getCurrentThreadApp()->getCommonConfig()->getConnAuthHash();

   if(!wanted || authHash == wanted)
      context.getSocket()->setIsAuthenticated();
   else
      LOG(COMMUNICATION, WARNING, "Wrong authentication hash",
         ("peer", context.getSocket()->getPeername()));

   return true;
}
