#pragma once

#include "common/net/message/NetMessage.h"

/**
 * Asks for bytes of the server's stream (see StreamPattern). The answer is no message but
 * `[int64 n][n bytes]` as often as needed, then `[int64 0][uint64 checksum of all]`.
 */
class StreamReadMsg : public NetMessage
{
   public:
      StreamReadMsg() : NetMessage(NETMSGTYPE_StreamRead) {}
      StreamReadMsg(uint64_t offset, uint64_t count)
         : NetMessage(NETMSGTYPE_StreamRead), offset(offset), count(count) {}

      bool processIncoming(ResponseContext& context) override;

   protected:
      void writePayload(WriteBuffer& out) const override
      {
         out.number(offset);
         out.number(count);
      }

      void readPayload(ReadBuffer& in) override
      {
         offset = in.u64();
         count = in.u64();
      }

   private:
      uint64_t offset = 0; // a multiple of StreamPattern::pageSize
      uint64_t count = 0;
};
