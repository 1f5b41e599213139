#pragma once

// Socket as in 7.x: IPv4 addresses as in_addr.

#include <common/net/sock/NetworkInterfaceCard.h>
#include <common/net/sock/SocketConnectException.h>
#include <common/net/sock/SocketDisconnectException.h>
#include <common/net/sock/SocketInterruptedPollException.h>
#include <common/net/sock/SocketTimeoutException.h>
#include <common/system/System.h>
#include <common/toolkit/HighResolutionStats.h>
#include <common/toolkit/StringTk.h>
#include "Channel.h"

class Socket : public Channel
{
   public:
      virtual ~Socket();
      virtual void connect(const char* hostname, unsigned short port) = 0;
      virtual void connect(const struct sockaddr* serv_addr, socklen_t addrlen) = 0;

      virtual void bindToAddr(in_addr_t ipAddr, unsigned short port) = 0;
      virtual void listen() = 0;
      virtual Socket* accept(struct sockaddr* addr, socklen_t* addrlen) = 0;

      virtual void shutdown() = 0;
      virtual void shutdownAndRecvDisconnect(int timeoutMS) = 0;

      virtual ssize_t send(const void* buf, size_t len, int flags) = 0;
      virtual ssize_t sendto(const void* buf, size_t len, int flags, const struct sockaddr* to,
         socklen_t tolen) = 0;

      virtual ssize_t recv(void* buf, size_t len, int flags) = 0;
      virtual ssize_t recvT(void* buf, size_t len, int flags, int timeoutMS) = 0;

      void connect(const struct in_addr* ipaddress, unsigned short port);
      void bind(unsigned short port) { bindToAddr(INADDR_ANY, port); }

      ssize_t recvExact(void* buf, size_t len, int flags);
      ssize_t recvExactT(void* buf, size_t len, int flags, int timeoutMS);
      ssize_t recvMinMaxT(void* buf, ssize_t minLen, ssize_t maxLen, int flags, int timeoutMS);

      static std::string ipaddrToStr(struct in_addr ipaddress);
      static std::string endpointAddrToStr(struct in_addr ipaddress, unsigned short port);
      static std::string endpointAddrToStr(const struct sockaddr_in* sin);

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
