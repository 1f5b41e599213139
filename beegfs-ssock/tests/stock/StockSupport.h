#pragma once

#include "Harness.h"

#include "common/net/sock/AddrTk.h"
#include "common/net/sock/RDMASocket.h"

#include <vector>

using Connection = std::unique_ptr<RDMASocket>;

/** What lies in the daemon's folder of libraries. */
enum class Installed
{
   Plugin,
   PluginAndInfiniBand, // the packages' library is there, too
   PluginOfOtherFamily // beside the packages' library: only the daemon was exchanged
};

/**
 * This process as an unpatched daemon that has loaded the plugin. One per process.
 */
class StockDaemon
{
   public:
      /**
       * @param settings of the transport, as `key=value`; the library is the emulator
       */
      explicit StockDaemon(const std::vector<std::string>& settings,
         Installed installed = Installed::Plugin);

      bool devicesExist() { return plugin->rdma_devices_exist(); }

      /** What the daemon gets that asks for an RDMA socket. */
      Connection create() { return Connection(plugin->rdma_socket_create()); }

      /** A listener for stream connections on this port. */
      Connection listen(uint16_t port);

      /** How many lines of its log hold this text. */
      size_t countInLog(const std::string& text) const;

   private:
      RDMASocket::ImplCallbacks* plugin;
};

/** A stream port whose NTB port, 1000 above, nobody uses now. */
uint16_t freeStreamPort();

/** The NTB port that belongs to it. */
inline uint16_t ntbPort(uint16_t streamPort) { return streamPort + 1000; }

/** Lets the listener work for some time, as the daemon's acceptor does; ends early with a connection. */
Connection acceptWithin(RDMASocket& listener, int timeoutMS);

/** To 127.0.0.1, from this last byte of 127.0.0.x; 0: from any address. */
Connection connectFrom(StockDaemon& daemon, uint8_t source, uint16_t port);

/** Whether the daemon takes the interface with this address, 127.0.0.x, for one with RDMA. */
bool hasRDMA(StockDaemon& daemon, uint8_t lastByte);

/** A TCP socket that listens on this port of all addresses. */
int occupy(uint16_t port);

/** Whether somebody listens there. */
bool isTaken(uint16_t port);
