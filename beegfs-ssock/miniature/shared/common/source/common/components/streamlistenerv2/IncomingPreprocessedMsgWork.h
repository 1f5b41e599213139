#pragma once

#include "common/components/worker/Work.h"
#include "common/net/message/NetMessage.h"

class AbstractApp;

/** A request whose header StreamListenerV2 has read. */
class IncomingPreprocessedMsgWork : public Work
{
   public:
      IncomingPreprocessedMsgWork(AbstractApp* app, Socket* sock, NetMessageHeader* msgHeader)
         : app(app), sock(sock), msgHeader(*msgHeader) { sockType = sock->getSockType(); }

      void process(char* bufIn, unsigned bufInLen, char* bufOut, unsigned bufOutLen) override;

      static void releaseSocket(AbstractApp* app, Socket** sock, NetMessage* msg);
      static void invalidateConnection(Socket* sock);

   private:
      bool serve(std::unique_ptr<NetMessage>& msg, char* bufIn, unsigned bufInLen, char* bufOut,
         unsigned bufOutLen);
      static bool checkRDMASocketImmediateData(AbstractApp* app, Socket* sock);

      AbstractApp* app;
      Socket* sock; // null after it was given back
      NetMessageHeader msgHeader;
};
