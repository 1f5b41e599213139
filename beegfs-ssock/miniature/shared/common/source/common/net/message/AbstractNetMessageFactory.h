#pragma once

#include "common/net/message/NetMessage.h"

/** Makes message objects from what arrived; InvalidMsg for everything unknown or broken. */
class AbstractNetMessageFactory
{
   public:
      virtual ~AbstractNetMessageFactory() = default;

      std::unique_ptr<NetMessage> createFromRaw(char* recvBuf, size_t bufLen) const;
      std::unique_ptr<NetMessage> createFromPreprocessedBuf(NetMessageHeader* header,
         char* msgPayloadBuf, size_t msgPayloadBufLen) const;

   protected:
      /** @return null for an unknown type */
      virtual std::unique_ptr<NetMessage> createFromMsgType(uint16_t msgType) const = 0;
};
