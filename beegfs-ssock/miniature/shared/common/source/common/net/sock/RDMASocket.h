#pragma once

#include "PooledSocket.h"

/**
 * The interface of transports whose descriptor may wake up without data being there. The
 * miniature tree has no InfiniBand: the static functions say so.
 */
class RDMASocket : public PooledSocket
{
   public:
      /** What a library for InfiniBand exports as beegfs_socket_impl. */
      struct ImplCallbacks
      {
         /** Whether there are adapters, now. */
         bool (*rdma_devices_exist)();
         /** Before the daemon goes to the background. */
         void (*rdma_fork_init_once)();
         /** Not connected, not bound. */
         RDMASocket* (*rdma_socket_create)();
      };

      static bool isRDMAAvailable() { return false; }
      static bool rdmaDevicesExist() { return false; }

      /** @throw SocketException always */
      static std::unique_ptr<RDMASocket> create();

      /** @throw SocketDisconnectException if the connection is broken */
      virtual void checkConnection() = 0;

      /**
       * @return > 0 if the next receive won't block, 0 if there is nothing; then the descriptor
       *    stops being readable
       * @throw SocketDisconnectException if the connection is broken
       */
      virtual ssize_t nonblockingRecvCheck() = 0;

      /** For listeners: whether there is something to accept; never waits. */
      virtual bool checkDelayedEvents() = 0;

      /** Before connect; bufSize in bytes. */
      virtual void setBuffers(unsigned bufNum, unsigned bufSize) = 0;

      /** In milliseconds; 0 = default. */
      virtual void setTimeouts(int connectMS, int flowSendMS, int pollMS) = 0;
      virtual void setTypeOfService(uint8_t typeOfService) = 0;

      /** For tests: how many of the coming connections to refuse. */
      virtual void setConnectionRejectionRate(unsigned rate) = 0;
};
