#pragma once

// Socket as in 8.2 and newer: addresses as IPAddress and SocketAddress.

#include "common/net/sock/NetworkInterfaceCard.h"
#include "common/net/sock/SocketConnectException.h"
#include "common/net/sock/SocketDisconnectException.h"
#include "common/net/sock/SocketInterruptedPollException.h"
#include "common/net/sock/SocketTimeoutException.h"
#include "common/system/System.h"
#include "common/toolkit/HighResolutionStats.h"
#include "common/toolkit/StringTk.h"
#include "Channel.h"

class Socket : public Channel
{
   public:
      virtual ~Socket();

      /** Within a bounded time; sets the peer's name. */
      virtual void connect(const char* hostname, uint16_t port) = 0;
      virtual void connect(const SocketAddress& serv_addr) = 0;

      /** Before listen(), to find out whether an address can be used, or before connect(). */
      virtual void bindToAddr(const SocketAddress& ipAddr) = 0;
      virtual void listen() = 0;

      /** For listeners; fills the peer's address, which has the family of an IP address. */
      virtual Socket* accept(struct sockaddr_storage* addr, socklen_t* addrLen) = 0;

      /** Ends our half; the second form also waits for the peer's, at most so long per read. */
      virtual void shutdown() = 0;
      virtual void shutdownAndRecvDisconnect(int timeoutMS) = 0;

      /** Returns when all bytes are handed over. */
      virtual ssize_t send(const void* buf, size_t len, int flags) = 0;
      virtual ssize_t sendto(const void* buf, size_t len, int flags, const SocketAddress* to) = 0;

      /** At least one byte; a time of -1 ms is without end. */
      virtual ssize_t recv(void* buf, size_t len, int flags) = 0;
      virtual ssize_t recvT(void* buf, size_t len, int flags, int timeoutMS) = 0;

      void connect(const IPAddress& ipaddress, uint16_t port)
         { connect(ipaddress.toSocketAddress(port)); }
      void bind(uint16_t port);

      ssize_t recvExact(void* buf, size_t len, int flags);
      ssize_t recvExactT(void* buf, size_t len, int flags, int timeoutMS);
      ssize_t recvMinMaxT(void* buf, ssize_t minLen, ssize_t maxLen, int flags, int timeoutMS);

      static bool checkAndCacheIPv6Availability(uint16_t probePort, bool disableIPv6);
      static bool isIPv6Available();

      const IPAddress& getPeerIP() const { return peerIP; }
      const IPAddress& getBindIP() const { return bindIP; }
      uint16_t getBindPort() { return bindPort; }
      std::string getPeername() { return peername; }
      NicAddrType getSockType() { return sockType; }

      /** From now on the socket counts its bytes there; unsetStats() ends that. */
      void setStats(HighResolutionStats* value) { stats = value; }
      void unsetStats() { stats = &dummyStats; }

   protected:
      Socket();

      void connect(const char* hostname, uint16_t port, int ai_socktype);

      HighResolutionStats* stats; // never null
      NicAddrType sockType;
      IPAddress peerIP;
      IPAddress bindIP;
      uint16_t bindPort;
      std::string peername;

   private:
      static HighResolutionStats dummyStats;
};
