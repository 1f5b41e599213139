#pragma once

#include "common/net/sock/AddrTk.h"
#include "common/net/sock/RDMASocket.h"
#include "common/net/sock/RoutingTable.h"
#include "common/threading/Condition.h"
#include "common/threading/Mutex.h"

class AbstractApp;
class Node;

using ConnectionList = std::list<PooledSocket*>;

/** Connections of a pool that exist now, by type. */
struct NodeConnPoolStats
{
   unsigned numEstablishedStd;
   unsigned numEstablishedRDMA;
};

/** Remembers the last outcome, so that the log tells changes and not each connection. */
struct NodeConnPoolErrorState
{
   AddrTk::PeerIP lastSuccessPeerIP{};
   NicAddrType lastSuccessNicType = NICADDRTYPE_STANDARD;
   bool hadSuccess = false;
   bool wasLastTimeCompleteFail = false;

   bool getWasLastTimeCompleteFail() const { return wasLastTimeCompleteFail; }
   void setCompleteFail() { hadSuccess = false; wasLastTimeCompleteFail = true; }

   void setConnSuccess(const AddrTk::PeerIP& peerIP, NicAddrType nicType)
   {
      lastSuccessPeerIP = peerIP;
      lastSuccessNicType = nicType;
      hadSuccess = true;
      wasLastTimeCompleteFail = false;
   }

   bool equalsLastSuccess(const AddrTk::PeerIP& peerIP, NicAddrType nicType) const
   {
      return hadSuccess && lastSuccessPeerIP == peerIP && lastSuccessNicType == nicType;
   }

   bool shouldPrintConnectedLogMsg(const AddrTk::PeerIP& peerIP, NicAddrType nicType) const
   {
      return !equalsLastSuccess(peerIP, nicType);
   }

   bool shouldPrintConnectFailedLogMsg(const AddrTk::PeerIP& peerIP, NicAddrType nicType) const
   {
      return !wasLastTimeCompleteFail && (!hadSuccess || equalsLastSuccess(peerIP, nicType));
   }
};

/** The stream connections to one node: made when needed, kept, given to one user at a time. */
class NodeConnPool
{
   public:
      NodeConnPool(Node& node, unsigned short port, const NicAddressList& nics);
      ~NodeConnPool();

      NodeConnPool(const NodeConnPool&) = delete;
      NodeConnPool& operator=(const NodeConnPool&) = delete;

      /** A connection for the caller alone, until it gives it back by one of the next two. */
      Socket* acquireStreamSocket() { return acquireStreamSocketEx(true); }
      Socket* acquireStreamSocketEx(bool allowWaiting);

      /** After success: another user may have it. */
      void releaseStreamSocket(Socket* sock);

      /** After an error: closes it. */
      void invalidateStreamSocket(Socket* sock);

      /** To be called now and then: closes what nobody used since the last call. */
      unsigned disconnectAndResetIdleStreams();

      /** Also closes all connections as they come back. */
      void setLocalNicCaps(const NicListCapabilities& caps);
      void setChannelDirect(bool value) { isChannelDirect = value; }

      bool getFirstPeerName(NicAddrType type, std::string* outName, bool* outIsFallback);
      void getStats(NodeConnPoolStats* outStats);

   private:
      PooledSocket* takeAvailable();
      PooledSocket* finishConnect(PooledSocket* sock);
      unsigned closeAvailable(bool onlyIdle, bool alsoOnRelease);
      void invalidateSpecificStreamSocket(Socket* sock); // this one

      void prepare(StandardSocket& sock);
      void greet(PooledSocket& sock, bool isPrimaryInterface);
      void authenticateChannel(Socket* sock); // part of a greeting
      void makeChannelIndirect(Socket* sock); // part of a greeting

      void statsAddNic(NicAddrType nicType);
      void statsRemoveNic(NicAddrType nicType);

      AbstractApp* app;
      Node& parentNode;
      NicAddressList nicList;
      unsigned short streamPort;
      NicListCapabilities localNicCaps = {};
      bool restrictOutboundInterfaces = false;
      IpSourceMap ipSrcMap;

      ConnectionList connList;
      unsigned availableConns = 0;
      unsigned establishedConns = 0; // also those that are being made
      unsigned maxConns;
      unsigned fallbackExpirationSecs;
      bool isChannelDirect = true;

      NodeConnPoolStats stats = {};
      NodeConnPoolErrorState errState;

      Mutex mutex;
      Condition changeCond;
};
