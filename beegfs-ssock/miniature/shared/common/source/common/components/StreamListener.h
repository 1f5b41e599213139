#pragma once

#include "common/app/log/LogContext.h"
#include "common/components/worker/queue/MultiWorkQueue.h"
#include "common/net/sock/AddrTk.h"
#include "common/net/sock/RDMASocket.h"
#include "common/threading/PThread.h"
#include "common/toolkit/Pipe.h"
#include "common/toolkit/poll/PollList.h"

/**
 * The older listener, as the management daemon of 7.x has it: accepts by itself, and leaves
 * also the header of each message to the workers.
 */
class StreamListener : public PThread
{
   public:
      /** @throw ComponentInitException */
      StreamListener(MultiWorkQueue* workQueue, unsigned short listenPort);
      ~StreamListener() override;

      /** Takes `Socket*`. */
      FileDescriptor* getSockReturnFD() { return sockReturnPipe.getWriteFD(); }
      MultiWorkQueue* getWorkQueue() const { return workQueue; }

   private:
      void run() override;
      void listenLoop();

      void onIncomingConnection();
      void onIncomingData(Socket* sock);
      void onSockReturn();
      bool isFalseAlarm(RDMASocket* sock);
      void rdmaConnIdleCheck();

      bool watch(int operation, Pollable* pollable, uint32_t events);
      void addOrRearm(int operation, Socket* sock);

      LogContext log;
      MultiWorkQueue* workQueue;
      std::unique_ptr<StandardSocket> tcpListenSock;

      Pipe sockReturnPipe;
      int epollFD;
      PollList pollList; // connections that wait here
      Time lastIdleCheck;
};
