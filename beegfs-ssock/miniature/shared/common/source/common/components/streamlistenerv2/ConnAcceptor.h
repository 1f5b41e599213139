#pragma once

#include "common/app/log/LogContext.h"
#include "common/components/ComponentInitException.h"
#include "common/net/sock/AddrTk.h"
#include "common/net/sock/RDMASocket.h"
#include "common/threading/PThread.h"

class AbstractApp;

/** Accepts connections and hands each to the stream listener that its descriptor selects. */
class ConnAcceptor : public PThread
{
   public:
      /** @throw ComponentInitException */
      ConnAcceptor(AbstractApp* app, NicAddressList& localNicList, unsigned short listenPort);
      ~ConnAcceptor() override;

   private:
      AbstractApp*      app;
      LogContext        log;
      unsigned short    listenPort;

      StandardSocket*   tcpListenSock = nullptr;
      RDMASocket*       rdmaListenSock = nullptr;
      int               epollFD = -1;

      NicListCapabilities localNicCaps;

      bool initSocks();
      bool startRDMASocket();

      void run() override;
      void listenLoop();

      void onIncomingTCPConnection();
      void onIncomingRDMAConnection();
      void handOver(Socket* sock);
};
