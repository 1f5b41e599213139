#include "Socket.h"

Socket::Socket() : stats(&dummyStats), sockType(NICADDRTYPE_STANDARD), peerIP{}, bindIP{},
   bindPort(0) {}

Socket::~Socket() = default;

/** As a function of its own, so that a library needs this one symbol, whatever addresses are here. */
void Socket::bind(unsigned short port)
{
   bindToAddr(INADDR_ANY, port);
}

/** @throw SocketException */
void Socket::connect(const struct in_addr* ip, unsigned short port)
{
   struct sockaddr_in address = {};
   address.sin_family = AF_INET;
   address.sin_addr = *ip;
   address.sin_port = htons(port);

   connect(reinterpret_cast<struct sockaddr*>(&address), sizeof(address));
}

/**
 * Connects to the first address of a name.
 *
 * @throw SocketException
 */
void Socket::connect(const char* hostname, unsigned short port, int ai_family, int ai_socktype)
{
   struct addrinfo wanted = {};
   wanted.ai_family = ai_family;
   wanted.ai_socktype = ai_socktype;

   struct addrinfo* found = nullptr;
   if(getaddrinfo(hostname, nullptr, &wanted, &found))
      throw SocketConnectException(std::string("No address for host name ") + hostname);

   const struct in_addr ip = reinterpret_cast<struct sockaddr_in*>(found->ai_addr)->sin_addr;
   freeaddrinfo(found);

   peername = std::string(hostname) + ":" + StringTk::uintToStr(port);
   connect(&ip, port);
}

std::string Socket::ipaddrToStr(struct in_addr ip)
{
   char text[INET_ADDRSTRLEN];
   return inet_ntop(AF_INET, &ip, text, sizeof(text)) ? text : "error";
}

std::string Socket::endpointAddrToStr(struct in_addr ip, unsigned short port)
{
   return ipaddrToStr(ip) + ":" + StringTk::uintToStr(port);
}
