#pragma once

#include "common/components/StreamListener.h"
#include "common/components/worker/Work.h"

/** A message that StreamListener saw coming; all of it is still to be read. */
class IncomingDataWork : public Work
{
   public:
      IncomingDataWork(StreamListener* streamListener, Socket* sock)
         : streamListener(streamListener), sock(sock) { sockType = sock->getSockType(); }

      void process(char* bufIn, unsigned bufInLen, char* bufOut, unsigned bufOutLen) override;

   private:
      bool serve(char* bufIn, unsigned bufInLen, char* bufOut, unsigned bufOutLen);
      static void invalidateConnection(Socket* sock);
      static bool checkRDMASocketImmediateData(StreamListener* streamListener, Socket* sock);

      StreamListener* streamListener;
      Socket* sock;
};
