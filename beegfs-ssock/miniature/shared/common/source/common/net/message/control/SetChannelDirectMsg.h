#pragma once

#include "common/net/message/NetMessage.h"

/** Chooses the work queue for the messages of a connection; there is no answer. */
class SetChannelDirectMsg : public NetMessage
{
   public:
      explicit SetChannelDirectMsg(bool isDirect = true)
         : NetMessage(NETMSGTYPE_SetChannelDirect), isDirect(isDirect) {}

      bool processIncoming(ResponseContext& context) override
      {
         context.getSocket()->setIsDirect(isDirect);
         return true;
      }

   protected:
      void writePayload(WriteBuffer& out) const override { out.number(uint32_t(isDirect)); }
      void readPayload(ReadBuffer& in) override { isDirect = in.u32() != 0; }

   private:
      bool isDirect;
};
