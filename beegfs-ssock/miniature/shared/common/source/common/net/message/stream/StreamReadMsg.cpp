#include "common/toolkit/StreamHash.h"
#include "common/toolkit/StreamPattern.h"
#include "StreamReadMsg.h"

#include <algorithm>

/** One send for each piece; the end mark goes with the last one. */
bool StreamReadMsg::processIncoming(ResponseContext& context)
{
   static const StreamPattern pattern;
   constexpr uint64_t pieceSize = 128 << 10;
   constexpr size_t framing = 3 * sizeof(uint64_t); // a length, the end mark, the checksum

   if(context.getBufferLength() < pieceSize + framing)
      return false;

   StreamHash hash;
   uint64_t done = 0;
   do
   {
      const uint64_t piece = std::min(count - done, pieceSize);
      char* data = context.getBuffer() + sizeof(uint64_t);
      pattern.copyTo(data, piece, offset + done);
      hash.update(data, piece);
      done += piece;

      WriteBuffer out(context.getBuffer(), context.getBufferLength());
      out.number(piece);
      out.skip(piece);
      if(piece && done == count)
         out.number(uint64_t(0));
      if(done == count)
         out.number(hash.finish());

      context.getSocket()->send(context.getBuffer(), out.size(), 0);
   } while(done < count);

   return true;
}
