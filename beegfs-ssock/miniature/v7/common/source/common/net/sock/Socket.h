#pragma once

// Socket as in 7.x: IPv4 addresses as in_addr.

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
      virtual void connect(const char* hostname, unsigned short port) = 0;
      virtual void connect(const struct sockaddr* serv_addr, socklen_t addrlen) = 0;

      /** Before listen(), to find out whether an address can be used, or before connect(). */
      virtual void bindToAddr(in_addr_t ipAddr, unsigned short port) = 0;
      virtual void listen() = 0;

      /** For listeners; fills the peer's address, which has the family of an IP address. */
      virtual Socket* accept(struct sockaddr* addr, socklen_t* addrlen) = 0;

      /** Ends our half; the second form also waits for the peer's, at most so long per read. */
      virtual void shutdown() = 0;
      virtual void shutdownAndRecvDisconnect(int timeoutMS) = 0;

      /** Returns when all bytes are handed over. */
      virtual ssize_t send(const void* buf, size_t len, int flags) = 0;
      virtual ssize_t sendto(const void* buf, size_t len, int flags, const struct sockaddr* to,
         socklen_t tolen) = 0;

      /** At least one byte; a time of -1 ms is without end. */
      virtual ssize_t recv(void* buf, size_t len, int flags) = 0;
      virtual ssize_t recvT(void* buf, size_t len, int flags, int timeoutMS) = 0;

      void connect(const struct in_addr* ip, unsigned short port);
      void bind(unsigned short port);

      ssize_t recvExact(void* buf, size_t len, int flags);
      ssize_t recvExactT(void* buf, size_t len, int flags, int timeoutMS);
      ssize_t recvMinMaxT(void* buf, ssize_t minLen, ssize_t maxLen, int flags, int timeoutMS);

      static std::string ipaddrToStr(struct in_addr ip);
      static std::string endpointAddrToStr(struct in_addr ip, unsigned short port);

      uint32_t getPeerIP() { return peerIP.s_addr; }
      struct in_addr getBindIP() { return bindIP; }
      unsigned short getBindPort() { return bindPort; }
      std::string getPeername() { return peername; }
      NicAddrType getSockType() { return sockType; }

      /** From now on the socket counts its bytes there; unsetStats() ends that. */
      void setStats(HighResolutionStats* value) { stats = value; }
      void unsetStats() { stats = &dummyStats; }

   protected:
      Socket();

      void connect(const char* hostname, unsigned short port, int ai_family, int ai_socktype);

      HighResolutionStats* stats; // never null
      NicAddrType sockType;
      struct in_addr peerIP;
      struct in_addr bindIP;
      unsigned short bindPort;
      std::string peername;

   private:
      static HighResolutionStats dummyStats;
};
