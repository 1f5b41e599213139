#pragma once

#include "common/net/message/NetMessage.h"

/** The first message of a connection where authentication is on; there is no answer. */
class AuthenticateChannelMsg : public NetMessage
{
   public:
      explicit AuthenticateChannelMsg(uint64_t authHash = 0)
         : NetMessage(NETMSGTYPE_AuthenticateChannel), authHash(authHash) {}

      bool processIncoming(ResponseContext& context) override;

   protected:
      void writePayload(WriteBuffer& out) const override { out.number(authHash); }
      void readPayload(ReadBuffer& in) override { authHash = in.u64(); }

   private:
      uint64_t authHash;
};
