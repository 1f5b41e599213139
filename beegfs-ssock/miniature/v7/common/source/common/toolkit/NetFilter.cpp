#include "common/app/config/ICommonConfig.h"
#include "common/toolkit/StringTk.h"
#include "NetFilter.h"

#include <algorithm>

NetFilter::NetFilter(const std::string& filename)
{
   StringList lines;
   if(!filename.empty())
      ICommonConfig::loadStringListFile(filename.c_str(), lines);

   for(const std::string& line : lines)
   {
      const size_t slash = line.find('/');
      const unsigned bits = slash == std::string::npos ? 33 :
         StringTk::strToUInt(line.substr(slash + 1));
      struct in_addr base;
      if(bits > 32 || inet_pton(AF_INET, line.substr(0, slash).c_str(), &base) != 1)
         throw InvalidConfigException(filename + ": not a range of addresses: " + line);

      const uint32_t mask = bits ? ~uint32_t(0) << (32 - bits) : 0;
      ranges.push_back({ntohl(base.s_addr) & mask, mask});
   }
}

/** @param ipAddr in network order */
bool NetFilter::isContained(in_addr_t ipAddr) const
{
   const uint32_t ip = ntohl(ipAddr);
   return std::any_of(ranges.begin(), ranges.end(),
      [ip](const Range& range) { return (ip & range.mask) == range.base; });
}
