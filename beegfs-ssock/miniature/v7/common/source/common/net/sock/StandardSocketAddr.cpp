// The parts of StandardSocket that handle addresses: 7.x, in_addr.

#include "StandardSocket.h"

/** @throw SocketException */
StandardSocket::StandardSocket(int domain, int type, int protocol, bool epoll) :
   sockDomain(static_cast<unsigned short>(domain))
{
   openSocket(domain, type, protocol, epoll);
}

/** For connected sockets; takes the descriptor over. */
StandardSocket::StandardSocket(int fd, unsigned short sockDomain, struct in_addr peerIP,
   const std::string& peername) : sock(fd), sockDomain(sockDomain)
{
   this->peerIP = peerIP;
   this->peername = peername;
   openEpoll();
}

void StandardSocket::connect(const char* hostname, unsigned short port)
{
   Socket::connect(hostname, port, sockDomain, SOCK_STREAM);
}

/** @throw SocketConnectException */
void StandardSocket::connect(const struct sockaddr* serv_addr, socklen_t addrlen)
{
   const auto peer = reinterpret_cast<const struct sockaddr_in*>(serv_addr);
   if(peername.empty())
      peername = endpointAddrToStr(peer->sin_addr, ntohs(peer->sin_port));

   connectFD(serv_addr, addrlen);
}

/** @throw SocketException */
void StandardSocket::bindToAddr(in_addr_t ipAddr, unsigned short port)
{
   struct sockaddr_in local = {};
   local.sin_family = sockDomain;
   local.sin_addr.s_addr = ipAddr;
   local.sin_port = htons(port);

   if(::bind(sock, reinterpret_cast<struct sockaddr*>(&local), sizeof(local)))
      throw SocketException("Unable to bind to port " + StringTk::uintToStr(port) + ": " +
         System::getErrString());

   bindIP = local.sin_addr;
   bindPort = port;
}

/** @throw SocketException */
Socket* StandardSocket::accept(struct sockaddr* addr, socklen_t* addrlen)
{
   const int fd = acceptFD(addr, addrlen);
   const auto peer = reinterpret_cast<const struct sockaddr_in*>(addr);
   return new StandardSocket(fd, sockDomain, peer->sin_addr,
      endpointAddrToStr(peer->sin_addr, ntohs(peer->sin_port)));
}

ssize_t StandardSocket::sendto(const void* buf, size_t len, int flags, const struct sockaddr*,
   socklen_t)
{
   return send(buf, len, flags); // a stream has only one destination
}
