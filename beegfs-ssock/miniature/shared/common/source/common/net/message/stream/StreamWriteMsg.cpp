#include "common/app/AbstractApp.h"
#include "common/toolkit/StreamHash.h"
#include "StreamWriteMsg.h"

#include <algorithm>

/** Takes the data in pieces, as the storage server does between network and disk. */
bool StreamWriteMsg::processIncoming(ResponseContext& context)
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

   const uint64_t received = hash.finish();
   context.sendResponse(StreamWriteRespMsg(count, received, received == checksum));
   return true;
}
