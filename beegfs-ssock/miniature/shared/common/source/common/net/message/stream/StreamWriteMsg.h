#pragma once

#include "common/net/message/NetMessage.h"

/** Announces count bytes that follow without any framing; they are answered by one message. */
class StreamWriteMsg : public NetMessage
{
   public:
      StreamWriteMsg() : NetMessage(NETMSGTYPE_StreamWrite) {}
      StreamWriteMsg(uint64_t count, uint64_t checksum)
         : NetMessage(NETMSGTYPE_StreamWrite), count(count), checksum(checksum) {}

      bool processIncoming(ResponseContext& context) override;

   protected:
      /** Receives count bytes. @return their checksum, where they have ended up */
      virtual uint64_t takeContents(ResponseContext& context, uint64_t count);

      void writePayload(WriteBuffer& out) const override
      {
         out.number(count);
         out.number(checksum);
      }

      void readPayload(ReadBuffer& in) override
      {
         count = in.u64();
         checksum = in.u64();
      }

   private:
      uint64_t count = 0;
      uint64_t checksum = 0; // the sender's
};

class StreamWriteRespMsg : public NetMessage
{
   public:
      StreamWriteRespMsg() : NetMessage(NETMSGTYPE_StreamWriteResp) {}
      StreamWriteRespMsg(uint64_t count, uint64_t checksum, bool matched)
         : NetMessage(NETMSGTYPE_StreamWriteResp), count(count), checksum(checksum),
           matched(matched) {}

      /** Whether the server got these bytes and found the same. */
      bool confirms(uint64_t sentCount, uint64_t sentChecksum) const
      {
         return matched && count == sentCount && checksum == sentChecksum;
      }

   protected:
      void writePayload(WriteBuffer& out) const override
      {
         out.number(count);
         out.number(checksum);
         out.number(uint32_t(matched));
      }

      void readPayload(ReadBuffer& in) override
      {
         count = in.u64();
         checksum = in.u64();
         matched = in.u32() != 0;
      }

   private:
      uint64_t count = 0;
      uint64_t checksum = 0; // the receiver's
      bool matched = false;
};
