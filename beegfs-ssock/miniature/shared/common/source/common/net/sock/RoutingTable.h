#pragma once

#include "common/net/sock/NetworkInterfaceCard.h"

#include <cstring>
#include <map>

using NicIP = decltype(NicAddress::ipAddr);

struct NicIPLess
{
   bool operator()(const NicIP& a, const NicIP& b) const
   {
      return std::memcmp(&a, &b, sizeof(a) ) < 0;
   }
};

/** Which address a connection leaves from, by the peer's address. Nothing fills it here. */
using IpSourceMap = std::map<NicIP, NicIP, NicIPLess>;
