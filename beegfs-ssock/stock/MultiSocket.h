#pragma once

#include "../plugin/NtbSocketImpl.h"

#include "OriginalPlugin.h"
#include "OwnedFD.h"

#include <functional>

/**
 * What sockets have to know of the transport.
 */
struct NtbWay
{
   unsigned short portShift; // control port of NTB connections minus the stream port
   unsigned retrySecs; // pause before something that failed is tried again
   bool (*isRunning)(); // starts the transport if that is due
};

/**
 * What an unpatched daemon gets when it asks for an RDMA socket: a socket that may become an NTB
 * connection or an InfiniBand one, or a listener for both.
 *
 * The daemon creates a socket before it says to whom it is to be connected, so the way is chosen in
 * connect(): NTB if the peer can be reached so, else InfiniBand if its library is there. After that,
 * everything is forwarded. Accepted connections are sockets of the way they came by.
 */
class MultiSocket : public RDMASocket
{
   public:
      /**
       * @param way NULL: no NTB, now and later; else has to live as long as this
       * @param original NULL: no InfiniBand
       */
      MultiSocket(const NtbWay* way, const OriginalPlugin* original);
      ~MultiSocket() override = default;

      int getFD() const override;

      void connect(const char* hostname, unsigned short port) override;
      void listen() override;
      void shutdown() override;
      void shutdownAndRecvDisconnect(int timeoutMS) override;

#ifdef NTB_HAVE_SOCKETADDRESS
      void connect(const SocketAddress& address) override;
      void bindToAddr(const SocketAddress& address) override;
      Socket* accept(struct sockaddr_storage* outAddress, socklen_t* outLen) override;
      ssize_t sendto(const void* buf, size_t len, int flags, const SocketAddress* to) override;
#else
      void connect(const struct sockaddr* address, socklen_t addressLen) override;
      void bindToAddr(in_addr_t ipAddr, unsigned short port) override;
      Socket* accept(struct sockaddr* outAddress, socklen_t* outLen) override;
      ssize_t sendto(const void* buf, size_t len, int flags, const struct sockaddr* to,
         socklen_t toLen) override;
#endif

#ifdef BEEGFS_NVFS
      ssize_t read(const void* buf, size_t len, unsigned lkey, const uint64_t rbuf,
         unsigned rkey) override;
      ssize_t write(const void* buf, size_t len, unsigned lkey, const uint64_t rbuf,
         unsigned rkey) override;
#endif

      ssize_t send(const void* buf, size_t len, int flags) override;
      ssize_t recv(void* buf, size_t len, int flags) override;
      ssize_t recvT(void* buf, size_t len, int flags, int timeoutMS) override;

      void checkConnection() override;
      ssize_t nonblockingRecvCheck() override;
      bool checkDelayedEvents() override;

      void setBuffers(unsigned bufNum, unsigned bufSize) override;
      void setTimeouts(int connectMS, int flowSendMS, int pollMS) override;
      void setTypeOfService(uint8_t typeOfService) override;
      void setConnectionRejectionRate(unsigned rate) override;

   private:
      const NtbWay* const way;
      const OriginalPlugin* const original;

      std::unique_ptr<RDMASocket> ntb; // listener only, like the next one
      std::unique_ptr<RDMASocket> ib;
      std::unique_ptr<RDMASocket> connection; // after connect()
      RDMASocket* pendingListener = NULL; // where checkDelayedEvents() found something
      OwnedFD listenFD; // epoll set of the listeners and the timer
      OwnedFD retryFD; // timer, while the NTB listener can't be started
      std::string ntbListenError; // that was logged

      // what the daemon has set, for the InfiniBand socket that may come into being later
      bool hasBuffers = false;
      unsigned bufNum = 0;
      unsigned bufSize = 0;
      bool hasTimeouts = false;
      int connectMS = 0;
      int flowSendMS = 0;
      int pollMS = 0;
      bool hasTypeOfService = false;
      uint8_t typeOfService = 0;
      unsigned rejectionRate = 0;

      unsigned short listenPort = 0;
      uint8_t sourceIP[16] = {}; // of the address that the daemon has chosen, as the transport takes it
      std::function<void(RDMASocket&)> bindLikeThis; // to the address that the daemon has chosen

      bool hasNtb() const;
      RDMASocket& connected();
      std::unique_ptr<RDMASocket> newInfiniBand() const;
      bool connectNtb(const NtbSocket::PeerAddr& peer, std::string* outReason);
      void adopt(std::unique_ptr<RDMASocket> sock);

      void openNtbListener();
      void tryOpenNtbListener();
      void openInfiniBandListener();
      void retryNtbListener();
      void watch(int fd);

      template<typename Peer>
      void connectInfiniBand(const std::string& ntbReason, const Peer& connectTo);

      template<typename Address>
      Socket* acceptNext(Address* outAddress, socklen_t* outLen);
};
