#pragma once

#include "common/net/sock/PooledSocket.h"

/** A TCP socket. */
class StandardSocket : public PooledSocket
{
   public:
      explicit StandardSocket(int type, int protocol = 0, bool epoll = true);
      ~StandardSocket() override;

      void connect(const char* hostname, uint16_t port) override;
      void connect(const SocketAddress& serv_addr) override;
      void bindToAddr(const SocketAddress& ipAddr) override;
      void listen() override;
      Socket* accept(struct sockaddr_storage* addr, socklen_t* addrLen) override;

      void shutdown() override;
      void shutdownAndRecvDisconnect(int timeoutMS) override;

      ssize_t send(const void* buf, size_t len, int flags) override;
      ssize_t sendto(const void* buf, size_t len, int flags,
         const SocketAddress* to) override;
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
      int getFamily() const { return family; }

   private:
      StandardSocket(int fd, int family, const IPAddress& peerIP, const std::string& peername);

      void openSocket(int domain, int type, int protocol, bool epoll);
      void openEpoll();
      void connectFD(const struct sockaddr* address, socklen_t addressLen);
      int acceptFD(struct sockaddr* address, socklen_t* addressLen);
      void setOption(int level, int option, int value, const char* name);

      int sock = -1;
      int epollFD = -1; // to wait in recvT(), as BeeGFS does; -1 on a listener
      int family;
};
