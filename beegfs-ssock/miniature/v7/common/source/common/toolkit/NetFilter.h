#pragma once

#include "common/Common.h"

/** Ranges of IPv4 addresses from a file with one `10.0.0.0/8` per line. */
class NetFilter
{
   public:
      /** @throw InvalidConfigException if the file can't be read or a line is no range */
      explicit NetFilter(const std::string& filename);

      /** An empty filter allows everything. */
      bool isAllowed(in_addr_t ipAddr) const { return ranges.empty() || isContained(ipAddr); }
      bool isContained(in_addr_t ipAddr) const;

      size_t getNumFilterEntries() const { return ranges.size(); }

   private:
      struct Range { uint32_t base, mask; }; // host order

      std::vector<Range> ranges;
};
