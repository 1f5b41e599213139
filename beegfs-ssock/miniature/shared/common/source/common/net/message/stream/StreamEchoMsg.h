#pragma once

#include "common/net/message/NetMessage.h"
#include "common/toolkit/StreamHash.h"

/** A small request that asks for a small answer: both with a checksum of their bytes. */
class StreamEchoMsg : public NetMessage
{
   public:
      StreamEchoMsg() : NetMessage(NETMSGTYPE_StreamEcho) {}
      StreamEchoMsg(const std::string& data, uint32_t answerLen)
         : NetMessage(NETMSGTYPE_StreamEcho), data(data), answerLen(answerLen),
           checksum(StreamHash::of(data.data(), data.size())) {}

      bool processIncoming(ResponseContext& context) override;

   protected:
      void writePayload(WriteBuffer& out) const override
      {
         out.number(checksum);
         out.number(answerLen);
         out.text(data);
      }

      void readPayload(ReadBuffer& in) override
      {
         checksum = in.u64();
         answerLen = in.u32();
         data = in.text();
      }

   private:
      std::string data;
      uint32_t answerLen = 0; // bytes
      uint64_t checksum = 0;
};

/** The answer: other bytes than the request's, made from its checksum. */
class StreamEchoRespMsg : public NetMessage
{
   public:
      StreamEchoRespMsg() : NetMessage(NETMSGTYPE_StreamEchoResp) {}
      StreamEchoRespMsg(uint64_t requestChecksum, uint32_t len)
         : NetMessage(NETMSGTYPE_StreamEchoResp), data(answer(requestChecksum, len)),
           checksum(StreamHash::of(data.data(), data.size())) {}

      /** Whether this is the right and undamaged answer to a request with that checksum. */
      bool answers(uint64_t requestChecksum, uint32_t len) const
      {
         return data == answer(requestChecksum, len) &&
            checksum == StreamHash::of(data.data(), data.size());
      }

   protected:
      void writePayload(WriteBuffer& out) const override
      {
         out.number(checksum);
         out.text(data);
      }

      void readPayload(ReadBuffer& in) override
      {
         checksum = in.u64();
         data = in.text();
      }

   private:
      static std::string answer(uint64_t seed, uint32_t len);

      std::string data;
      uint64_t checksum = 0;
};
