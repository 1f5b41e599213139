#pragma once

// Addresses as in 8.2 and newer: 16 bytes in IPv6 form, IPv4 mapped to ::ffff:a.b.c.d.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>

class SocketAddress;

class IPAddress
{
   public:
      IPAddress() = default;
      explicit IPAddress(std::array<uint8_t, 16> bytes) : addr(bytes) {}
      explicit IPAddress(in_addr_t a4) { setAddr(a4); }
      explicit IPAddress(in_addr a4) { setAddr(a4.s_addr); }

      /** @throw std::runtime_error if the family is neither AF_INET nor AF_INET6 */
      explicit IPAddress(const sockaddr* sa) { setAddr(sa); }

      /** @param a4 in network order */
      void setAddr(in_addr_t a4);
      void setAddr(const sockaddr* sa);

      /** @throw std::runtime_error if the name has no address */
      static IPAddress resolve(const std::string& hostname);

      const std::array<uint8_t, 16>& data() const { return addr; }

      bool isZero() const { return addr == std::array<uint8_t, 16>{}; }
      bool isIPv4() const;
      bool isIPv6() const { return !isIPv4(); }

      /** @throw std::runtime_error if this is an IPv6 address */
      in_addr_t toIPv4InAddrT() const;
      SocketAddress toSocketAddress(uint16_t port) const;
      std::string toString() const;

      bool operator==(const IPAddress& other) const { return addr == other.addr; }
      bool operator!=(const IPAddress& other) const { return addr != other.addr; }
      bool operator<(const IPAddress& other) const { return addr < other.addr; }

   private:
      std::array<uint8_t, 16> addr{};
};

/** A range of addresses, `10.0.0.0/8` or `fd00::/8`. */
class IPNetwork
{
   public:
      /** @throw std::runtime_error if the text is no such range */
      static IPNetwork fromCidr(const std::string& cidr);

      bool containsAddress(const IPAddress& address) const;
      const IPAddress& data() const { return base; }

   private:
      IPAddress base;
      unsigned prefixBits = 0; // of the 128
};

using NetFilter = std::vector<IPNetwork>;

class SocketAddress
{
   public:
      SocketAddress(IPAddress address, uint16_t port) : port(port), addr(address) {}

      /** @throw std::runtime_error if the family is neither AF_INET nor AF_INET6 */
      explicit SocketAddress(const sockaddr* sa);
      explicit SocketAddress(const sockaddr_storage* any)
         : SocketAddress(reinterpret_cast<const sockaddr*>(any)) {}

      /** For a socket of family AF_INET. */
      sockaddr_in toIPv4Sockaddr() const;

      /** For a socket of family AF_INET6; IPv4 in mapped form. */
      sockaddr_in6 toSockaddr() const;
      std::string toString() const;

      uint16_t port; // in host order
      IPAddress addr;
};

uint16_t extractPort(const sockaddr* address);
size_t sockAddrLen(const sockaddr* address);
