#pragma once

#include "common/app/log/LogContext.h"
#include "common/components/worker/queue/StreamListenerWorkQueue.h"
#include "common/net/sock/RDMASocket.h"
#include "common/threading/PThread.h"
#include "common/toolkit/Pipe.h"
#include "common/toolkit/poll/PollList.h"

class AbstractApp;

/**
 * Waits for requests on connections that no worker uses, reads their headers and queues them.
 * Connections come (new, or back from a worker) through a pipe.
 */
class StreamListenerV2 : public PThread
{
   public:
      enum SockPipeReturnType
      {
         SockPipeReturn_NEWCONN = 0,
         SockPipeReturn_MSGDONE_NOIMMEDIATE = 1, // wait for its descriptor
         SockPipeReturn_MSGDONE_WITHIMMEDIATE = 2, // the next request is there already
      };

      struct SockReturnPipeInfo
      {
         SockReturnPipeInfo() = default;
         SockReturnPipeInfo(SockPipeReturnType returnType, Socket* sock)
            : returnType(returnType), sock(sock) {}

         SockPipeReturnType returnType;
         Socket* sock;
      };

      /** @throw ComponentInitException */
      StreamListenerV2(const std::string& listenerID, AbstractApp* app,
         StreamListenerWorkQueue* workQueue);
      ~StreamListenerV2() override;

      FileDescriptor* getSockReturnFD() const { return sockReturnPipe.getWriteFD(); }

      /** To be called before start(): poll without sleeping. */
      void setUseAggressivePoll() { epollTimeoutMS = 0; }

   protected:
      /** A daemon may have several queues, by the target that a request is for. */
      virtual StreamListenerWorkQueue* getWorkQueue(uint16_t) const { return workQueue; }

   private:
      void run() override;
      void listenLoop();

      void onIncomingData(Socket* sock);
      void onSockReturn();
      void queueMessage(Socket* sock);
      bool isFalseAlarm(RDMASocket* sock);
      void rdmaConnIdleCheck();
      void deleteAllConns();

      void addOrRearm(Socket* sock, bool isNew);

      AbstractApp* app;
      LogContext log;
      StreamListenerWorkQueue* workQueue;
      int epollTimeoutMS = 500;

      Pipe sockReturnPipe;
      int epollFD;
      PollList pollList; // connections that wait here

      Time rdmaCheckT;
};
