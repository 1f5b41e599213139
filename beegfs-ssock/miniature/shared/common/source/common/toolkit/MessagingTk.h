#pragma once

#include "common/net/message/NetMessage.h"

/** Sending and receiving of whole messages on a socket that the caller holds. */
class MessagingTk
{
   public:
      static std::vector<char> createMsgVec(const NetMessage& msg);

      static void recvMsg(Socket& sock, NetMessage& outMsg, int timeoutMS);
};
