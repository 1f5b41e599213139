#pragma once

#include "common/nodes/NodeType.h"
#include "common/Common.h"
#include "InvalidConfigException.h"

/** The settings that code in common/ reads. */
class ICommonConfig
{
   public:
      virtual ~ICommonConfig() = default;

      static void loadStringListFile(const char* filename, StringList& outList);

   protected:
      ICommonConfig() = default;

      void applyMessagingTimeouts(const std::string& text);

      int         endWithParent = 0; // only in this tree, see DaemonApp
      int         logLevel = 3;
      std::string logStdFile;
      int         connMetaPort = 8005;
      int         connStoragePort = 8003;
      int         connClassicPort = 0; // 0 = off; only in this tree, see StreamListener
      int         connPortShift = 0; // is added to every port
      bool        connDisableIPv6 = false;
      std::string connInterfacesList;
      bool        connUseRDMA;
      unsigned    connBacklogTCP = 64;
      unsigned    connMaxInternodeNum = 6;

      unsigned    connFallbackExpirationSecs = 900;
      int         connTCPRcvBufSize = 0; // bytes, 0 = the system's default
      std::string connTCPCongestion; // "" = the system's default; only in this tree
      std::string connNetFilterFile;
      std::string connTcpOnlyFilterFile;

      std::string connAuthFile;
      bool        connDisableAuthentication = false;
      uint64_t    connAuthHash = 0; // 0 = no authentication
      int         connMsgLongTimeout = CONN_LONG_TIMEOUT;
      int         connMsgMediumTimeout = CONN_MEDIUM_TIMEOUT;
      int         connMsgShortTimeout = CONN_SHORT_TIMEOUT;

      unsigned    tuneNumWorkers = 4;
      unsigned    tuneWorkerBufSize = 4 << 20; // bytes

   public:
      int getEndWithParent() const { return endWithParent; }
      int getLogLevel() const { return logLevel; }
      const std::string& getLogStdFile() const { return logStdFile; }
      int getConnMetaPort() const { return connMetaPort + connPortShift; }
      int getConnStoragePort() const { return connStoragePort + connPortShift; }
      int getConnClassicPort() const { return connClassicPort ? connClassicPort + connPortShift : 0; }

      /** Only in this tree: the port of a daemon's stream connections. */
      int getStreamPort(NodeType daemon) const
         { return daemon == NODETYPE_Meta ? getConnMetaPort() : getConnStoragePort(); }

      bool getConnDisableIPv6() const { return connDisableIPv6; }
      const std::string& getConnInterfacesList() const { return connInterfacesList; }
      bool getConnUseRDMA() const { return connUseRDMA; }
      unsigned getConnBacklogTCP() const { return connBacklogTCP; }
      unsigned getConnMaxInternodeNum() const { return connMaxInternodeNum; }

      int getConnFallbackExpirationSecs() const { return connFallbackExpirationSecs; }
      int getConnTCPRcvBufSize() const { return connTCPRcvBufSize; }
      const std::string& getConnTCPCongestion() const { return connTCPCongestion; }
      const std::string& getConnNetFilterFile() const { return connNetFilterFile; }
      const std::string& getConnTcpOnlyFilterFile() const { return connTcpOnlyFilterFile; }

      uint64_t getConnAuthHash() const { return connAuthHash; }
      int getConnMsgLongTimeout() const { return connMsgLongTimeout; }
      int getConnMsgMediumTimeout() const { return connMsgMediumTimeout; }
      int getConnMsgShortTimeout() const { return connMsgShortTimeout; }

      // RDMA options: never used here, but RDMA listeners are part of the classes' shape.
      unsigned getConnectionRejectionRate() const { return 0; }
      int getConnRDMATimeoutConnect() const { return 0; }
      int getConnRDMATimeoutFlowSend() const { return 0; }
      int getConnRDMATimeoutPoll() const { return 0; }

      unsigned getTuneNumWorkers() const { return tuneNumWorkers; }
      unsigned getTuneWorkerBufSize() const { return tuneWorkerBufSize; }
};
