// In place of the packages' library for InfiniBand, with one adapter that has the address 127.0.0.9.
// Its listeners hear nobody and its connections come nowhere, so that what arrives has come over NTB.

#include "common/net/sock/RDMASocket.h"

#include <sys/eventfd.h>

namespace
{
   constexpr in_addr_t adapterIP = 0x7f000009;

   class StubSocket : public RDMASocket
   {
      public:
         StubSocket() { sockType = NICADDRTYPE_RDMA; }
         ~StubSocket() override { ::close(fd); }

         int getFD() const override { return fd; }
         void listen() override {}
         void shutdown() override {}
         void shutdownAndRecvDisconnect(int) override {}

         void connect(const char*, unsigned short) override { fail(); }

#if __has_include(<common/net/sock/IPAddress.h>)
         void connect(const SocketAddress&) override { fail(); }
         void bindToAddr(const SocketAddress& address) override
         {
            const IPAddress own(in_addr_t(htonl(adapterIP)));
            if(!(address.addr == own) && !(address.addr == IPAddress()))
               throw SocketException("stub: no adapter has this address");
         }
         Socket* accept(struct sockaddr_storage*, socklen_t*) override { return nullptr; }
         ssize_t sendto(const void*, size_t, int, const SocketAddress*) override { fail(); }
#else
         void connect(const struct sockaddr*, socklen_t) override { fail(); }
         void bindToAddr(in_addr_t address, unsigned short) override
         {
            if(address != htonl(adapterIP) && address != INADDR_ANY)
               throw SocketException("stub: no adapter has this address");
         }
         Socket* accept(struct sockaddr*, socklen_t*) override { return nullptr; }
         ssize_t sendto(const void*, size_t, int, const struct sockaddr*, socklen_t) override
            { fail(); }
#endif

         ssize_t send(const void*, size_t, int) override { fail(); }
         ssize_t recv(void*, size_t, int) override { fail(); }
         ssize_t recvT(void*, size_t, int, int) override { fail(); }
         void checkConnection() override {}
         ssize_t nonblockingRecvCheck() override { return 0; }
         bool checkDelayedEvents() override { return false; }
         void setBuffers(unsigned, unsigned) override {}
         void setTimeouts(int, int, int) override {}
         void setTypeOfService(uint8_t) override {}
         void setConnectionRejectionRate(unsigned) override {}

      private:
         [[noreturn]] static void fail() { throw SocketConnectException("stub: nobody there"); }

         const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
   };

   bool devicesExist() { return true; }
   void forkInitOnce() {}
   RDMASocket* createSocket() { return new StubSocket(); }
}

extern "C"
{
   RDMASocket::ImplCallbacks beegfs_socket_impl = {devicesExist, forkInitOnce, createSocket};
}
