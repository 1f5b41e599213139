#pragma once

#include <common/net/sock/NtbSocket.h>

#include "ntb-bridge/src/ffi.rs.h"

/*
 * The three generations of BeeGFS's socket interface, told apart by headers that came with them:
 * addresses as classes (8.2 and later), and members for the bound address (7.4.1 and later).
 */
#if __has_include(<common/net/sock/IPAddress.h>)
   #define NTB_HAVE_SOCKETADDRESS 1
   #define NTB_HAVE_BINDIP 1
#elif __has_include(<common/net/sock/RoutingTable.h>)
   #define NTB_HAVE_BINDIP 1
#endif

/**
 * The socket class over the Rust transport. It converts arguments, calls, and throws what BeeGFS
 * expects; it holds no protocol state.
 *
 * Ports and addresses are those of the control channel, see docs/protocol.md. An object is used by
 * one thread at a time.
 */
class NtbSocketImpl : public NtbSocket
{
   public:
      NtbSocketImpl();
      ~NtbSocketImpl() override = default;

      int getFD() const override;

      bool tryConnect(const PeerAddr& peer, std::string* outReason, bool* outReasonIsNew) override;

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
      ssize_t recvCheckAtOnce() override;
      void expect(uint64_t bytes) override;
      ssize_t recvInPlaceT(char* buf, size_t len, int timeoutMS, char** outData) override;
      bool checkDelayedEvents() override;

      /*
       * The setters of InfiniBand's keys. NTB has keys of its own (connNTB...), which the transport
       * got when it was started.
       */
      void setBuffers(unsigned bufNum, unsigned bufSize) override {}
      void setTimeouts(int connectMS, int flowSendMS, int pollMS) override {}
      void setTypeOfService(uint8_t typeOfService) override {}

      void setConnectionRejectionRate(unsigned rate) override;

   private:
      rust::Box<ntb::ffi::Endpoint> endpoint;
      rust::Box<ntb::ffi::Listener> listener;
      bool isListener = false;
      unsigned short listenPort = 0;
      unsigned rejectionRate = 0; // every n-th incoming connection is dropped, for tests; 0: none
      unsigned numAccepted = 0;

      void connectOrThrow(const PeerAddr& peer);
      Socket* acceptNext(struct sockaddr* outAddress, socklen_t* outLen);
      void notePeer();
      ssize_t receive(void* buf, size_t len, int64_t timeoutMS);
      ssize_t readableOrThrow(const ntb::ffi::IoOutcome& outcome) const;
};

extern "C" {
   extern NtbSocket::ImplCallbacks beegfs_ntb_impl;
}
