// The parts of NetworkInterfaceCard that handle addresses: 7.x, IPv4.

#include "common/net/sock/SocketException.h"
#include "NetworkInterfaceCard.h"

#include <ifaddrs.h>

bool operator==(const NicAddress& a, const NicAddress& b)
{
   return a.ipAddr == b.ipAddr && a.nicType == b.nicType &&
      !strncmp(a.name, b.name, sizeof(a.name));
}

/**
 * All addresses of this host. Unlike a real daemon, the miniature one also takes the loopback
 * interface: a demonstration shall need no privileges.
 *
 * @param allowed empty = all
 * @return false if the system gives no list
 */
bool NetworkInterfaceCard::findAllInterfaces(const StringList& allowed, NicAddressList& outList)
{
   struct ifaddrs* first = nullptr;
   if(getifaddrs(&first))
      return false;

   for(struct ifaddrs* nic = first; nic; nic = nic->ifa_next)
   {
      if(!nic->ifa_addr || nic->ifa_addr->sa_family != AF_INET || !(nic->ifa_flags & IFF_UP) ||
         !isInterfaceAllowed(allowed, nic->ifa_name))
         continue;

      NicAddress entry = {};
      entry.ipAddr = reinterpret_cast<struct sockaddr_in*>(nic->ifa_addr)->sin_addr;
      entry.nicType = NICADDRTYPE_STANDARD;
      strncpy(entry.name, nic->ifa_name, sizeof(entry.name) - 1);
      outList.push_back(entry);
   }

   freeifaddrs(first);
   return true;
}

/** @throw SocketException if the text is no address */
NicAddress NetworkInterfaceCard::fromText(const std::string& address)
{
   NicAddress entry = {};
   if(inet_pton(AF_INET, address.c_str(), &entry.ipAddr) != 1)
      throw SocketException("Not an IPv4 address: " + address);

   entry.nicType = NICADDRTYPE_STANDARD;
   strncpy(entry.name, "peer", sizeof(entry.name) - 1);
   return entry;
}
