#include "NetworkInterfaceCard.h"

#include <algorithm>

bool isInterfaceAllowed(const StringList& allowed, const char* name)
{
   return allowed.empty() || std::find(allowed.begin(), allowed.end(), name) != allowed.end();
}

const char* NetworkInterfaceCard::nicTypeToString(NicAddrType nicType)
{
   switch(nicType)
   {
      case NICADDRTYPE_STANDARD:
         return "TCP";

      case NICADDRTYPE_RDMA:
         return "RDMA";

      default:
         return "<unknown>";
   }
}

bool NetworkInterfaceCard::supportsRDMA(NicAddressList* nicList)
{
   return std::any_of(nicList->begin(), nicList->end(),
      [](const NicAddress& nic) { return nic.nicType == NICADDRTYPE_RDMA; });
}

void NetworkInterfaceCard::supportedCapabilities(NicAddressList* nicList,
   NicListCapabilities* outCapabilities)
{
   *outCapabilities = {};
   outCapabilities->supportsRDMA = supportsRDMA(nicList);
}
