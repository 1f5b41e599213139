#pragma once

#include "common/net/message/NetMessage.h"

/** Asks a daemon something about itself; the answer is text. */
class GenericDebugMsg : public NetMessage
{
   public:
      explicit GenericDebugMsg(const std::string& command = "")
         : NetMessage(NETMSGTYPE_GenericDebug), command(command) {}

      bool processIncoming(ResponseContext& context) override;

   protected:
      void writePayload(WriteBuffer& out) const override { out.text(command); }
      void readPayload(ReadBuffer& in) override { command = in.text(); }

   private:
      std::string command;
};

class GenericDebugRespMsg : public NetMessage
{
   public:
      explicit GenericDebugRespMsg(const std::string& text = "")
         : NetMessage(NETMSGTYPE_GenericDebugResp), answer(text) {}

      const std::string& getAnswer() const { return answer; }

   protected:
      void writePayload(WriteBuffer& out) const override { out.text(answer); }
      void readPayload(ReadBuffer& in) override { answer = in.text(); }

   private:
      std::string answer;
};
