#pragma once

// What the rest of the miniature tree needs to know about addresses, in the words of 8.2 and
// newer. The real trees have these few lines in the places that call them; here they are apart,
// so that everything else is one source for both generations.

#include "common/app/config/ICommonConfig.h"
#include "common/net/sock/StandardSocket.h"
#include "common/toolkit/NetFilter.h"

#include <algorithm>

namespace AddrTk
{
   using PeerIP = IPAddress;

   /** To be called before the first socket is made. */
   inline void chooseFamily(const ICommonConfig& cfg)
   {
      Socket::checkAndCacheIPv6Availability(cfg.getConnStoragePort(), cfg.getConnDisableIPv6());
   }

   inline StandardSocket* newStreamSocket() { return new StandardSocket(SOCK_STREAM); }

   inline std::string endpoint(const NicAddress& nic, uint16_t port)
   {
      return nic.ipAddr.toSocketAddress(port).toString();
   }

   /** Binds to the any-address first, as 8.2 and newer do for each connection. */
   inline void connect(Socket& sock, const NicAddress& nic, uint16_t port)
   {
      const IPAddress any = nic.protocol == 4 ? IPAddress(in_addr_t(INADDR_ANY)) : IPAddress();
      sock.bindToAddr(any.toSocketAddress(0));
      sock.connect(nic.ipAddr.toSocketAddress(port));
   }

   inline Socket* accept(Socket& listener)
   {
      struct sockaddr_storage peer;
      socklen_t peerLen = sizeof(peer);
      return listener.accept(&peer, &peerLen);
   }

   inline ssize_t sendto(Socket& sock, const void* buf, size_t len)
   {
      return sock.sendto(buf, len, 0, nullptr);
   }

   inline bool contains(const NetFilter& filter, const NicAddress& nic)
   {
      return std::any_of(filter.begin(), filter.end(),
         [&](const IPNetwork& network) { return network.containsAddress(nic.ipAddr); });
   }

   inline bool isAllowed(const NetFilter& filter, const NicAddress& nic)
   {
      return filter.empty() || contains(filter, nic);
   }

   inline bool isTcpOnly(const NetFilter& filter, const NicAddress& nic)
   {
      return contains(filter, nic);
   }
}
