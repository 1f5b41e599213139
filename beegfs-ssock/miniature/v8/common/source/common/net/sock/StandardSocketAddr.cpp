// The parts of StandardSocket that handle addresses: 8.2 and newer. Sockets are IPv6 ones that
// take IPv4 addresses in mapped form, or plain IPv4 ones where the host has no IPv6.

#include "StandardSocket.h"

namespace
{
   /** An address in the form that a socket of the given family takes. */
   struct OsAddress
   {
      OsAddress(const SocketAddress& address, int family)
      {
         if(family == AF_INET)
            fill(address.toIPv4Sockaddr());
         else
            fill(address.toSockaddr());
      }

      template<typename Sockaddr>
      void fill(const Sockaddr& source)
      {
         memcpy(&storage, &source, sizeof(source));
         length = sizeof(source);
      }

      const struct sockaddr* get() const
         { return reinterpret_cast<const struct sockaddr*>(&storage); }

      struct sockaddr_storage storage = {};
      socklen_t length = 0;
   };
}

/** @throw SocketException */
StandardSocket::StandardSocket(int type, int protocol, bool epoll) :
   family(isIPv6Available() ? AF_INET6 : AF_INET)
{
   openSocket(family, type, protocol, epoll);

   if(family == AF_INET6)
      setOption(IPPROTO_IPV6, IPV6_V6ONLY, false, "IPv4 on IPv6 sockets");
}

/** For connected sockets; takes the descriptor over. */
StandardSocket::StandardSocket(int fd, int family, const IPAddress& peerIP,
   const std::string& peername) : sock(fd), family(family)
{
   this->peerIP = peerIP;
   this->peername = peername;
   openEpoll();
}

void StandardSocket::connect(const char* hostname, uint16_t port)
{
   Socket::connect(hostname, port, SOCK_STREAM);
}

/** @throw SocketConnectException */
void StandardSocket::connect(const SocketAddress& serv_addr)
{
   if(peername.empty())
      peername = serv_addr.toString();

   const OsAddress address(serv_addr, family);
   connectFD(address.get(), address.length);
}

/** @throw SocketException */
void StandardSocket::bindToAddr(const SocketAddress& ipAddr)
{
   const OsAddress address(ipAddr, family);
   if(::bind(sock, address.get(), address.length))
      throw SocketException("Unable to bind to " + ipAddr.toString() + ": " +
         System::getErrString());

   bindIP = ipAddr.addr;
   bindPort = ipAddr.port;
}

/** @throw SocketException */
Socket* StandardSocket::accept(struct sockaddr_storage* addr, socklen_t* addrLen)
{
   const int fd = acceptFD(reinterpret_cast<struct sockaddr*>(addr), addrLen);
   const SocketAddress peer(addr);
   return new StandardSocket(fd, family, peer.addr, peer.toString());
}

ssize_t StandardSocket::sendto(const void* buf, size_t len, int flags, const SocketAddress*)
{
   return send(buf, len, flags); // a stream has only one destination
}
