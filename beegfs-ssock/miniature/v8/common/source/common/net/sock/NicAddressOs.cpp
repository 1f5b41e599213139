// The parts of NetworkInterfaceCard that handle addresses: 8.2 and newer.

#include "common/net/sock/SocketException.h"
#include "NetworkInterfaceCard.h"

#include <ifaddrs.h>

namespace
{
   bool isIpFamily(int family)
   {
      return family == AF_INET || family == AF_INET6;
   }

   NicAddress standardEntry(const IPAddress& ip, const char* name)
   {
      NicAddress entry = {};
      entry.ipAddr = ip;
      entry.protocol = ip.isIPv4() ? 4 : 6;
      entry.nicType = NICADDRTYPE_STANDARD;
      strncpy(entry.name, name, sizeof(entry.name) - 1);
      return entry;
   }
}

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
      if(!nic->ifa_addr || !isIpFamily(nic->ifa_addr->sa_family) || !(nic->ifa_flags & IFF_UP) ||
         !isInterfaceAllowed(allowed, nic->ifa_name))
         continue;

      outList.push_back(standardEntry(IPAddress(nic->ifa_addr), nic->ifa_name));
   }

   freeifaddrs(first);
   return true;
}

/** @throw SocketException if the text is no address */
NicAddress NetworkInterfaceCard::fromText(const std::string& address)
{
   try
   {
      return standardEntry(IPAddress::resolve(address), "peer");
   }
   catch(std::runtime_error& e)
   {
      throw SocketException("Not an IP address: " + address);
   }
}
