#pragma once

#include "NtbSocketImpl.h"

#include <arpa/inet.h>

#include <cstring>

/*
 * Addresses of BeeGFS as the transport takes them.
 */

inline const uint8_t MAPPED_IPV4[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/**
 * @param address AF_INET or AF_INET6
 * @throw SocketConnectException for any other family
 */
inline NtbSocket::PeerAddr peerFromSockaddr(const struct sockaddr* address)
{
   NtbSocket::PeerAddr peer;

   if(address->sa_family == AF_INET)
   {
      auto* in = (const struct sockaddr_in*)address;
      memcpy(peer.ip, MAPPED_IPV4, sizeof(MAPPED_IPV4) );
      memcpy(peer.ip + sizeof(MAPPED_IPV4), &in->sin_addr, sizeof(in->sin_addr) );
      peer.port = ntohs(in->sin_port);
   }
   else
   if(address->sa_family == AF_INET6)
   {
      auto* in6 = (const struct sockaddr_in6*)address;
      memcpy(peer.ip, &in6->sin6_addr, sizeof(peer.ip) );
      peer.port = ntohs(in6->sin6_port);
   }
   else
      throw SocketConnectException("NTB: unknown address family " +
         std::to_string(address->sa_family) );

   return peer;
}

#ifdef NTB_HAVE_SOCKETADDRESS

inline NtbSocket::PeerAddr peerFromAddress(const SocketAddress& address)
{
   NtbSocket::PeerAddr peer;
   std::copy(address.addr.data().begin(), address.addr.data().end(), peer.ip);
   peer.port = address.port;
   return peer;
}

#endif
