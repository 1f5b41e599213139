#include "Socket.h"

#include <atomic>
#include <stdexcept>

Socket::Socket() : stats(&dummyStats), sockType(NICADDRTYPE_STANDARD), bindPort(0) {}

Socket::~Socket() = default;

/** As a function of its own, so that a library needs this one symbol, whatever addresses are here. */
void Socket::bind(uint16_t port)
{
   bindToAddr(IPAddress().toSocketAddress(port));
}

/**
 * Connects to the first usable address of a name.
 *
 * @throw SocketException
 */
void Socket::connect(const char* hostname, uint16_t port, int ai_socktype)
{
   struct addrinfo wanted = {};
   wanted.ai_family = isIPv6Available() ? AF_UNSPEC : AF_INET;
   wanted.ai_socktype = ai_socktype;

   struct addrinfo* found = nullptr;
   if(getaddrinfo(hostname, nullptr, &wanted, &found))
      throw SocketConnectException(std::string("No address for host name ") + hostname);

   const IPAddress ip(found->ai_addr);
   freeaddrinfo(found);

   peername = std::string(hostname) + ":" + StringTk::uintToStr(port);
   connect(ip.toSocketAddress(port));
}

namespace
{
   enum Availability { Unknown, No, Yes };

   std::atomic<Availability> ipv6(Unknown);

   /** Whether this host lets us make IPv6 sockets that also take IPv4. */
   bool probeIPv6()
   {
      const int probe = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if(probe == -1)
         return false;

      const int off = 0;
      sockaddr_in6 any = {};
      any.sin6_family = AF_INET6;
      const bool works = !::setsockopt(probe, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) &&
         !::bind(probe, reinterpret_cast<sockaddr*>(&any), sizeof(any));
      ::close(probe);
      return works;
   }
}

/** Finds out, once, whether sockets of this program are IPv6 ones; before the first of them. */
bool Socket::checkAndCacheIPv6Availability(uint16_t, bool disableIPv6)
{
   if(ipv6 == Unknown)
      ipv6 = !disableIPv6 && probeIPv6() ? Yes : No;

   return ipv6 == Yes;
}

/** @throw std::runtime_error if nobody has found out */
bool Socket::isIPv6Available()
{
   if(ipv6 == Unknown)
      throw std::runtime_error("it isn't known yet whether there is IPv6");

   return ipv6 == Yes;
}
