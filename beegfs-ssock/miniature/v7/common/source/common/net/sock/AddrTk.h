#pragma once

// What the rest of the miniature tree needs to know about addresses, in the words of 7.x. The
// real trees have these few lines in the places that call them; here they are apart, so that
// everything else is one source for both generations.

#include "common/app/config/ICommonConfig.h"
#include "common/net/sock/StandardSocket.h"
#include "common/toolkit/NetFilter.h"

namespace AddrTk
{
   using PeerIP = uint32_t;

   /** All sockets are IPv4 ones. */
   inline void chooseFamily(const ICommonConfig&) {}

   inline StandardSocket* newStreamSocket() { return new StandardSocket(PF_INET, SOCK_STREAM); }

   inline std::string endpoint(const NicAddress& nic, unsigned short port)
   {
      return Socket::endpointAddrToStr(nic.ipAddr, port);
   }

   inline void connect(Socket& sock, const NicAddress& nic, unsigned short port)
   {
      sock.connect(&nic.ipAddr, port);
   }

   inline Socket* accept(Socket& listener)
   {
      struct sockaddr_in peer;
      socklen_t peerLen = sizeof(peer);
      return listener.accept(reinterpret_cast<struct sockaddr*>(&peer), &peerLen);
   }

   inline ssize_t sendto(Socket& sock, const void* buf, size_t len)
   {
      return sock.sendto(buf, len, 0, nullptr, 0);
   }

   inline bool isAllowed(const NetFilter& filter, const NicAddress& nic)
   {
      return filter.isAllowed(nic.ipAddr.s_addr);
   }

   inline bool isTcpOnly(const NetFilter& filter, const NicAddress& nic)
   {
      return filter.isContained(nic.ipAddr.s_addr);
   }
}
