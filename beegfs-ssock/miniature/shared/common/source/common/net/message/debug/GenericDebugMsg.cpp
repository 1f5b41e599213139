#include "common/app/DaemonApp.h"
#include "common/net/msghelpers/MsgHelperGenericDebug.h"
#include "GenericDebugMsg.h"

bool GenericDebugMsg::processIncoming(ResponseContext& context)
{
   auto app = static_cast<DaemonApp*>(PThread::getCurrentThreadApp());
   std::string text = "Unknown command";

   if(command == "net")
      text = MsgHelperGenericDebug::processOpNetOut(app->getServers());
   else if(command == "served")
      text = MsgHelperGenericDebug::processOpServed(app->getWorkQueue());

   context.sendResponse(GenericDebugRespMsg(text));
   return true;
}
