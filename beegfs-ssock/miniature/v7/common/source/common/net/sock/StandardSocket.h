#pragma once

#include "common/net/sock/PooledSocket.h"

/** A TCP socket. */
class StandardSocket : public PooledSocket
{
   public:
      StandardSocket(int domain, int type, int protocol = 0, bool epoll = true);
      ~StandardSocket() override;

      void connect(const char* hostname, unsigned short port) override;
      void connect(const struct sockaddr* serv_addr, socklen_t addrlen) override;
      void bindToAddr(in_addr_t ipAddr, unsigned short port) override;
      void listen() override;
      Socket* accept(struct sockaddr* addr, socklen_t* addrlen) override;

      void shutdown() override;
      void shutdownAndRecvDisconnect(int timeoutMS) override;

      ssize_t send(const void* buf, size_t len, int flags) override;
      ssize_t sendto(const void* buf, size_t len, int flags, const struct sockaddr* to,
         socklen_t tolen) override;
      ssize_t recv(void* buf, size_t len, int flags) override;
      ssize_t recvT(void* buf, size_t len, int flags, int timeoutMS) override;

      void setSoReuseAddr(bool enable);
      void setSoRcvBuf(int size);

      /** What BeeGFS sets on each connection: no cork, no delay, keepalive. */
      void setLowLatency();

      /** Not in BeeGFS: the algorithm by name, so that measurements can state it. */
      void setTcpCongestion(const std::string& name);
      std::string getTcpCongestion();

      int getFD() const override { return sock; }

   private:
      StandardSocket(int fd, unsigned short sockDomain, struct in_addr peerIP,
         const std::string& peername);

      void openSocket(int domain, int type, int protocol, bool epoll);
      void openEpoll();
      void connectFD(const struct sockaddr* address, socklen_t addressLen);
      int acceptFD(struct sockaddr* address, socklen_t* addressLen);
      void setOption(int level, int option, int value, const char* name);

      int sock = -1;
      int epollFD = -1; // to wait in recvT(), as BeeGFS does; -1 on a listener
      unsigned short sockDomain;
};
