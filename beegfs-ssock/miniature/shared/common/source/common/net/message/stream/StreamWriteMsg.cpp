#include "common/app/AbstractApp.h"
#include "common/toolkit/StreamHash.h"
#include "StreamWriteMsg.h"

#include <algorithm>

/** Only looks at the contents: a daemon that stores them has a class of its own. */
uint64_t StreamWriteMsg::takeContents(ResponseContext& context, uint64_t count)
{
   constexpr uint64_t pieceSize = 128 << 10;
   const int timeoutMS = PThread::getCurrentThreadApp()->getCommonConfig()->
      getConnMsgMediumTimeout();
   const uint64_t bufSize = std::min(pieceSize, uint64_t(context.getBufferLength()));

   StreamHash hash;
   for(uint64_t missing = count; missing; )
   {
      const uint64_t piece = std::min(missing, bufSize);
      context.getSocket()->recvExactT(context.getBuffer(), piece, 0, timeoutMS);
      hash.update(context.getBuffer(), piece);
      missing -= piece;
   }

   return hash.finish();
}

bool StreamWriteMsg::processIncoming(ResponseContext& context)
{
   const uint64_t received = takeContents(context, count);
   context.sendResponse(StreamWriteRespMsg(count, received, received == checksum));
   return true;
}
