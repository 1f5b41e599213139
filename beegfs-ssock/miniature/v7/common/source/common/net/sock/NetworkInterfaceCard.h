#pragma once

#include "common/Common.h"

#include <net/if.h>

enum NicAddrType
{
   NICADDRTYPE_STANDARD,
   NICADDRTYPE_SDP,
   NICADDRTYPE_RDMA
};

inline bool operator==(struct in_addr a, struct in_addr b) { return a.s_addr == b.s_addr; }

struct NicAddress
{
   struct in_addr ipAddr;
   NicAddrType nicType;
   char name[IFNAMSIZ];
};

bool operator==(const NicAddress& a, const NicAddress& b);

struct NicListCapabilities
{
   bool supportsSDP;
   bool supportsRDMA;
};

using NicAddressList = std::list<NicAddress>;
using NicAddressListIter = NicAddressList::iterator;

/** @param allowed empty = all */
bool isInterfaceAllowed(const StringList& allowed, const char* name);

class NetworkInterfaceCard
{
   public:
      static bool findAllInterfaces(const StringList& allowed, NicAddressList& outList);

      /** As logs and tools name it. */
      static const char* nicTypeToString(NicAddrType nicType);

      /** What the types of a list say about its host. */
      static bool supportsRDMA(NicAddressList* nicList);
      static void supportedCapabilities(NicAddressList* nicList,
         NicListCapabilities* outCapabilities);

      /** An entry for one address, as a peer would send it. */
      static NicAddress fromText(const std::string& address);
};
