#include "IPAddress.h"

#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <netdb.h>

namespace
{
   // The first twelve bytes of an IPv4 address in IPv6 form.
   const uint8_t mappedPrefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
   constexpr unsigned mappedBits = 8 * sizeof(mappedPrefix);

   [[noreturn]] void throwUnknownFamily(int family)
   {
      throw std::runtime_error("Not an IP address family: " + std::to_string(family));
   }
}

void IPAddress::setAddr(in_addr_t a4)
{
   memcpy(&addr[0], mappedPrefix, sizeof(mappedPrefix));
   memcpy(&addr[sizeof(mappedPrefix)], &a4, sizeof(a4));
}

void IPAddress::setAddr(const sockaddr* sa)
{
   if(sa->sa_family == AF_INET)
      setAddr(reinterpret_cast<const sockaddr_in*>(sa)->sin_addr.s_addr);
   else if(sa->sa_family == AF_INET6)
      memcpy(&addr[0], &reinterpret_cast<const sockaddr_in6*>(sa)->sin6_addr, addr.size());
   else
      throwUnknownFamily(sa->sa_family);
}

IPAddress IPAddress::resolve(const std::string& hostname)
{
   addrinfo* found = nullptr;
   if(getaddrinfo(hostname.c_str(), nullptr, nullptr, &found))
      throw std::runtime_error("No address for host name " + hostname);

   const IPAddress address(found->ai_addr);
   freeaddrinfo(found);
   return address;
}

bool IPAddress::isIPv4() const
{
   return !memcmp(&addr[0], mappedPrefix, sizeof(mappedPrefix));
}

in_addr_t IPAddress::toIPv4InAddrT() const
{
   if(!isIPv4())
      throw std::runtime_error("Not an IPv4 address: " + toString());

   in_addr_t a4;
   memcpy(&a4, &addr[sizeof(mappedPrefix)], sizeof(a4));
   return a4;
}

SocketAddress IPAddress::toSocketAddress(uint16_t port) const
{
   return SocketAddress(*this, port);
}

std::string IPAddress::toString() const
{
   char text[INET6_ADDRSTRLEN] = "";
   if(isIPv4())
      inet_ntop(AF_INET, &addr[sizeof(mappedPrefix)], text, sizeof(text));
   else
      inet_ntop(AF_INET6, &addr[0], text, sizeof(text));

   return text;
}

IPNetwork IPNetwork::fromCidr(const std::string& cidr)
{
   const size_t slash = cidr.find('/');
   if(slash == std::string::npos)
      throw std::runtime_error("A network range needs a prefix length: " + cidr);

   IPNetwork network;
   network.base = IPAddress::resolve(cidr.substr(0, slash));
   network.prefixBits = unsigned(std::stoul(cidr.substr(slash + 1))) +
      (network.base.isIPv4() ? mappedBits : 0);
   if(network.prefixBits > 128)
      throw std::runtime_error("The prefix length is too large: " + cidr);

   return network;
}

bool IPNetwork::containsAddress(const IPAddress& address) const
{
   const unsigned bytes = prefixBits / 8;
   if(memcmp(base.data().data(), address.data().data(), bytes))
      return false;

   const unsigned rest = prefixBits % 8;
   return !rest || ((base.data()[bytes] ^ address.data()[bytes]) >> (8 - rest)) == 0;
}

SocketAddress::SocketAddress(const sockaddr* sa) : port(extractPort(sa)), addr(sa) {}

/** @throw std::runtime_error if this is an IPv6 address */
sockaddr_in SocketAddress::toIPv4Sockaddr() const
{
   sockaddr_in result = {};
   result.sin_family = AF_INET;
   result.sin_addr.s_addr = addr.isZero() ? INADDR_ANY : addr.toIPv4InAddrT();
   result.sin_port = htons(port);
   return result;
}

sockaddr_in6 SocketAddress::toSockaddr() const
{
   sockaddr_in6 result = {};
   result.sin6_family = AF_INET6;
   memcpy(&result.sin6_addr, addr.data().data(), sizeof(result.sin6_addr));
   result.sin6_port = htons(port);
   return result;
}

std::string SocketAddress::toString() const
{
   const std::string ip = addr.toString();
   return (addr.isIPv4() ? ip : "[" + ip + "]") + ":" + std::to_string(port);
}

uint16_t extractPort(const sockaddr* address)
{
   if(address->sa_family == AF_INET)
      return ntohs(reinterpret_cast<const sockaddr_in*>(address)->sin_port);
   if(address->sa_family == AF_INET6)
      return ntohs(reinterpret_cast<const sockaddr_in6*>(address)->sin6_port);

   throwUnknownFamily(address->sa_family);
}

size_t sockAddrLen(const sockaddr* address)
{
   if(address->sa_family == AF_INET)
      return sizeof(sockaddr_in);
   if(address->sa_family == AF_INET6)
      return sizeof(sockaddr_in6);

   throwUnknownFamily(address->sa_family);
}
